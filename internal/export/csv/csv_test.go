package csv

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), rowsHold) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), rowsHold) }

// rowsHold reads the table back: a row an entry, no cell that a spreadsheet computes.
func rowsHold(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(files[Format().File])).ReadAll()
	if err != nil || len(rows) != len(s.Entries)+1 {
		t.Fatalf("%d rows for %d entries: %v", len(rows)-1, len(s.Entries), err)
	}
	for i, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r|%", rune(cell[0])) {
				t.Errorf("a spreadsheet would compute %q", cell)
			}
		}
		if value := strings.TrimPrefix(row[1], "'"); value != export.Visible(s.Entries[i].Value.Text()) && row[1] != export.Visible(s.Entries[i].Value.Text()) {
			t.Errorf("value %q, want %q", row[1], s.Entries[i].Value.Text())
		}
	}
}
