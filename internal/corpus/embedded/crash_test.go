package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"clew/internal/observable"
)

func numbered(kind observable.Kind, prefix string, n int) observable.Value {
	return observable.Must(kind, fmt.Sprintf("%s%d.example", prefix, n))
}

// childRoles are what a child process does until it is killed. Each prints a
// line for whatever was acknowledged.
var childRoles = map[string]func(s *Store) error{
	"hold": func(*Store) error {
		fmt.Println("open")
		select {}
	},
	"put": func(s *Store) error {
		for n := 0; ; n++ {
			if err := s.Put(context.Background(), rowsOf(n, 1)); err != nil {
				return err
			}
			fmt.Println(n)
		}
	},
	"load": func(s *Store) error {
		for n := 0; ; n++ {
			if err := loadRows(s, rowsOf(n*loadSize, loadSize)); err != nil {
				return err
			}
			fmt.Println(n)
		}
	},
	"spill": func(s *Store) error {
		l, err := s.Load(context.Background())
		if err != nil {
			return err
		}
		for n := 0; ; n++ {
			if err := l.Add(sighting(n)); err != nil {
				return err
			}
			if n%1000 == 999 {
				fmt.Println(n)
			}
		}
	},
}

// loadSize is how many rows the child loads at once; enough for several runs.
const loadSize = 500

func TestChild(t *testing.T) {
	role, ok := childRoles[os.Getenv(roleEnv)]
	if !ok {
		t.Skip("this is what other tests run as a process of its own")
	}
	s := open(t, os.Getenv(dirEnv), Options{LoadBytes: 8 << 10})
	t.Fatal(role(s))
}

func TestKilledWhilePutting(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for round := range 3 {
		p := child(t, "put", dir)
		for range 20 + 30*round { // it is killed somewhere after this line
			n, err := strconv.Atoi(p.line())
			if err != nil {
				t.Fatal(err)
			}
			acknowledged = max(acknowledged, n+1)
		}
		p.kill()
		s := open(t, dir, Options{})
		for n := range acknowledged {
			if !has(t, s, n) {
				t.Fatalf("round %d: row %d of %d acknowledged ones is gone", round, n, acknowledged)
			}
		}
		checkCounts(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKilledWhileLoading(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		p := child(t, "load", dir)
		committed := 0
		for range 1 + 2*round {
			n, err := strconv.Atoi(p.line())
			if err != nil {
				t.Fatal(err)
			}
			committed = n + 1
		}
		p.kill()
		s := open(t, dir, Options{})
		for n := range committed {
			if !has(t, s, n*loadSize) || !has(t, s, (n+1)*loadSize-1) {
				t.Fatalf("round %d: load %d of %d committed ones is gone", round, n, committed)
			}
		}
		if first, last := has(t, s, committed*loadSize), has(t, s, (committed+1)*loadSize-1); first != last {
			t.Errorf("round %d: half of load %d is there", round, committed)
		}
		checkCounts(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKilledInTheMiddleOfALoad(t *testing.T) {
	dir := t.TempDir()
	p := child(t, "spill", dir)
	p.line()
	p.line()
	p.kill()
	glob(t, filepath.Join(dir, loadsDir, "*", "*")) // it left runs
	s := open(t, dir, Options{})
	defer closeStore(t, s)
	if has(t, s, 0) {
		t.Error("a row of a load that was never committed is there")
	}
	checkCounts(t, s)
	if left, err := filepath.Glob(filepath.Join(dir, loadsDir, "*")); err != nil || len(left) > 0 {
		t.Errorf("the dead load left %v: %v", left, err)
	}
}
