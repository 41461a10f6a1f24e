// Package versiontest holds every store to what it promises of its versions: what
// an earlier clew wrote comes forward whole, however many open it at once, what a
// later one wrote is refused, and either way nothing is lost.
//
// What each version was is kept as SQL text beside the engine's tests, in
// testdata/versions/N.sql: tables and rows as the clew of that version left them.
// Whoever appends a version runs the test with -update once, which writes the text
// of the new one; the texts of earlier ones are never written again.
package versiontest

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the text of a version that has none")

// A Store is one whose versions are tested.
type Store[S io.Closer] struct {
	// Fill writes something of everything that the store keeps: what the texts hold.
	Fill func(t *testing.T, s S)
	// Holds finds all of it, and that the store goes on.
	Holds func(t *testing.T, s S)
	Newer error // what a later version is called
}

// later is a version that no clew has yet.
const later = 999

// atOnce is how many open what is to be brought forward at the same moment.
const atOnce = 4

// An engine keeps stores in places: folders, or databases of a server.
type engine[S io.Closer] interface {
	place(t *testing.T) string // an empty one
	open(t *testing.T, place string) (S, error)
	run(t *testing.T, place, statements string)
	version(t *testing.T, place string) int
	advance(t *testing.T, place string, to int) // says that it is of a version
	shape(t *testing.T, place string) []string  // its tables, however they came to be
	dump(t *testing.T, place string) string
}

func run[S io.Closer](t *testing.T, e engine[S], s Store[S]) {
	fresh := e.place(t)
	filled := mustOpen(t, e, fresh)
	s.Fill(t, filled)
	mustClose(t, filled)
	newest, shape := e.version(t, fresh), e.shape(t, fresh)
	if newest < 1 {
		t.Fatalf("a new store has version %d", newest)
	}
	for n := 1; n <= newest; n++ {
		text := textOf(t, n, n == newest, func() string { return e.dump(t, fresh) })
		t.Run(fmt.Sprintf("from_version_%d", n), func(t *testing.T) {
			place := e.place(t)
			e.run(t, place, text)
			openAtOnce(t, e, place)
			store := mustOpen(t, e, place)
			s.Holds(t, store)
			mustClose(t, store)
			if got := e.version(t, place); got != newest {
				t.Errorf("it is of version %d now, want %d", got, newest)
			}
			if diff := cmp.Diff(shape, e.shape(t, place)); diff != "" {
				t.Errorf("brought forward it is not as a new one (-new +brought forward):\n%s", diff)
			}
		})
	}
	t.Run("a_later_version", func(t *testing.T) {
		e.advance(t, fresh, later)
		store, err := e.open(t, fresh)
		if err == nil {
			mustClose(t, store)
		}
		if !errors.Is(err, s.Newer) || !strings.Contains(err.Error(), "update clew") {
			t.Errorf("a store of a later version: %v", err)
		}
		e.advance(t, fresh, newest)
		store = mustOpen(t, e, fresh)
		s.Holds(t, store) // whoever could not read it left it as it was
		mustClose(t, store)
	})
}

// textOf is the text of a version.
func textOf(t *testing.T, n int, newest bool, dump func() string) string {
	t.Helper()
	name := filepath.Join("testdata", "versions", fmt.Sprintf("%d.sql", n))
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && newest && *update {
		text = []byte(dump())
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		t.Fatalf("%v\n  where the version is new, run the test once with -update, and commit the file", err)
	}
	return string(text)
}

func openAtOnce[S io.Closer](t *testing.T, e engine[S], place string) {
	t.Helper()
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for range atOnce {
		wait.Go(func() {
			<-begin
			s, err := e.open(t, place)
			if err == nil {
				err = s.Close()
			}
			if err != nil {
				t.Errorf("one of %d who open it at once: %v", atOnce, err)
			}
		})
	}
	close(begin)
	wait.Wait()
}

func mustOpen[S io.Closer](t *testing.T, e engine[S], place string) S {
	t.Helper()
	s, err := e.open(t, place)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
