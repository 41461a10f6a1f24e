package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
)

// A closed case leaves the record for a bundle that has the whole of it, the record
// says where it went, and the case comes back from there. Open cases and those of
// other markings stay.
func TestClosedCasesAreArchived(t *testing.T) {
	a := servedApp(t)
	dir, today := t.TempDir(), time.Now().UTC().Format(time.DateOnly)
	for _, args := range [][]string{
		{"investigate", "evil.example", "--offline", "--tlp", "GREEN"},
		{"investigate", "c2.example", "--offline", "--tlp", "RED"},
		{"investigate", "c3.example", "--offline", "--tlp", "GREEN"},
		{"case", "close", today + "-evil"},
		{"case", "close", today + "-c2"},
	} {
		if code := a.run(t.Context(), args); code != exitDone && code != exitPartial {
			t.Fatalf("%v: exit %d", args, code)
		}
	}
	archive := filepath.Join(dir, "archive")
	config := "retention: {replies: 30, cases: {closed: 365, tlp: [GREEN], archive: " + archive + "}}\n"
	reply := filepath.Join(a.getenv("CLEW_DATA"), "replies", "ab", "cd")
	if err := os.MkdirAll(filepath.Dir(reply), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{a.getenv("CLEW_CONFIG"): config, reply: "old"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := *a
	later.clock = func() time.Time { return time.Now().Add(400 * 24 * time.Hour) }
	pruned := func(app app, args ...string) string {
		t.Helper()
		out := &lines{}
		app.stdout, app.stderr = out, out
		if code := app.run(t.Context(), append([]string{"prune", "--json"}, args...)); code != exitDone {
			t.Fatalf("exit %d: %s", code, out)
		}
		return out.String()
	}
	if said := pruned(*a); strings.Contains(said, `"what":"case"`) {
		t.Errorf("closed a moment ago: %s", said)
	}
	said := pruned(later, "--dry-run")
	if strings.Count(said, `"what":"case"`) != 1 || !strings.Contains(said, `"what":"replies"`) || strings.Contains(said, `"gone":true`) {
		t.Fatalf("dry run: %s", said)
	}
	if _, err := os.Stat(archive); err == nil {
		t.Error("a dry run wrote an archive")
	}
	if said := pruned(later); strings.Count(said, `"gone":true`) != 2 {
		t.Fatalf("%s", said)
	}
	if _, err := os.Stat(reply); err == nil {
		t.Error("the reply is still there")
	}
	store, err := sqlite.Open(filepath.Join(a.getenv("CLEW_DATA"), "cases"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // of a test
	heads, err := store.Cases(t.Context())
	if err != nil || len(heads) != 2 {
		t.Errorf("%d cases stay, %v", len(heads), err)
	}
	gone, err := store.Removed(t.Context())
	if err != nil || len(gone) != 1 || gone[0].Actor != "tester" {
		t.Fatalf("%+v, %v", gone, err)
	}
	b, err := casefile.OpenBundle(t.Context(), gone[0].Archive)
	if err != nil || b.ID() != gone[0].Case {
		t.Fatal(err)
	}
	_ = b.Close() // it was read
	if code := later.run(t.Context(), []string{"case", "import", gone[0].Archive}); code != exitDone {
		t.Errorf("taken in again: exit %d", code)
	}
	if head, err := store.Head(t.Context(), gone[0].Case); err != nil || head.Hash != gone[0].Head {
		t.Errorf("%+v, %v", head, err)
	}
}
