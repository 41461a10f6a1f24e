package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/account"
	accountfile "clew/internal/account/sqlite"
)

// Old lines of the audit go where retention says so, and that they went stands in it.
func TestTheAuditIsPruned(t *testing.T) {
	a := servedApp(t)
	dir, err := a.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	store, err := accountfile.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	err = store.Change(t.Context(), func(tx account.Tx) error {
		for _, age := range []int{500, 450, 10} {
			if err := tx.Log(t.Context(), account.Entry{At: time.Now().Add(-time.Duration(age) * 24 * time.Hour), Actor: "ada", Operation: "sign-in"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pruned := func(config string, want int, args ...string) string {
		t.Helper()
		if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		one, out := *a, &lines{}
		one.stdout, one.stderr = out, out
		if code := one.run(t.Context(), append([]string{"prune", "--json"}, args...)); code != want {
			t.Fatalf("exit %d, want %d: %s", code, want, out)
		}
		return out.String()
	}
	if said := pruned("retention: {audit: 30}\n", exitUsage); !strings.Contains(said, "it is kept for 90 at least") {
		t.Errorf("30 days: %s", said)
	}
	if said := pruned("retention: {replies: 30}\n", exitDone); strings.Contains(said, "audit") {
		t.Errorf("nobody said that the audit goes: %s", said)
	}
	if said := pruned("retention: {audit: 400}\n", exitDone, "--dry-run"); !strings.Contains(said, `"what":"audit","name":"","items":2`) || !strings.Contains(said, `"gone":false`) {
		t.Errorf("dry run: %s", said)
	}
	if said := pruned("retention: {audit: 400}\n", exitDone); !strings.Contains(said, `"gone":true`) {
		t.Errorf("%s", said)
	}
	if said := pruned("retention: {audit: 400}\n", exitDone); strings.Contains(said, "audit") {
		t.Errorf("a second time: %s", said)
	}
	entries, total, err := store.Audit(t.Context(), account.AuditQuery{})
	if err != nil || total != 2 || entries[0].Operation != "audit-prune" || entries[0].Actor != "tester" || entries[0].Via != "console" ||
		!strings.HasPrefix(entries[0].Detail, "2 lines up to number 2, of ") || entries[1].ID != 3 {
		t.Errorf("the audit: %+v, %v", entries, err)
	}
	_ = store.Close() // of a test

	// The rule holds without the configuration as well.
	book, done, err := a.book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := book.PruneAudit(context.Background(), account.Console("x"), 24*time.Hour); err == nil {
		t.Error("a day of the audit is enough")
	}
	if gone, err := book.AuditRemoved(t.Context()); err != nil || len(gone) != 1 || gone[0].Entries != 2 {
		t.Errorf("what was removed: %+v, %v", gone, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "accounts.db")); err != nil {
		t.Error(err)
	}
}
