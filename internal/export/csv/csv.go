// Package csv writes entries as comma-separated values (RFC 4180) for spreadsheets
// and scripts.
package csv

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"clew/internal/export"
)

// columns are part of the format: only ever appended to.
var columns = []string{
	"kind", "value", "confidence", "band", "first_seen", "last_seen", "action", "state", "expires", "validation", "sightings", "reason", "cases", "tlp",
}

// Format is the table.
func Format() export.Format {
	return export.Format{
		Name: "csv", Title: "CSV", Use: export.Share, File: "clew.csv", Kinds: export.EveryKind(),
		Doc:   "one row an indicator with everything the case says of it; a cell that a spreadsheet would run as a formula begins with '",
		Proof: "read back by encoding/csv",
		Write: write,
	}
}

func write(w io.Writer, s export.Set) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, e := range s.Entries {
		row := []string{
			e.Value.Kind().String(), e.Value.Text(), strconv.Itoa(e.Confidence), e.Band, export.Instant(e.First), export.Instant(e.Last),
			e.Action, e.State, export.Instant(e.Expires), e.Validation.State, strconv.Itoa(e.Validation.Sightings), e.Reason,
			strings.Join(e.Cases, " "), string(e.TLP),
		}
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from computing what it is given (OWASP, "CSV
// Injection"), and characters that turn text around from doing so. Canonical
// telephone numbers begin with + and get the quote too.
func cell(text string) string {
	text = export.Visible(text)
	if text != "" && strings.ContainsRune("=+-@\t\r|%", rune(text[0])) {
		return "'" + text
	}
	return text
}
