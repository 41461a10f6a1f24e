package casefile_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
)

// documents are an empty one, and one with more findings than are gathered before
// they are written, in a case whose seed means to look like the list of them.
func documents() map[string]casefile.Document {
	large := casefile.Document{
		Seeds:    []casefile.Seed{{Kind: "domain", Value: `x","findings":[],"y":"<&>`}},
		Findings: []casefile.Finding{{Kind: "domain", Value: "hollow.example"}},
		Notes:    []casefile.Note{{Text: `"findings":[]`}},
	}
	for range 300 {
		large.Findings = append(large.Findings, casefile.FindingOf(finding()))
	}
	return map[string]casefile.Document{"empty": {}, "large": large}
}

// TestDocumentIsWrittenAsItIsEncoded: piece by piece, the same bytes.
func TestDocumentIsWrittenAsItIsEncoded(t *testing.T) {
	for name, doc := range documents() {
		var want, got bytes.Buffer
		encode := json.NewEncoder(&want)
		encode.SetEscapeHTML(false)
		if err := encode.Encode(doc); err != nil {
			t.Fatal(err)
		}
		if err := doc.Write(&got); err != nil || got.String()+"\n" != want.String() {
			t.Errorf("%s: %v\n got %.300s\nwant %.300s", name, err, &got, &want)
		}
	}
}

// TestBriefSaysTheSame: all fields of the document, and of its findings all that
// they have but for the evidence.
func TestBriefSaysTheSame(t *testing.T) {
	for name, doc := range documents() {
		if len(doc.Findings) > 2 {
			doc.Findings[1].Validation = casefile.Validation{State: casefile.Hit, Sightings: 3}
			doc.Findings[2].Verdict, doc.Findings[2].Tags, doc.Findings[2].VerdictSeq = "accepted", []string{"a"}, 7
		}
		var out bytes.Buffer
		if err := doc.WriteBrief(&out, 200); err != nil {
			t.Fatal(err)
		}
		var got casefile.Brief
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Total != len(doc.Findings) || len(got.Findings) != min(200, got.Total) || got.Actions == nil || len(got.Actions) > 2 {
			t.Fatalf("%s: %d of %d findings, %d actions", name, len(got.Findings), got.Total, len(got.Actions))
		}
		for i, brief := range got.Findings {
			f := doc.Findings[i]
			back := casefile.Finding{
				Kind: brief.Kind, Value: brief.Value, P: brief.P, Confidence: brief.Confidence, Band: brief.Band, Bits: brief.Bits,
				Hops: brief.Hops, FirstSeen: brief.FirstSeen, LastSeen: brief.LastSeen, Suppressed: brief.Suppressed, Verdict: brief.Verdict,
				Reason: brief.Reason, VerdictSeq: brief.VerdictSeq, Tags: brief.Tags, Action: got.Actions[brief.Action],
				Model: f.Model, Factors: f.Factors, Paths: f.Paths, Validation: casefile.Validation{State: f.Validation.State},
			}
			if brief.Validation != nil {
				back.Validation = casefile.Validation{State: brief.Validation.State, Sightings: brief.Validation.Sightings}
			}
			if diff := cmp.Diff(f, back); diff != "" {
				t.Fatalf("%s, finding %d: %s", name, i, diff)
			}
		}
		got.Document.Findings, doc.Findings = nil, nil
		a, _ := json.Marshal(got.Document)
		b, _ := json.Marshal(doc)
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n got %.500s\nwant %.500s", name, a, b)
		}
	}
}
