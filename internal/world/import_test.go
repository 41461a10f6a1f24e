package world_test

import (
	order "cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/all"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/reference"
	"clew/internal/world"
)

// What the files say and what Observations yields must be the same facts:
// otherwise benchmarks would measure something else than imports do.
func TestImportingTheFilesGivesTheObservations(t *testing.T) {
	for _, compression := range []string{"", "gz", "zst"} {
		w, err := world.New(world.Options{Seed: 17, Observations: 30_000, Compression: compression})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		manifest, err := w.Write(context.Background(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []observation.Observation
		for _, f := range manifest.Files {
			if f.Format != "" {
				got = append(got, imported(t, dir, f)...)
			}
		}
		want := slices.Collect(w.Observations)
		byFact := func(a, b observation.Observation) int {
			return order.Or(a.Compare(b), order.Compare(a.Count, b.Count))
		}
		slices.SortFunc(got, byFact)
		slices.SortFunc(want, byFact)
		if len(got) != manifest.Observations {
			t.Errorf("compression %q: imported %d observations, the manifest says %d", compression, len(got), manifest.Observations)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b observable.Value) bool { return a == b })); diff != "" {
			t.Fatalf("compression %q: yielded and imported observations differ (-yielded +imported):\n%.2000s", compression, diff)
		}
	}
}

func imported(t *testing.T, dir string, f world.FileInfo) (facts []observation.Observation) {
	t.Helper()
	mapping := f.Mapping
	if mapping != "" {
		mapping = filepath.Join(dir, mapping)
	}
	format, err := all.Named(f.Format, mapping)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(dir, f.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	summary, err := ingest.Import{Format: format}.Run(context.Background(), file, func(o observation.Observation) error {
		facts = append(facts, o)
		return nil
	})
	if err != nil {
		t.Fatalf("importing %s: %v", f.Name, err)
	}
	if summary.Rejected != 0 {
		t.Errorf("%s: %d lines rejected, the first: %+v", f.Name, summary.Rejected, summary.FirstRejected)
	}
	return facts
}

func TestPublicListsLoadAndKnowTheirProviders(t *testing.T) {
	w, err := world.New(world.Options{Seed: 1, Observations: world.MinObservations})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := w.Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "lists", "*.txt"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("lists of the world: %q, %v", paths, err)
	}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := lists.AddList(file); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, row := range []struct {
		relation observation.Relation
		kind     observable.Kind
		value    string
		known    bool
	}{
		{observation.ResolvesTo, observable.IP, "192.0.2.1", true},     // edge of the largest CDN
		{observation.ResolvesTo, observable.IP, "192.0.2.19", false},   // of the smallest
		{observation.ResolvesTo, observable.IP, "192.0.2.32", true},    // parking
		{observation.ResolvesTo, observable.IP, "192.0.2.36", false},   // the smallest parking service
		{observation.ResolvesTo, observable.IP, "192.0.2.38", true},    // sinkhole
		{observation.ResolvesTo, observable.IP, "198.51.100.2", false}, // the demo's server
		{observation.RegistrantEmail, observable.Email, "proxy@privacy.birchgate.example", true},
		{observation.RegistrantEmail, observable.Email, "0123456789abcdef@alias.northfold.example", true},
		{observation.RegistrantName, observable.Person, "REDACTED FOR PRIVACY", true},
		{observation.Nameserver, observable.Domain, "dns1.birchgate.example", true},
		{observation.Nameserver, observable.Domain, "ns1.parkwell.example", true},
		{observation.Nameserver, observable.Domain, "dns1.yardarm.example", false}, // a small registrar
	} {
		v := observable.Must(row.kind, row.value)
		if hit, known := lists.Match(row.relation, v); known != row.known {
			t.Errorf("%s %s: listed %t (%v), want %t", row.relation, row.value, known, hit, row.known)
		}
	}
}
