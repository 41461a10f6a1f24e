package postgres_test

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
	"clew/internal/fetch"
	"clew/internal/fetch/state/postgres"
	"clew/internal/fetch/state/statetest"
)

func target(url string) database.Target {
	return database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password}
}

func TestMain(m *testing.M) {
	statetest.Main(m, func(ctx context.Context, where string, clock func() time.Time) (statetest.Opened, error) {
		db, err := database.Open(ctx, target(where))
		if err != nil {
			return statetest.Opened{}, err
		}
		s, err := postgres.In(ctx, db, postgres.Options{Clock: clock})
		return statetest.Opened{State: s, Bodies: s, Close: db.Close}, err
	})
}

func open(t testing.TB, url string, o postgres.Options) *postgres.Store {
	t.Helper()
	return openAs(t, target(url), o)
}

func openAs(t testing.TB, at database.Target, o postgres.Options) *postgres.Store {
	t.Helper()
	db, err := database.Open(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, err := postgres.In(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPostgres runs everything on one server; starting one takes long.
func TestPostgres(t *testing.T) {
	server := postgrestest.Start(t)
	for name, test := range map[string]func(*testing.T, *postgrestest.Server){
		"conformance":                         conformance,
		"processes":                           processes,
		"server_that_is_killed":               serverThatIsKilled,
		"outage":                              outage,
		"a_machine_that_hangs_is_passed_over": aMachineThatHangsIsPassedOver,
		"skew_is_that_of_the_clocks":          skewIsThatOfTheClocks,
		"bodies_are_bounded":                  bodiesAreBounded,
		"a_damaged_account_is_named":          aDamagedAccountIsNamed,
		"versions":                            versions,
	} {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

// conformance is of a user who only works in the tables: more it does not need.
func conformance(t *testing.T, server *postgrestest.Server) {
	statetest.Run(t, func(t *testing.T) fetch.State { return openAs(t, server.Working(t, postgres.Part), postgres.Options{}) })
}

// The machines' clocks are hours and seconds apart, and the windows hold.
func processes(t *testing.T, server *postgrestest.Server) {
	statetest.Processes(t, func(t *testing.T) string { return server.Database(t) }, 0, 2*time.Second, -2*time.Second, time.Hour, -25*time.Hour)
}

// Without its server nothing is counted, and it goes on by itself when it is back.
func serverThatIsKilled(t *testing.T, server *postgrestest.Server) {
	s := open(t, server.Database(t), postgres.Options{})
	counted := 0
	count := func() error {
		return s.Update(t.Context(), "a", func(a *fetch.Account, _ time.Duration) error { a.Seq++; return nil })
	}
	for range 3 {
		for range 5 {
			if err := count(); err != nil {
				t.Fatal(err)
			}
			counted++
		}
		server.Kill()
		err := count()
		if !errors.Is(err, database.ErrUnreachable) || strings.Contains(err.Error(), postgrestest.Password) {
			t.Errorf("counted without a server: %v", err)
		}
		server.Resume(t)
	}
	all, err := s.Accounts(t.Context())
	if err != nil || int(all["a"].Seq) != counted {
		t.Errorf("%d counted (%v), want %d", all["a"].Seq, err, counted)
	}
}

// Processes that ask while the server is killed and comes back spend what is left.
func outage(t *testing.T, server *postgrestest.Server) {
	statetest.Outage(t, server.Database(t), 3, func(pause func()) {
		server.Kill()
		pause()
		server.Resume(t)
	})
}

// A machine that stops with an account locked holds the others up for a moment.
func aMachineThatHangsIsPassedOver(t *testing.T, server *postgrestest.Server) {
	url := server.Database(t)
	hung, other := open(t, url, postgres.Options{}), open(t, url, postgres.Options{})
	locked, released := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := hung.Update(t.Context(), "a", func(a *fetch.Account, _ time.Duration) error {
			a.Seq = 99
			close(locked)
			<-released
			return nil
		})
		if err == nil {
			t.Error("what was done meanwhile was overwritten")
		}
	})
	<-locked
	start := time.Now()
	if err := statetest.Put(t.Context(), other, "b", statetest.Full()); err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("another account after %s: %v", time.Since(start), err)
	}
	if err := statetest.Put(t.Context(), other, "a", statetest.Full()); err != nil || time.Since(start) > 10*time.Second {
		t.Errorf("the locked account after %s: %v", time.Since(start), err)
	}
	close(released)
	group.Wait()
	if all, err := other.Accounts(t.Context()); err != nil || all["a"].Seq != 7 {
		t.Errorf("the account says %d (%v), want 7", all["a"].Seq, err)
	}
}

func skewIsThatOfTheClocks(t *testing.T, server *postgrestest.Server) {
	url := server.Database(t)
	for _, off := range []time.Duration{0, time.Hour, -30 * time.Hour} {
		s := open(t, url, postgres.Options{Clock: func() time.Time { return time.Now().Add(off) }})
		near := func(what string, skew time.Duration, err error) {
			if d := (skew + off).Abs(); err != nil || d > time.Second {
				t.Errorf("%s, clock %s off: skew %s (%v)", what, off, skew, err)
			}
		}
		skew, err := s.Skew(t.Context())
		near("asked", skew, err)
		err = s.Update(t.Context(), "a", func(_ *fetch.Account, skew time.Duration) error { near("at an update", skew, nil); return nil })
		if err != nil {
			t.Error(err)
		}
		skew, err = s.Skew(t.Context())
		near("known", skew, err)
	}
}

func bodiesAreBounded(t *testing.T, server *postgrestest.Server) {
	at := server.Working(t, postgres.Part)
	s, url := openAs(t, at, postgres.Options{MostBodies: 250}), at.URL
	ctx := t.Context()
	now := time.Now()
	body := make([]byte, 100)
	for n, digest := range []string{"short", "long", "middle", "again"} {
		if err := s.PutBody(ctx, digest, body); err != nil {
			t.Fatal(err)
		}
		until := now.Add(time.Duration([]int{1, 4, 3, 2}[n]) * time.Hour)
		if err := s.KeepReply(ctx, "key of "+digest, fetch.Kept{Body: digest, At: now, Until: until}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutBody(ctx, "nobody's, young", body); err != nil {
		t.Fatal(err)
	}
	has := func(want ...string) {
		t.Helper()
		for _, digest := range []string{"short", "long", "middle", "again", "nobody's, young"} {
			packed, err := s.Body(ctx, digest)
			wanted := strings.Contains(strings.Join(want, "|"), digest)
			if there := err == nil && len(packed) == 100; there != wanted || err != nil && !errors.Is(err, fetch.ErrNotKept) {
				t.Errorf("%s is there: %t (%v), want %t", digest, there, err, wanted)
			}
		}
	}
	if err := s.SweepBodies(ctx, s, now); err != nil {
		t.Fatal(err)
	}
	has("long", "middle", "nobody's, young")
	if _, ok, err := s.Reply(ctx, "key of short"); ok || err != nil {
		t.Errorf("a reply whose body went is still there (%v)", err)
	}
	server.Exec(t, path.Base(url), "UPDATE clew.reply_bodies SET kept = kept - interval '2 hours'")
	if err := s.ForgetReplies(ctx, now.Add(210*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepBodies(ctx, s, now); err != nil {
		t.Fatal(err)
	}
	has("long")
}

func aDamagedAccountIsNamed(t *testing.T, server *postgrestest.Server) {
	url := server.Database(t)
	s := open(t, url, postgres.Options{})
	server.Exec(t, path.Base(url), `INSERT INTO clew.spending VALUES ('otx', '{"seq":x')`)
	err := statetest.Put(t.Context(), s, "otx", statetest.Full())
	if !errors.Is(err, postgres.ErrDamaged) || !strings.Contains(err.Error(), "otx") {
		t.Errorf("update: %v", err)
	}
	if _, err := s.Accounts(t.Context()); !errors.Is(err, postgres.ErrDamaged) {
		t.Errorf("accounts: %v", err)
	}
	if err := statetest.Put(t.Context(), s, "shodan", statetest.Full()); err != nil {
		t.Errorf("another account: %v", err)
	}
}

// BenchmarkUpdate is what a turn costs, and the note of how a request ended. The
// server waits for its disk, as one in use does.
func BenchmarkUpdate(b *testing.B) {
	server := postgrestest.Start(b, "fsync=on")
	s := open(b, server.Database(b), postgres.Options{})
	if err := statetest.Put(b.Context(), s, "a", statetest.Full()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Update(b.Context(), "a", func(a *fetch.Account, _ time.Duration) error { a.Seq++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
