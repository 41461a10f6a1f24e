package pivot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// digest makes up a digest of that many digits.
func digest(n, digits int) observable.Value {
	return observable.Must(observable.File, strings.Repeat(fmt.Sprintf("%04x", n), digits/4))
}

func same(strong, weak observable.Value) observation.Observation {
	return observation.Observation{Subject: strong, Relation: observation.Digest, Object: weak, Count: 1, Source: "file"}
}

func holds(file observable.Value, r observation.Relation, v observable.Value) observation.Observation {
	return observation.Observation{Subject: file, Relation: r, Object: v, Count: 1, Source: "import"}
}

func engineOver(t *testing.T, facts ...observation.Observation) *pivot.Engine {
	t.Helper()
	store := memory.New()
	if err := store.Put(context.Background(), facts); err != nil {
		t.Fatal(err)
	}
	return &pivot.Engine{
		Corpus: store, Lists: noLists{}, Model: score.Closed(),
		Clock: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
}

type noLists struct{}

func (noLists) Suppressed(observation.Relation, observable.Value) (string, bool) { return "", false }

func (noLists) Benign(observable.Value) (string, bool)                        { return "", false }
func (noLists) NameCount(observation.Relation, string) (uint64, string, bool) { return 0, "", false }

func (noLists) BaseCount(observation.Relation, observable.Value) (uint64, uint64, string, bool) {
	return 0, 0, "", false
}

var (
	sha256A, sha1A, md5A = digest(1, 64), digest(1, 40), digest(1, 32)
	sha256B, md5B        = digest(2, 64), digest(2, 32)
	imphash              = observable.Must(observable.Imphash, strings.Repeat("ab", 16))
	c2                   = observable.Must(observable.Domain, "c2.evil.example")
)

// twoFiles: each is known by two digests, with facts under both.
func twoFiles() []observation.Observation {
	return []observation.Observation{
		same(sha256A, sha1A), same(sha1A, md5A), same(sha256B, md5B),
		holds(md5A, observation.Contacts, c2), holds(sha256A, observation.Imphash, imphash), holds(md5A, observation.Imphash, imphash),
		holds(md5B, observation.Imphash, imphash), holds(sha256B, observation.Contacts, c2),
	}
}

func TestEveryDigestShowsTheFile(t *testing.T) {
	engine := engineOver(t, twoFiles()...)
	for _, asked := range []observable.Value{sha256A, sha1A, md5A} {
		described, err := engine.Describe(context.Background(), asked)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]uint64{}
		for _, d := range described {
			said[d.Relation.String()+" "+d.Value.Text()] = d.Holders
		}
		for _, want := range []string{"contacts c2.evil.example", "imphash " + imphash.Text()} {
			if said[want] != 2 {
				t.Errorf("%s: %s held by %d, want 2 files", asked, want, said[want])
			}
		}
		others := 0
		for _, name := range []observable.Value{sha256A, sha1A, md5A} {
			if _, ok := said["digest "+name.Text()]; ok && name != asked {
				others++
			}
		}
		if others != 2 {
			t.Errorf("%s: %d other digests named, want 2: %v", asked, others, said)
		}
	}
}

func TestOneFileIsOneFinding(t *testing.T) {
	engine := engineOver(t, twoFiles()...)
	for _, seeds := range [][]observable.Value{{sha256A}, {md5A}, {sha1A}, {md5A, sha256A}} {
		result, err := engine.Investigate(context.Background(), seeds)
		if err != nil {
			t.Fatal(err)
		}
		files := map[observable.Value]int{}
		for _, f := range result.Findings {
			if f.Value.Kind() == observable.File {
				files[f.Value]++
			}
		}
		if len(files) != 1 || files[sha256B] != 1 {
			t.Errorf("seeds %v: files found %v, want %v once", seeds, files, sha256B)
		}
	}
}

// TestCollision: an md5 that two files share joins neither to the other.
func TestCollision(t *testing.T) {
	engine := engineOver(t, same(sha256A, md5A), same(sha256B, md5A), same(sha256A, sha1A),
		holds(sha256A, observation.Imphash, imphash), holds(sha256B, observation.Contacts, c2), holds(sha1A, observation.PDB, observable.Must(observable.PDB, `C:\a.pdb`)))
	described, err := engine.Describe(context.Background(), sha256A)
	if err != nil {
		t.Fatal(err)
	}
	has := map[observation.Relation]bool{}
	for _, d := range described {
		has[d.Relation] = true
	}
	if has[observation.Contacts] || !has[observation.PDB] || !has[observation.Imphash] {
		t.Errorf("facts under %v: %v", sha256A, has)
	}
}

// TestWithoutDigestsNothingChanges: what no relation joins stays apart.
func TestWithoutDigestsNothingChanges(t *testing.T) {
	engine := engineOver(t, holds(md5A, observation.Imphash, imphash), holds(sha256A, observation.Imphash, imphash))
	described, err := engine.Describe(context.Background(), sha256A)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range described {
		if d.Relation == observation.Imphash && d.Holders != 2 {
			t.Errorf("%d holders, want 2", d.Holders)
		}
	}
}
