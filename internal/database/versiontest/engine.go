package versiontest

import (
	"io"
	"testing"
)

// An Engine keeps stores in places that are neither files nor databases of
// PostgreSQL: what SQLite and Postgres do is told here.
type Engine[S io.Closer] struct {
	Place   func(t *testing.T) string // an empty one
	Open    func(t *testing.T, place string) (S, error)
	Run     func(t *testing.T, place, statements string)
	Version func(t *testing.T, place string) int
	Advance func(t *testing.T, place string, to int) // says that it is of a version
	Shape   func(t *testing.T, place string) []string
	Dump    func(t *testing.T, place string) string // what Run makes the same of
}

// Run tests the versions of a store that an engine keeps.
func Run[S io.Closer](t *testing.T, e Engine[S], s Store[S]) { run(t, told[S]{e}, s) }

// told is an [Engine] as the others are.
type told[S io.Closer] struct{ Engine[S] }

func (e told[S]) place(t *testing.T) string                    { return e.Place(t) }
func (e told[S]) open(t *testing.T, place string) (S, error)   { return e.Open(t, place) }
func (e told[S]) run(t *testing.T, place, statements string)   { e.Run(t, place, statements) }
func (e told[S]) version(t *testing.T, place string) int       { return e.Version(t, place) }
func (e told[S]) advance(t *testing.T, place string, to int)   { e.Advance(t, place, to) }
func (e told[S]) shape(t *testing.T, place string) []string    { return e.Shape(t, place) }
func (e told[S]) dump(t *testing.T, place string) (all string) { return e.Dump(t, place) }
