package server

import (
	"testing"

	"clew/internal/casefile"
)

// A case of many events and few findings takes memory too, and counts for it.
func TestWeightCountsEvents(t *testing.T) {
	findings := &casefile.Record{Findings: make([]casefile.Finding, 1000)}
	if got := weight(findings, wholeWeighs); got != wholeWeighs*1000+1 {
		t.Errorf("a thousand findings weigh %d", got)
	}
	events := &casefile.Record{}
	for range 1000 {
		events.Events = append(events.Events, casefile.Event{Data: make([]byte, 4<<10)})
	}
	if got := weight(events, 1); got < 8000 || got > 8010 {
		t.Errorf("a thousand events of 4 KiB weigh %d, want 8000 KiB", got)
	}
}
