package export_test

import (
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/csv"
	"clew/internal/export/exporttest"
	"clew/internal/marking"
)

// Each case's record says what was exported of it and what was not; a case that
// the marking keeps out altogether says that.
func TestTheRecordOfEachCaseSaysWhatStayedOut(t *testing.T) {
	shared, kept := exporttest.Worked(), exporttest.Worked()
	shared.Case.TLP, kept.Case.TLP = "GREEN", "RED"
	kept.Case.ID = "2026-11-24-other-4f2b"
	rules := exporttest.Rules()
	rules.Audience = marking.TLPGreen
	set, err := export.Choose([]casefile.Document{shared, kept}, csv.Format(), rules)
	if err != nil {
		t.Fatal(err)
	}
	of := set.Exported("csv", "", "")
	if len(of) != 2 {
		t.Fatalf("%d cases, want both", len(of))
	}
	mine := of[shared.Case.ID]
	if mine.Entries != len(set.Entries) || mine.Entries == 0 || mine.TLP != "GREEN" || len(mine.Left) == 0 || mine.More != 0 {
		t.Errorf("got %+v", mine)
	}
	for _, l := range mine.Left {
		if l.Value == "" || l.Reason == "" || strings.Contains(l.Reason, "coincidence") {
			t.Errorf("left out %+v", l)
		}
	}
	other := of[kept.Case.ID]
	if other.Entries != 0 || other.TLP != "" || len(other.Left) != 1 || !strings.Contains(other.Left[0].Reason, "the whole case is TLP:RED") {
		t.Errorf("the case that is kept out: %+v", other)
	}
}
