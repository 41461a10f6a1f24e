package casefile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// recordedFinding has everything that a snapshot may hold, hostile text among it.
func recordedFinding(i int) Finding {
	at := Time{time.Date(2026, 2, 1, 3, 4, 5, 0, time.UTC).AddDate(0, 0, i%300)}
	name := fmt.Sprintf("login-%06d.portal.example", i)
	address := fmt.Sprintf("2001:db8::%x", i/8)
	return Finding{
		Kind: "domain", Value: name, P: 0.987654, Confidence: 99, Band: "high", Bits: -1e-6, Hops: 2, FirstSeen: at,
		Factors: []Factor{
			{Family: "prior", Relation: "prior", Bits: -8.4, Raw: -8.4, Sources: []string{}, Evidence: []string{}, Note: "58 siblings expected in the population it was drawn from"},
			{
				Family: "host", Relation: "resolves-to", Kind: "ip", Value: address, Holders: 8, Groups: 3, Of: 19_558, CountOf: "local store",
				Bits: 9.3, Raw: 12, Window: Window{at, at}, Source: "dnsdb, otx", Sources: []string{"dnsdb", "otx"},
				Evidence: []string{"sha256:" + DigestOf([]byte(name))}, Note: "<b>ünïcode</b> & \u202e\x00\"\\", Default: true, Guest: true,
			},
			{Family: "name", Relation: "token", Kind: "text", Value: "login", Holders: 40, Of: 19_558, CountOf: "vocabulary", Bits: 2.1, Raw: 3, Sources: []string{}, Evidence: []string{}},
		},
		Paths: [][]string{{"evil.example", "resolves-to:" + address, name}, {}},
		Tags:  []string{"a"}, Suppressed: "shared service", Verdict: "accepted", Reason: "ours", VerdictSeq: 7, Model: "test",
		Validation: Validation{State: Hit, Sightings: 3, First: at, Last: at, Contact: "outbound", Assets: []string{"pc-1"}, Note: "seen"},
		Action:     Action{State: ActionProposed, Kind: Block, Expires: at, Reason: "high", Rule: "r", Approver: "a", By: "b", At: at},
	}
}

// TestScanReadsWhatIsRecorded: the fast reader reads the form that is recorded
// itself, and as encoding/json does.
func TestScanReadsWhatIsRecorded(t *testing.T) {
	for name, f := range map[string]Finding{"full": recordedFinding(1), "bare": {Factors: []Factor{}, Paths: [][]string{}}, "hollow": {Factors: []Factor{{}}}} {
		line, err := Canonical(f)
		if err != nil {
			t.Fatal(err)
		}
		var got, want Finding
		if !new(scan).finding(line, &got) {
			t.Errorf("%s: left to encoding/json: %s", name, line)
		}
		if err := json.Unmarshal(line, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, want)
		}
		var outline Finding
		want.Factors, want.Paths = nil, nil
		if !(&scan{outline: true}).finding(line, &outline) || !reflect.DeepEqual(outline, want) {
			t.Errorf("%s as an outline:\n got %+v\nwant %+v", name, outline, want)
		}
	}
}

// FuzzScan: whatever the fast reader reads, encoding/json reads alike.
func FuzzScan(f *testing.F) {
	for _, given := range []Finding{recordedFinding(1), {Factors: []Factor{}}, {Action: Action{Blast: &Blast{}}}} {
		line, err := Canonical(given)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	for _, line := range []string{
		`{}`, `{"p":01}`, `{"p":-0.5e+3}`, `{"p":1.}`, `{"p":1e999}`, `{"hops":4294967296}`, `{"hops":-1}`, `{"kind":"\ud800"}`, `{"kind":"a\"}`,
		"{\"kind\":\"\xff\"}", `{"kind":"a","kind":"b"}`, `{"Kind":"a"}`, `{"first_seen":"2026-02-30T00:00:00Z"}`, `{"first_seen":"2026-01-01T24:00:00Z"}`,
		`{"first_seen":"2026-01-01T00:00:00+01:00"}`, `{"factors":[{"window":["2026-01-01T00:00:00Z",null]}]}`, `{"factors":[{}],"paths":[["a"],[]]}`,
		`{"factors":null}`, `{"tags":[,]}`, `{"tags":["a",]}`, `{"p":1}}`, `{"p":-}`, `{"p":0e}`, `{"p":0.1.2}`, ` {"p":1}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var got, want Finding
		if !new(scan).finding(line, &got) {
			return
		}
		if err := json.Unmarshal(line, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %+v\nwant %+v: %v", line, got, want, err)
		}
		var outline Finding
		want.Factors, want.Paths = nil, nil
		if !(&scan{outline: true}).finding(line, &outline) || !reflect.DeepEqual(outline, want) {
			t.Errorf("%q as an outline\n got %+v\nwant %+v", line, outline, want)
		}
	})
}

// BenchmarkReadFindings reads a snapshot of 20,000 findings, and the same with
// encoding/json.
func BenchmarkReadFindings(b *testing.B) {
	var snapshot []byte
	var lines [][]byte
	for i := range 20_000 {
		line, err := Canonical(recordedFinding(i))
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, line)
		snapshot = append(append(snapshot, line...), '\n')
	}
	b.Run("clew", func(b *testing.B) {
		b.SetBytes(int64(len(snapshot)))
		for b.Loop() {
			if _, err := ReadFindings(snapshot); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(snapshot)))
		for b.Loop() {
			findings := make([]Finding, len(lines))
			for i, line := range lines {
				if err := json.Unmarshal(line, &findings[i]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
