package telemetry

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
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

// Each log writes a certificate in a form of its own; a count of the text would
// miss them, and take a subject for an issuer.
func TestMeasureCertificates(t *testing.T) {
	const zeek = "#separator \\x09\n#path\tx509\n#fields\tts\tid\tcertificate.version\tcertificate.serial\tcertificate.subject\tcertificate.issuer\n" +
		"#types\ttime\tstring\tcount\tstring\tstring\tstring\n"
	logs := []logfile.Input{
		logfile.Stdin(strings.NewReader(zeek+ // subject from the most particular on; serial in capitals
			"1767225600.0\tF1\t3\t04ABCD\tCN=panel.example,O=Example\\\\, Ltd,C=XX\tCN=Root,O=Trust,C=XX\n1767225601.0\tF2\t3\t05\tCN=Root,O=Trust,C=XX\tCN=panel.example,O=Example\\\\, Ltd,C=XX\n"), time.Time{}),
		logfile.Records("x509.json", []string{
			`{"ts":1767225602.0,"id":"F3","certificate.version":3,"certificate.serial":"04ABCD","certificate.subject":"CN=other.example","certificate.issuer":"CN=Root,O=Trust,C=XX"}`,
		}, time.Time{}),
		logfile.Records("eve.json", []string{
			`{"timestamp":"2026-01-01T00:00:03.000000+0000","event_type":"tls","src_ip":"10.0.0.5","dest_ip":"192.0.2.1","tls":{"subject":"C=XX, O=Example, Ltd, CN=panel.example","issuerdn":"C=XX, O=Trust, CN=Root","serial":"04:AB:CD","fingerprint":"D8:F3:F4:AC:0D:4C:3F:0A:A1:A1:F0:A7:A9:A0:BD:0C:4D:2A:6B:10"}}`,
			`{"timestamp":"2026-01-01T00:00:04.000000+0000","event_type":"tls","src_ip":"10.0.0.5","dest_ip":"192.0.2.1","tls":{"subject":"CN=panel.example","issuerdn":"CN=Root","serial":"0A:BC:D4","fingerprint":"00:f3:f4:ac:0d:4c:3f:0a:a1:a1:f0:a7:a9:a0:bd:0c:4d:2a:6b:10"}}`,
		}, time.Time{}),
	}
	subject, issuer := observable.Must(observable.DN, "C=XX, O=Example, Ltd, CN=panel.example"), observable.Must(observable.DN, "C=XX, O=Trust, CN=Root")
	probes := []Probe{
		{Value: subject, Field: "subject"},
		{Value: issuer, Field: "issuer"},
		{Value: issuer, Field: "subject"},
		{Value: observable.Must(observable.Serial, "04ABCD")},
		{Value: observable.Must(observable.Cert, "d8f3f4ac0d4c3f0aa1a1f0a7a9a0bd0c4d2a6b10")},
	}
	got, err := Measure(t.Context(), logs, probes, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{2, 3, 1, 3, 1}; !slices.Equal(got.Hits, want) {
		t.Errorf("subject, issuer, issuer as subject, serial, fingerprint: %v, want %v", got.Hits, want)
	}
}
