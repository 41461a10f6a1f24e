package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// A Brief is a document whose findings are without their evidence: what a list of
// them shows. A case of 100,000 findings is 145 MB as a document, and a third as
// a brief.
type Brief struct {
	Document
	Findings []BriefFinding `json:"findings"`
}

// A BriefFinding is a [Finding] without factors and paths, which are counted.
// What is empty is left out.
type BriefFinding struct {
	Kind       string          `json:"kind"`
	Value      string          `json:"value"`
	P          float64         `json:"p"`
	Confidence int             `json:"confidence"`
	Band       string          `json:"band"`
	Bits       float64         `json:"bits"`
	Hops       int             `json:"hops"`
	FirstSeen  Time            `json:"first_seen"`
	LastSeen   Time            `json:"last_seen"`
	Factors    int             `json:"factors" doc:"how many"`
	Paths      int             `json:"paths" doc:"how many"`
	Suppressed string          `json:"suppressed,omitempty"`
	Verdict    string          `json:"verdict,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	VerdictSeq uint64          `json:"verdict_seq,omitempty"`
	Tags       []string        `json:"tags,omitempty"`
	Validation BriefValidation `json:"validation"`
	Action     Action          `json:"action"`
}

// A BriefValidation is a [Validation] as a list shows it.
type BriefValidation struct {
	State     string `json:"state"`
	Sightings int    `json:"sightings"`
}

func (f *Finding) brief() BriefFinding {
	return BriefFinding{
		Kind: f.Kind, Value: f.Value, P: f.P, Confidence: f.Confidence, Band: f.Band, Bits: f.Bits, Hops: f.Hops,
		FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Factors: len(f.Factors), Paths: len(f.Paths), Suppressed: f.Suppressed,
		Verdict: f.Verdict, Reason: f.Reason, VerdictSeq: f.VerdictSeq, Tags: f.Tags,
		Validation: BriefValidation{f.Validation.State, f.Validation.Sightings}, Action: f.Action,
	}
}

// WriteBrief writes the document as a [Brief].
func (d Document) WriteBrief(w io.Writer) error {
	return d.write(w, func(f *Finding) any { return f.brief() })
}

// Write writes the document on one line, the bytes that encoding it gives,
// without holding them: a large one is sent while it is written.
func (d Document) Write(w io.Writer) error {
	d.Findings = filledFindings(d.Findings)
	return d.write(w, func(f *Finding) any { return f })
}

func (d Document) write(w io.Writer, form func(*Finding) any) error {
	list := d.Findings
	d.Findings = nil
	frame, err := unescaped(d)
	if err != nil {
		return err
	}
	// No string of the document can hold this: its quotes would be escaped.
	before, after, found := bytes.Cut(bytes.TrimSuffix(frame, []byte("\n")), []byte(`"findings":[]`))
	if !found {
		return errors.New("document without findings: this is a bug in clew")
	}
	out := make([]byte, 0, 2*sendAt)
	out = append(append(out, before...), `"findings":[`...)
	var one bytes.Buffer
	encode := json.NewEncoder(&one)
	encode.SetEscapeHTML(false)
	for i := range list {
		one.Reset()
		if err := encode.Encode(form(&list[i])); err != nil {
			return err
		}
		if i > 0 {
			out = append(out, ',')
		}
		if out = append(out, bytes.TrimSuffix(one.Bytes(), []byte("\n"))...); len(out) >= sendAt {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	_, err = w.Write(append(append(out, ']'), after...))
	return err
}

// sendAt is how much is gathered before it is written, in bytes.
const sendAt = 64 << 10
