package server

import (
	"maps"
	"slices"
	"testing"
	"time"

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

// A case that nobody asks for is let go of when the next one is read, whatever goes
// through all of them; and beyond the bound those unused for longest are.
func TestCasesAreLetGoOf(t *testing.T) {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	d := newDocuments(nil, nil, func() time.Time { return now }, 1)
	held := func() []string { return slices.Sorted(maps.Keys(d.held)) }
	read := func(h *heldCase, id string, size int) { d.weighIn(id, h, size) }

	read(d.hold("idle"), "idle", 1)
	read(d.glance("searched"), "searched", 1)
	now = now.Add(heldIdle / 2)
	read(d.hold("used"), "used", 1)
	now = now.Add(heldIdle/2 + time.Second)
	d.glance("idle")
	d.glance("searched")
	read(d.hold("next"), "next", 1)
	if got := held(); !slices.Equal(got, []string{"next", "used"}) {
		t.Errorf("after %s without a request these are held: %q", heldIdle, got)
	}

	now = now.Add(time.Second)
	read(d.hold("large"), "large", 1<<10-1)
	if got := held(); !slices.Equal(got, []string{"large", "next"}) {
		t.Errorf("beyond the bound these are held: %q, want the two used last", got)
	}
	now = now.Add(time.Second)
	read(d.hold("beyond"), "beyond", 1<<10+1)
	if got := held(); !slices.Equal(got, []string{"beyond"}) {
		t.Errorf("a case beyond the bound alone: %q are held", got)
	}
}

// Whoever asks for a case that is not there for them takes it from nobody.
func TestACaseThatIsRefusedStaysForOthers(t *testing.T) {
	d := newDocuments(nil, nil, time.Now, 1)
	d.weighIn("held", d.hold("held"), 1)
	d.hold("never read")
	d.drop("held")
	d.drop("never read")
	if names := slices.Sorted(maps.Keys(d.held)); !slices.Equal(names, []string{"held"}) {
		t.Errorf("these are held: %q", names)
	}
}
