package team

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

// TestAServerAndAWorkerOfWhoOnlyWorks has a server with accounts and a worker do all
// that they do as a user of the database who owns none of its tables, and whom it knows
// by a certificate and no password.
func TestAServerAndAWorkerOfWhoOnlyWorks(t *testing.T) {
	size(t, "", 0)
	server := postgrestest.Start(t)
	authority := server.Certify(t)
	cert, key := authority.Client(t, t.TempDir(), postgrestest.Worker, time.Hour)
	url := server.Database(t)
	byCertificate := []string{"CLEW_DATABASE=" + postgrestest.Query(url, "sslcert="+cert, "sslkey="+key, "sslrootcert="+authority.File), "CLEW_DATABASE_USER=" + postgrestest.Worker}
	o := &office{T: t, provider: &holding{}, home: clewtest.NewHome(t), desk: clewtest.NewHome(t)}
	keeper := clewtest.NewHome(t) // of the tables, and no superuser
	server.User(t, "keeper")
	server.Exec(t, "postgres", "ALTER DATABASE "+path.Base(url)+" OWNER TO keeper")
	keeper.Env = append(keeper.Env, "CLEW_DATABASE="+url+"?sslmode=disable", "CLEW_DATABASE_USER=keeper", "CLEW_DATABASE_PASSWORD="+postgrestest.Password)
	o.home.Env, o.desk.Env = append(o.home.Env, byCertificate...), append(o.desk.Env, byCertificate...)
	for _, command := range [][]string{{"worker"}, {"serve", "--listen", "127.0.0.1:0"}, {"health", "--database"}} {
		if said := o.home.Run(t, command...); said.Code != 1 || !strings.Contains(said.Err, "run clew database migrate --grant-to worker") {
			t.Errorf("clew %v without tables: exit %d: %s", command, said.Code, said.Err)
		}
	}
	keeper.Must(t, nil, "database", "migrate", "--grant-to", "worker")
	provider := clewtest.NewProvider(t, o.provider)
	for _, h := range []*clewtest.Home{o.home, o.desk} {
		h.Write(t, filepath.Join("config", "sources", "counting.yaml"), countingSource)
		provider.Asks(t, h, "24h", "")
	}
	shape := strings.Join(server.Shape(t, path.Base(url)), "\n")

	o.home.Must(t, nil, "health", "--database")
	o.user("boss", "admin")
	o.user("ann", "analyst")
	o.server = o.home.Serve(t, "--accounts", "--no-work")
	worker := o.desk.Start(t, "worker", "--log-level", "info")
	ann := o.as("ann")
	id := o.openCase("evil.example")
	var asked, watches run
	o.ask(ann, "/api/v1/investigations", fmt.Sprintf(`{"case":%q,"budget":["0"]}`, id), &asked)
	if j := o.ended(asked.ID); j.State != "complete" || j.Actor != "ann" {
		t.Errorf("an investigation: %+v\n%.4000s", j, worker.Words())
	}
	o.ask(ann, "/api/v1/watches", fmt.Sprintf(`{"name":"of-ann","case":%q,"schedule":"every 6h"}`, id), &struct{}{})
	o.ask(ann, "/api/v1/watches/of-ann/run", `{}`, &watches)
	if j := o.ended(watches.ID); j.State != "complete" {
		t.Errorf("a watch: %+v\n%.4000s", j, worker.Words())
	}
	o.home.Must(t, nil, "case", "note", id, "at the console")
	o.home.Must(t, nil, "case", "verify", id)
	o.home.Must(t, nil, "user", "disable", "ann")
	o.home.Must(t, nil, "watch", "remove", "of-ann")
	if said := o.home.Must(t, nil, "source", "quota"); !strings.Contains(said, "counting") {
		t.Errorf("quota: %s", said)
	}
	if o.provider.count() == 0 {
		t.Error("nothing was asked")
	}
	if code := worker.Stop(leaseOver); code != 0 {
		t.Errorf("the worker ended with %d\n%.4000s", code, worker.Words())
	}
	words := o.server.Words() + worker.Words()
	if strings.Contains(words, "permission denied") || strings.Contains(words, "must be owner") {
		t.Errorf("something was not allowed:\n%.6000s", words)
	}
	if after := strings.Join(server.Shape(t, path.Base(url)), "\n"); after != shape {
		t.Error("who only works changed the tables")
	}
}
