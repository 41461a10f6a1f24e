package main

import (
	"bytes"
	"database/sql"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/database/postgrestest"
	"clew/internal/job"
	jobfile "clew/internal/job/sqlite"
	"clew/internal/watch"
	watchfile "clew/internal/watch/sqlite"
)

// examined is what the doctor says, a line each.
func examined(t *testing.T, a *app) string {
	t.Helper()
	one := *a
	one.opened, one.pool = nil, nil // as another process
	var said []string
	for _, c := range one.examine(t.Context(), nil) {
		said = append(said, c.State+" "+c.What+" "+c.Detail)
	}
	if one.pool != nil {
		one.pool.close()
	}
	return strings.Join(said, "\n")
}

// with gives an app a configuration and more of an environment.
func with(t *testing.T, a *app, config string, env ...string) *app {
	t.Helper()
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	one, before := *a, a.getenv
	one.getenv = func(name string) string {
		for i := 0; i < len(env); i += 2 {
			if env[i] == name {
				return env[i+1]
			}
		}
		return before(name)
	}
	return &one
}

func says(t *testing.T, what, said string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("%s: no %q in\n%s", what, want, said)
		}
	}
}

func TestDoctorLooksAtTheDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	link := server.Database(t)
	a := servedApp(t)
	team := with(t, a, "{}\n", "CLEW_DATABASE", link, "CLEW_DATABASE_USER", postgrestest.User, "CLEW_DATABASE_PASSWORD", postgrestest.Password)
	says(t, "a new one", examined(t, team), "ok database PostgreSQL ", "tables: cases 2", "ok jobs 0 running, 0 waiting, no worker heard of")
	says(t, "a used one", examined(t, team), "jobs 1", "spending 1", "watches 1")

	late := *team
	late.clock = func() time.Time { return time.Now().Add(-time.Hour) }
	says(t, "a machine that is late", examined(t, &late), "bad database its clock and this machine's are 1h0m0s apart")

	name := path.Base(link)
	server.Exec(t, name, `CREATE ROLE reader LOGIN PASSWORD '`+postgrestest.Password+`'`, `GRANT USAGE ON SCHEMA clew TO reader`, `GRANT SELECT ON ALL TABLES IN SCHEMA clew TO reader`)
	reader := with(t, a, "{}\n", "CLEW_DATABASE", link, "CLEW_DATABASE_USER", "reader", "CLEW_DATABASE_PASSWORD", postgrestest.Password)
	says(t, "who may only read", examined(t, reader), "bad database the user may not work in ", "clew database migrate --grant-to USER as the user who owns them, clew")
	if code := team.run(t.Context(), []string{"database", "migrate", "--grant-to", "reader"}); code != exitDone {
		t.Errorf("granting: exit %d", code)
	}
	says(t, "who only works", examined(t, reader), "ok database the user works in the tables and may not change them: an update of clew is followed by clew database migrate as the user who owns them, clew", "ok jobs ")

	server.Exec(t, name, `UPDATE clew.parts SET version = 999 WHERE part = 'watches'`)
	says(t, "tables of a later clew", examined(t, team), "bad watches ", "watches have version 999", "update clew")
	server.Kill()
	says(t, "one that is down", examined(t, team), "bad database database cannot be reached", "start it, or check the address")
}

func TestDoctorLooksAtAccounts(t *testing.T) {
	op, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	config := "accounts: {on: true, oidc: {issuer: " + op.Issuer() + ", client: clew, secret: s, roles: {soc: analyst}}}\n"
	a := with(t, servedApp(t), config)
	says(t, "at the beginning", examined(t, a), "note accounts nobody is there yet", "ok identity provider "+op.Issuer()+" answers")
	if err := op.Shutdown(); err != nil {
		t.Fatal(err)
	}
	says(t, "without its provider", examined(t, a), "bad identity provider ", "nobody signs in by it until it answers")
	offline := *a
	offline.offline = true
	says(t, "offline", examined(t, &offline), "note identity provider "+op.Issuer()+" was not asked")

	a.cost = cheap
	book, done, err := a.book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := book.AddUser(t.Context(), account.Console("root"), account.NewUser{Name: "ada", Role: account.Viewer, Password: "blue tree river cat"}); err != nil {
		t.Fatal(err)
	}
	done()
	says(t, "nobody to administer", examined(t, a), "bad accounts no admin may sign in", "ok audit 1 line")
	dir, err := a.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	raw(t, filepath.Join(dir, "accounts.db"), `DROP TRIGGER audit_is_never_removed`, `DELETE FROM audit`)
	says(t, "an audit that somebody removed", examined(t, a), "bad audit it is empty although there are users")
}

