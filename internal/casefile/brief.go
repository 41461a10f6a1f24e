package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// A Brief is a document whose findings are without their evidence: what a list of
// them shows. A case of 100,000 findings is 145 MB as a document, and 20 MB as a
// brief.
type Brief struct {
	Document
	Findings []BriefFinding `json:"findings"`
	Total    int            `json:"total" doc:"findings of the case, those left out among them"`
	Actions  []Action       `json:"actions" doc:"each that findings have, once"`
}

// A BriefFinding is a [Finding] without factors and paths. What is empty is left
// out.
type BriefFinding struct {
	Kind       string   `json:"kind"`
	Value      string   `json:"value"`
	P          float64  `json:"p"`
	Confidence int      `json:"confidence"`
	Band       string   `json:"band"`
	Bits       float64  `json:"bits"`
	Hops       int      `json:"hops"`
	FirstSeen  Time     `json:"first_seen"`
	LastSeen   Time     `json:"last_seen"`
	Suppressed string   `json:"suppressed,omitempty"`
	Verdict    string   `json:"verdict,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	VerdictSeq uint64   `json:"verdict_seq,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	// Validation is nil where nobody looked for it.
	Validation *BriefValidation `json:"validation,omitempty" doc:"left out where nobody looked for it"`
	Action     int              `json:"action" doc:"its place in actions, from 0"`
}

// A BriefValidation is a [Validation] as a list shows it.
type BriefValidation struct {
	State     string `json:"state"`
	Sightings int    `json:"sightings"`
}

func (f *Finding) brief(action int) BriefFinding {
	brief := BriefFinding{
		Kind: f.Kind, Value: f.Value, P: f.P, Confidence: f.Confidence, Band: f.Band, Bits: f.Bits, Hops: f.Hops,
		FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Suppressed: f.Suppressed,
		Verdict: f.Verdict, Reason: f.Reason, VerdictSeq: f.VerdictSeq, Tags: f.Tags, Action: action,
	}
	if f.Validation.State != NotChecked && f.Validation.State != "" {
		brief.Validation = &BriefValidation{f.Validation.State, f.Validation.Sightings}
	}
	return brief
}

// WriteBrief writes the document as a [Brief] of that many findings at most, the
// surest, which come first.
func (d Document) WriteBrief(w io.Writer, most int) error {
	total := len(d.Findings)
	d.Findings = d.Findings[:min(most, total)]
	actions, places := []Action{}, map[Action]int{}
	form := func(f *Finding) any {
		place, known := places[f.Action]
		if !known {
			place = len(actions)
			places[f.Action], actions = place, append(actions, f.Action)
		}
		return f.brief(place)
	}
	return d.write(w, form, func() any { return briefEnd{total, actions} })
}

// briefEnd is what a brief has besides the fields of the document.
type briefEnd struct {
	Total   int      `json:"total"`
	Actions []Action `json:"actions"`
}

// Write writes the document on one line, the bytes that encoding it gives,
// without holding them: a large one is sent while it is written.
func (d Document) Write(w io.Writer) error {
	d.Findings = filledFindings(d.Findings)
	return d.write(w, func(f *Finding) any { return f }, nil)
}

// write writes the document with its findings in a form; end, where it is given,
// has further fields, and is asked for them last.
func (d Document) write(w io.Writer, form func(*Finding) any, end func() any) error {
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
	out = append(append(out, ']'), after...)
	if end != nil {
		fields, err := unescaped(end())
		if err != nil {
			return err
		}
		out = append(append(out[:len(out)-1], ','), bytes.TrimSuffix(fields, []byte("\n"))[1:]...)
	}
	_, err = w.Write(out)
	return err
}

// sendAt is how much is gathered before it is written, in bytes.
const sendAt = 64 << 10
