package casefile_test

import (
	"bytes"
	"encoding/json"
	"testing"

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
// they have but for the evidence, which is counted.
func TestBriefSaysTheSame(t *testing.T) {
	for name, doc := range documents() {
		var out, whole bytes.Buffer
		if err := doc.WriteBrief(&out); err != nil {
			t.Fatal(err)
		}
		if err := doc.Write(&whole); err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(whole.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		for i, f := range want["findings"].([]any) {
			brief, full := got["findings"].([]any)[i].(map[string]any), f.(map[string]any)
			for _, field := range []string{"factors", "paths"} {
				if brief[field] != float64(len(full[field].([]any))) {
					t.Fatalf("%s: %d of %s: %v", name, i, field, brief[field])
				}
				delete(brief, field)
				delete(full, field)
			}
			delete(full, "model") // the document's own
			for field, value := range full {
				if value == "" && brief[field] == nil { // left out
					brief[field] = value
				}
			}
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n got %.500s\nwant %.500s", name, a, b)
		}
	}
}
