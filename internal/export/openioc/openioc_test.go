package openioc

import (
	"encoding/xml"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), holds) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), holds) }

// holds reads the document back: an item an entry, exact.
func holds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	var doc ioc
	if err := xml.Unmarshal(files[Format().File], &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Definition.Items) != len(s.Entries) {
		t.Fatalf("%d items for %d entries", len(doc.Definition.Items), len(s.Entries))
	}
	for i, item := range doc.Definition.Items {
		if item.Content.Text != s.Entries[i].Value.Text() || item.Context.Search == "" {
			t.Errorf("%+v for %q", item, s.Entries[i].Value.Text())
		}
	}
}
