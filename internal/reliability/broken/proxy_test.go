// Package broken cuts, slows and holds up the connections between clew and the
// servers of a team, and restarts a server under load.
package broken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/corpus/clickhousetest"
	"clew/internal/database/postgrestest"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// mostWait bounds how long a command may take when its server does not answer.
const mostWait = 90 * time.Second

// seed has a case in every test.
const seed = "n7-shop.example"

func passiveDNS(rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"rrname":"n%d-shop.example","rrtype":"A","rdata":"198.51.100.%d","time_first":1700000000,"time_last":1750000000}`+"\n", i%4000, i%40)
	}
	return b.String()
}

// timed runs a command and holds it to the longest wait.
func timed(t *testing.T, h *clewtest.Home, args ...string) clewtest.Said {
	t.Helper()
	began := time.Now()
	said := h.Run(t, args...)
	if took := time.Since(began); took > mostWait {
		t.Errorf("clew %s took %s", strings.Join(args, " "), took)
	} else {
		t.Logf("clew %s: exit %d after %s", args[0], said.Code, took.Round(10*time.Millisecond))
	}
	return said
}

// refused holds what a command said without its server to what people need.
func refused(t *testing.T, said clewtest.Said, about ...string) {
	t.Helper()
	if said.Code != 1 {
		t.Errorf("exit %d, want 1: %s", said.Code, said.Err)
	}
	for _, part := range about {
		if !strings.Contains(said.Err, part) {
			t.Errorf("%q does not speak of %q", said.Err, part)
		}
	}
	if strings.Contains(said.Err, postgrestest.Password) || strings.Contains(said.Err, "goroutine") {
		t.Errorf("said too much: %s", said.Err)
	}
}

// team is a place whose cases lie in a PostgreSQL behind a relay.
func team(t *testing.T) (*clewtest.Home, *postgrestest.Server, *clewtest.Relay, string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts servers")
	}
	server := postgrestest.Start(t)
	r := clewtest.NewRelay(t, server.Address)
	h := clewtest.NewHome(t)
	database := server.Database(t)
	h.Env = append(h.Env, "CLEW_DATABASE="+strings.Replace(database, server.Address, r.Address(), 1),
		"CLEW_DATABASE_USER="+postgrestest.User, "CLEW_DATABASE_PASSWORD="+postgrestest.Password)
	h.Must(t, nil, "import", "cof", h.Write(t, "pdns.json", passiveDNS(500)))
	h.Must(t, nil, "investigate", seed, "--offline")
	list := h.Must(t, nil, "case", "list", "--json")
	var cases struct{ Cases []struct{ ID string } }
	if err := json.Unmarshal([]byte(list), &cases); err != nil || len(cases.Cases) != 1 {
		t.Fatalf("%s: %v", list, err)
	}
	return h, server, r, cases.Cases[0].ID
}

// TestPostgresOfCommands: a command whose server is cut off or does not answer says
// so within bounds, one whose server is slow works, and nothing has to be mended.
func TestPostgresOfCommands(t *testing.T) {
	h, _, r, id := team(t)
	for _, m := range []clewtest.Mood{clewtest.Cut, clewtest.Silent} {
		r.Set(m)
		refused(t, timed(t, h, "case", "note", id, "while it was away"), "database cannot be reached", "what was acknowledged is safe")
		r.Set(clewtest.Passes)
	}
	r.Set(clewtest.Slow)
	if said := timed(t, h, "case", "note", id, "while it was slow"); said.Code != 0 {
		t.Errorf("slow: exit %d %s", said.Code, said.Err)
	}
	r.Set(clewtest.Passes)
	h.Must(t, nil, "case", "verify", id)
	if log := h.Must(t, nil, "case", "log", id, "--json"); strings.Count(log, "while it was slow") != 1 {
		t.Error("the remark of the slow moment is not there once")
	}
}

// notes writes remarks through a server until ctx ends, and returns those that were
// acknowledged, and the longest time to any answer.
func notes(ctx context.Context, t *testing.T, s *clewtest.Server, id string) (acknowledged []string, refusals int, longest time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("remark %d.", n)
		began := time.Now()
		answer, err := s.Do(context.WithoutCancel(ctx), "POST", "/api/v1/cases/"+id+"/notes", []byte(`{"text":"`+text+`"}`), "application/json")
		longest = max(longest, time.Since(began))
		switch {
		case err != nil:
			t.Errorf("the server does not answer: %v", err)
			return acknowledged, refusals, longest
		case answer.Status == 201:
			acknowledged = append(acknowledged, text)
		case answer.Status == 503:
			refusals++
			time.Sleep(50 * time.Millisecond)
		default:
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	return acknowledged, refusals, longest
}

// TestPostgresOfServe cuts, holds up and restarts the database of a clew serve that
// writes: what was acknowledged is there once, refusals are 503, and the server goes on
// by itself.
func TestPostgresOfServe(t *testing.T) {
	h, database, r, id := team(t)
	server := h.Serve(t, "--offline")
	ctx, cancel := context.WithCancel(t.Context())
	var (
		wait         sync.WaitGroup
		acknowledged []string
		refusals     int
		longest      time.Duration
	)
	wait.Go(func() { acknowledged, refusals, longest = notes(ctx, t, server, id) })
	for range 3 {
		time.Sleep(time.Second)
		r.Set(clewtest.Cut)
		time.Sleep(time.Second)
		r.Set(clewtest.Passes)
		time.Sleep(time.Second)
		r.Set(clewtest.Silent)
		time.Sleep(2 * time.Second)
		r.Set(clewtest.Passes)
		time.Sleep(500 * time.Millisecond)
		database.Kill()
		time.Sleep(500 * time.Millisecond)
		database.Resume(t)
	}
	time.Sleep(3 * time.Second)
	answer, err := server.Do(ctx, "GET", "/readyz", nil, "")
	if err != nil || answer.Status != 200 {
		t.Errorf("three seconds after all was well: %d %s %v", answer.Status, answer.Body, err)
	}
	cancel()
	wait.Wait()
	if err := server.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	h.Must(t, nil, "case", "verify", id)
	log := h.Must(t, nil, "case", "log", id, "--json")
	for _, text := range acknowledged {
		if n := strings.Count(log, `"`+text+`"`); n != 1 {
			t.Errorf("%q was acknowledged, and is there %d times", text, n)
		}
	}
	if longest > mostWait || len(acknowledged) == 0 || refusals == 0 {
		t.Errorf("%d acknowledged, %d refused, longest answer %s", len(acknowledged), refusals, longest)
	}
	t.Logf("%d acknowledged, %d refused, longest answer %s", len(acknowledged), refusals, longest.Round(time.Millisecond))
}

// TestClickHouse cuts, holds up and slows the corpus of a team.
func TestClickHouse(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	r := clewtest.NewRelay(t, clickhousetest.Start(t, 1)[0])
	h := clewtest.NewHome(t)
	at := "clickhouse://" + r.Address() + "/clew"
	h.Env = append(h.Env, "CLEW_CORPUS="+at)
	h.Must(t, nil, "corpus", "init", at)
	file := h.Write(t, "pdns.json", passiveDNS(60_000))
	for _, m := range []clewtest.Mood{clewtest.Cut, clewtest.Silent} {
		r.Set(m)
		refused(t, timed(t, h, "show", seed), "ClickHouse server cannot be reached", "start it")
		r.Set(clewtest.Passes)
	}
	// In the middle of an import, three times at different moments.
	for n := range 3 {
		timer := time.AfterFunc(time.Duration(100+n*150)*time.Millisecond, func() { r.Set(clewtest.Cut) })
		said := timed(t, h, "import", "cof", file)
		timer.Stop()
		r.Set(clewtest.Passes)
		if said.Code != 0 {
			refused(t, said, "cannot be reached")
		}
	}
	r.Set(clewtest.Slow)
	if said := timed(t, h, "import", "cof", file); said.Code != 0 {
		t.Errorf("slow: exit %d %s", said.Code, said.Err)
	}
	r.Set(clewtest.Passes)
	list := h.Must(t, nil, "import", "list", "--json")
	if strings.Count(list, filepath.Base(file)) != 1 {
		t.Errorf("the import is not there once: %s", list)
	}
	if out := h.Must(t, nil, "show", seed, "--json"); !strings.Contains(out, "198.51.100.7") {
		t.Errorf("what it brought is not there: %s", out)
	}
}

// TestClickHouseFallsSilent holds up the corpus in the middle of a question and of an
// insert: both end within the bound, and the next of them works.
func TestClickHouseFallsSilent(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	const most = time.Second
	r := clewtest.NewRelay(t, clickhousetest.Start(t, 1)[0])
	store, err := clickhouse.Open(t.Context(), clickhouse.Options{Addresses: []string{r.Address()}, Database: "clew", Silence: most})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // nothing more is asked
	name, err := observable.Parse(seed)
	if err != nil {
		t.Fatal(err)
	}
	address, err := observable.Parse("198.51.100.7")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"question": func() error { _, _, err := store.Objects(t.Context(), name, 10); return err },
		"insert": func() error {
			return store.Put(t.Context(), []observation.Observation{{Subject: name, Relation: observation.ResolvesTo, Object: address, Source: "test", Count: 1}})
		},
	}
	for what, call := range calls {
		if err := call(); err != nil { // the connection stands from now on
			t.Fatal(what, err)
		}
		r.Set(clewtest.Silent)
		began := time.Now()
		err := call()
		took := time.Since(began)
		r.Set(clewtest.Passes)
		if !errors.Is(err, corpus.ErrUnreachable) || !strings.Contains(err.Error(), "said nothing for 1s in the middle of a question") {
			t.Errorf("%s: %v", what, err)
		}
		if took < most || took > most+5*time.Second {
			t.Errorf("%s ended after %s, want %s", what, took, most)
		}
		t.Logf("%s: %s", what, took.Round(10*time.Millisecond))
		if err := call(); err != nil {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
}
