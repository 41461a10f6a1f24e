package all

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestEveryFormatIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		switch {
		case seen[f.Name]:
			t.Errorf("two formats named %s", f.Name)
		case f.Title == "" || f.Doc == "" || f.Proof == "" || f.File == "" || f.Use == "" || len(f.Kinds) == 0:
			t.Errorf("%s leaves something unsaid: %+v", f.Name, f)
		case (f.Write == nil) == (f.Files == nil):
			t.Errorf("%s is neither a file nor a folder, or both", f.Name)
		}
		seen[f.Name] = true
	}
}

// Every leaf of the folder is in the table.
func TestEveryFormatIsInTheTable(t *testing.T) {
	source, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "all" || e.Name() == "exporttest" || e.Name() == "testdata" || e.Name() == "push" {
			continue
		}
		if !strings.Contains(string(source), `"clew/internal/export/`+e.Name()+`"`) {
			t.Errorf("internal/export/%s is in no table", filepath.Base(e.Name()))
		}
	}
}

// What expired, was revoked, was not approved or is a provider's is in no list
// that tools act on; what is in it names its case, or is in one that does.
func TestBlockListsHoldOnlyWhatWasApproved(t *testing.T) {
	for _, f := range Formats() {
		if f.Use != export.Block {
			continue
		}
		text := ""
		for _, content := range exporttest.Write(t, f, exporttest.Set(t, f, exporttest.Rules())) {
			text += string(content)
		}
		for _, never := range []string{"old-find", "revoked-find", "new-find", "mail-check", "provider", "shop", "lead.example", "cdn-update.example/"} {
			if strings.Contains(text, never) {
				t.Errorf("%s holds %s", f.Name, never)
			}
		}
		if !strings.HasPrefix(f.Name, "edl-") && !strings.Contains(text, exporttest.Worked().Case.ID) {
			t.Errorf("%s does not name the case", f.Name)
		}
	}
}

func TestEmptyCasesExport(t *testing.T) {
	for _, f := range Formats() {
		exporttest.Write(t, f, exporttest.Set(t, f, exporttest.Rules(), casefile.Document{Case: exporttest.Worked().Case}))
	}
}