func raw(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // of a test
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestDoctorLooksAtWatchesAndJobs(t *testing.T) {
	a := with(t, servedApp(t), "escalation: {to: [{name: soc, kind: webhook, url: 'https://soc.example/hook'}]}\nkeys: {soc: a-secret-of-the-webhook}\n")
	dir, err := a.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	store, err := watchfile.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	for _, w := range []watch.Watch{
		{ID: "1", Name: "well", To: []string{"soc"}, Due: casefile.Time{Time: now.Add(time.Hour)}},
		{ID: "2", Name: "late", Due: casefile.Time{Time: now.Add(-5 * time.Hour)}},
		{ID: "3", Name: "failing", To: []string{"gone"}, Due: casefile.Time{Time: now.Add(time.Hour)}},
		{ID: "4", Name: "resting", Paused: true, Due: casefile.Time{Time: now.Add(-5 * time.Hour)}},
		{ID: "5", Name: "unheard", To: []string{"soc"}, Due: casefile.Time{Time: now.Add(time.Hour)}},
	} {
		w.Schedule, w.Band, w.Case, w.By = "every 6h", "medium", "a-case", "tester"
		w.Bounds.Indicators = []string{"evil.example"}
		if err := store.Add(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []watch.Round{
		{Watch: "1", Job: "a", Ended: casefile.Time{Time: now}, State: watch.RunTold, Told: []watch.Heard{{To: "soc", State: "sent"}}},
		{Watch: "3", Job: "b", Ended: casefile.Time{Time: now}, State: watch.RunFailed, Error: "no source answered"},
		{Watch: "5", Job: "c", Ended: casefile.Time{Time: now}, State: watch.RunTold, Told: []watch.Heard{{To: "soc", State: watch.Failed, Said: "HTTP 500"}}},
	} {
		if err := store.Keep(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	jobs, err := jobfile.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.Add(t.Context(), job.New{ID: "j1", Kind: "investigate", Actor: "ada"}); err != nil {
		t.Fatal(err)
	}
	if err := jobs.Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, filepath.Join(dir, jobfile.FileName), `UPDATE jobs SET state = 'running', worker = 'm1', lease = (unixepoch() - 600) * 1000`)
	said := examined(t, a)
	says(t, "watches", said, "ok recipients soc (webhook)", "ok watches 2 of 5 run as they should", "bad watches late: was due 5h0m0s ago: no clew serve and no clew worker runs it",
		"bad watches failing: tells gone, which is no recipient", "bad watches failing: its run of ", "failed: no source answered; clew watch run failing tries again",
		"bad watches unheard: soc could not be told: HTTP 500")
	says(t, "jobs", said, "bad jobs j1 (investigate, by ada) does not get on: its worker m1 has not been heard of since")
	if strings.Contains(said, "resting") || strings.Contains(said, "watches well") {
		t.Errorf("it complains of what is well:\n%s", said)
	}
	says(t, "a recipient without its key", examined(t, with(t, a, "escalation: {to: [{name: soc, kind: webhook, url: 'https://soc.example/hook'}]}\n")), "bad recipients ")
}

func TestDoctorLooksAtCertificates(t *testing.T) {
	a := servedApp(t)
	dir, err := a.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	kept, files := filepath.Join(dir, acmeFolder), t.TempDir()
	if err := os.MkdirAll(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	const acme = "serve: {url: 'https://clew.example', acme: {domains: [clew.example]}}\n"
	give := func(left time.Duration) {
		certFile, keyFile := selfSigned(t, files, time.Now().Add(left))
		var both bytes.Buffer
		for _, name := range []string{keyFile, certFile} {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			both.Write(text)
		}
		if err := os.WriteFile(filepath.Join(kept, "clew.example"), both.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says(t, "before the first", examined(t, with(t, a, acme)), "note certificate none for clew.example yet", "port 443")
	give(60 * 24 * time.Hour)
	says(t, "good", examined(t, with(t, a, acme)), "ok certificate for clew.example")
	says(t, "another address", examined(t, with(t, a, "serve: {url: 'https://other.example', acme: {domains: [clew.example]}}\n")), "bad certificate people come to other.example, for which no certificate is asked")
	give(5 * 24 * time.Hour)
	says(t, "not renewed", examined(t, with(t, a, acme)), "bad certificate for clew.example", "should have been renewed by itself since")
	give(-time.Hour)
	says(t, "expired", examined(t, with(t, a, acme)), "it has expired")
	if err := os.WriteFile(filepath.Join(kept, "clew.example"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, "cut off", examined(t, with(t, a, acme)), "bad certificate ", "move the file away")

	certFile, keyFile := selfSigned(t, files, time.Now().Add(60*24*time.Hour))
	says(t, "a file for another host", examined(t, with(t, a, "serve: {url: 'https://other.example', tls: {cert: "+certFile+", key: "+keyFile+"}}\n")), "bad certificate for clew.example", "people come to other.example")
	_, strange := selfSigned(t, t.TempDir(), time.Now().Add(60*24*time.Hour))
	says(t, "another's key", examined(t, with(t, a, "serve: {tls: {cert: "+certFile+", key: "+strange+"}}\n")), "bad certificate certificate cannot be used", "private key does not match")
}

func TestDoctorOpensWhatIsSealed(t *testing.T) {
	a := with(t, servedApp(t), "keys: {virustotal: the-key}\n", "CLEW_PASSPHRASE", "a passphrase of tests")
	if code := a.run(t.Context(), []string{"secrets", "encrypt"}); code != exitDone {
		t.Fatalf("exit %d", code)
	}
	says(t, "with its passphrase", examined(t, a), "secrets.age: sealed with a passphrase, and opens")
	before := a.getenv
	lost := *a
	lost.getenv = func(name string) string {
		if name == "CLEW_PASSPHRASE" {
			return "another passphrase"
		}
		return before(name)
	}
	says(t, "with another", examined(t, &lost), "bad secrets ", "does not open")
}
