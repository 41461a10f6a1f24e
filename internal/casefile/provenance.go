package casefile

import (
	"context"
	"fmt"
	"slices"
)

// A Provenance says where a raw answer of a case comes from.
type Provenance struct {
	SHA256  string       `json:"sha256"`
	Size    int          `json:"size"` // in bytes
	Answers []AnswerMeta `json:"answers"`
}

// An AnswerMeta is one question that a raw answer belongs to.
type AnswerMeta struct {
	Seq     uint64            `json:"seq"` // of the event that records it
	Source  string            `json:"source"`
	Kind    string            `json:"kind"` // of the value asked about
	Value   string            `json:"value"`
	State   string            `json:"state"` // a source.State
	Method  string            `json:"method"`
	URL     string            `json:"url"` // without credentials
	Request string            `json:"request"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	// Recorded is when the reply was received, UTC; "" when a recording does not say.
	Recorded string `json:"recorded"`
	Asked    Time   `json:"asked"` // when the event was written
}

// ProvenanceOf lists the questions of a case that the raw answer with that
// digest belongs to: ErrNoBlob when the case rests on no such answer.
func ProvenanceOf(ctx context.Context, r Reader, id, digest string) (Provenance, error) {
	events, err := r.Events(ctx, id, Query{Types: []Type{TypeAsked}})
	if err != nil {
		return Provenance{}, err
	}
	p := Provenance{SHA256: digest}
	for _, e := range events {
		asked, err := decoded[Asked](e)
		if err != nil {
			return p, err
		}
		i := slices.IndexFunc(asked.Evidence, func(ev Evidence) bool { return ev.SHA256 == digest })
		if i < 0 {
			continue
		}
		ev := asked.Evidence[i]
		p.Answers = append(p.Answers, AnswerMeta{
			Seq: e.Seq, Source: asked.Source, Kind: asked.About.Kind, Value: asked.About.Value, State: asked.State,
			Method: ev.Method, URL: ev.URL, Request: ev.Request, Status: ev.Status, Headers: ev.Headers,
			Recorded: ev.Recorded, Asked: timeOf(e.At()),
		})
	}
	if len(p.Answers) == 0 {
		return p, fmt.Errorf("%w: case %s rests on no answer with the digest %s", ErrNoBlob, id, digest)
	}
	content, err := r.GetBlob(ctx, digest)
	p.Size = len(content)
	return p, err
}
