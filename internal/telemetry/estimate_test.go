package telemetry

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry/logfile"
)

func TestMeasure(t *testing.T) {
	lines := []string{
		`{"ts":1767225600,"id.orig_h":"192.0.2.9","id.resp_h":"192.0.2.1","id.resp_p":443,"uid":"C1","ja3":"ABABABABABABABABABABABABABABABAB","server_name":"www.kilo-panel.example.com"}`,
		`{"ts":1767312000,"id.orig_h":"192.0.2.9","id.resp_h":"203.0.113.7","id.resp_p":443,"uid":"C2","ja3":"abababababababababababababababab","server_name":"a.mike-panel.com"}`,
		`{"ts":1767398400,"id.orig_h":"192.0.2.9","id.resp_h":"192.0.2.2","id.resp_p":443,"uid":"C3","ja3":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","server_name":"b.lima-panel.com"}`,
		`{"ts":1767398400,"id.orig_h":"192.0.2.9","id.resp_h":"192.0.2.2","id.resp_p":443,"uid":"C4","ja3":"-","server_name":"c.lima-panel.com"}`,
	}
	in := logfile.Records("ssl.log", lines, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
	probes := []Probe{{Text: "abababababababababababababababab"}, {Names: regexp.MustCompile(`^[a-z]{4}-panel\.com$`)}}
	findings := []observable.Value{observable.Must(observable.IP, "203.0.113.7"), observable.Must(observable.Domain, "mike-panel.com")}
	got, err := Measure(t.Context(), []logfile.Input{in}, probes, findings)
	if err != nil {
		t.Fatal(err)
	}
	// The second line holds a finding and is no false match; mike-panel.com is one.
	if !slices.Equal(got.Hits, []int64{1, 1}) || got.Lines != 4 || got.Names != 3 || got.Logs != 1 || len(got.Missing) != 0 {
		t.Errorf("measured %+v", got)
	}
	if first, last := got.First.Format(time.DateOnly), got.Last.Format(time.DateOnly); first != "2026-01-01" || last != "2026-01-03" {
		t.Errorf("from %s to %s", first, last)
	}
	if got.Full {
		t.Error("a few words are more than are looked at")
	}
	if got, err = measure(t.Context(), []logfile.Input{in}, probes, nil, 2); err != nil || !got.Full || got.Names > 2 {
		t.Errorf("with room for two words: %+v, %v", got, err)
	}
	in = logfile.Records("ssl.log", lines, time.Time{})
	if got, err = Measure(t.Context(), []logfile.Input{in}, probes, nil); err != nil || !slices.Equal(got.Hits, []int64{2, 2}) {
		t.Errorf("without findings: %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, []logfile.Input{in}, probes, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
