package casefile

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// The answers of a corpus as JSON. They are written by hand and not by
// encoding/json: an investigation reads hundreds of thousands of links, and
// recording them must not be what it spends its time on.

func appendLinks(out []byte, links []corpus.Link, more bool) []byte {
	out = append(out, `{"links":[`...)
	for i, l := range links {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendLink(out, l)
	}
	return append(strconv.AppendBool(append(out, `],"more":`...), more), '}')
}

func appendLink(out []byte, l corpus.Link) []byte {
	out = appendText(append(out, `{"subject":`...), typed(l.Subject))
	out = appendText(append(out, `,"relation":`...), l.Relation.String())
	out = appendText(append(out, `,"object":`...), typed(l.Object))
	out = appendTime(append(out, `,"first":`...), l.First)
	out = appendTime(append(out, `,"last":`...), l.Last)
	out = strconv.AppendUint(append(out, `,"count":`...), l.Count, 10)
	out = appendTexts(append(out, `,"sources":`...), l.Sources)
	out = appendTexts(append(out, `,"evidence":`...), l.Evidence)
	return append(out, '}')
}

func appendCount(out []byte, c corpus.Count) []byte {
	out = strconv.AppendUint(append(out, `{"n":`...), c.N, 10)
	out = strconv.AppendBool(append(out, `,"estimate":`...), c.Estimate)
	out = appendText(append(out, `,"source":`...), c.Source)
	return append(appendTime(append(out, `,"as_of":`...), c.AsOf), '}')
}

func appendTotals(out []byte, totals []corpus.Total) []byte {
	out = append(out, '[')
	for i, t := range totals {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(append(out, `{"relation":`...), t.Relation.String())
		out = appendText(append(out, `,"object":`...), typed(t.Object))
		out = strconv.AppendUint(append(out, `,"n":`...), t.N, 10)
		out = appendText(append(out, `,"source":`...), t.Source)
		out = append(appendTime(append(out, `,"as_of":`...), t.AsOf), '}')
	}
	return append(out, ']')
}

func appendPopulation(out []byte, p corpus.Population) []byte {
	out = strconv.AppendUint(append(out, `{"subjects":`...), p.Subjects, 10)
	out = strconv.AppendUint(append(out, `,"links":`...), p.Links, 10)
	return append(strconv.AppendBool(append(out, `,"estimate":`...), p.Estimate), '}')
}

func appendValues(out []byte, values []observable.Value, more bool) []byte {
	out = append(out, `{"values":[`...)
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, typed(v))
	}
	return append(strconv.AppendBool(append(out, `],"more":`...), more), '}')
}

func appendTexts(out []byte, texts []string) []byte {
	if texts == nil {
		return append(out, "null"...)
	}
	out = append(out, '[')
	for i, text := range texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, text)
	}
	return append(out, ']')
}

// appendText writes a JSON string; plain ASCII, which nearly all of it is, goes
// the short way.
func appendText(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(text)
			if err != nil {
				panic("a string cannot fail to marshal: " + err.Error())
			}
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

// appendTime writes null for the zero time. A corpus keeps times to the second,
// a provider's total may be finer.
func appendTime(out []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(out, "null"...)
	}
	return append(t.UTC().AppendFormat(append(out, '"'), time.RFC3339Nano), '"')
}

// The same answers as encoding/json reads them back.
type (
	linkJSON struct {
		Subject  string     `json:"subject"`
		Relation string     `json:"relation"`
		Object   string     `json:"object"`
		First    *time.Time `json:"first"`
		Last     *time.Time `json:"last"`
		Count    uint64     `json:"count"`
		Sources  []string   `json:"sources"`
		Evidence []string   `json:"evidence"`
	}
	linksJSON struct {
		Links []linkJSON `json:"links"`
		More  bool       `json:"more"`
	}
	countJSON struct {
		N        uint64     `json:"n"`
		Estimate bool       `json:"estimate"`
		Source   string     `json:"source"`
		AsOf     *time.Time `json:"as_of"`
	}
	totalJSON struct {
		Relation string     `json:"relation"`
		Object   string     `json:"object"`
		N        uint64     `json:"n"`
		Source   string     `json:"source"`
		AsOf     *time.Time `json:"as_of"`
	}
	valuesJSON struct {
		Values []string `json:"values"`
		More   bool     `json:"more"`
	}
	populationJSON struct {
		Subjects uint64 `json:"subjects"`
		Links    uint64 `json:"links"`
		Estimate bool   `json:"estimate"`
	}
)

func (l linkJSON) link() (corpus.Link, error) {
	subject, err := untyped(l.Subject)
	if err != nil {
		return corpus.Link{}, err
	}
	object, err := untyped(l.Object)
	if err != nil {
		return corpus.Link{}, err
	}
	relation, err := relationNamed(l.Relation)
	return corpus.Link{
		Subject: subject, Relation: relation, Object: object,
		Window: observation.Window{First: timeAt(l.First), Last: timeAt(l.Last)},
		Count:  l.Count, Sources: l.Sources, Evidence: l.Evidence,
	}, err
}

func (t totalJSON) total() (corpus.Total, error) {
	object, err := untyped(t.Object)
	if err != nil {
		return corpus.Total{}, err
	}
	relation, err := relationNamed(t.Relation)
	return corpus.Total{Relation: relation, Object: object, N: t.N, Source: t.Source, AsOf: timeAt(t.AsOf)}, err
}

func relationNamed(name string) (observation.Relation, error) {
	r, ok := observation.RelationNamed(name)
	if !ok {
		return 0, fmt.Errorf("%q is no relation", name)
	}
	return r, nil
}

func timeAt(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
