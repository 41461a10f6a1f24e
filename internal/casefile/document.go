package casefile

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// A Document is the one JSON document of a case: what `clew investigate --json`
// and `clew case show --json` print and every report is made from. Its field
// names are part of the command line's contract; fields are only ever added.
// Arrays are never null, times are RFC 3339 UTC or null.
type Document struct {
	Case        Case         `json:"case"`
	Model       string       `json:"model"` // version of the scoring model
	Seeds       []Seed       `json:"seeds"`
	Findings    []Finding    `json:"findings"`
	Pivots      []Pivot      `json:"pivots"`
	Expansions  []Expansion  `json:"expansions"` // followed by hand
	Asked       []Answers    `json:"asked"`
	Gaps        []Gap        `json:"gaps"`
	Escalations []Escalation `json:"escalations"`
	Context     []Context    `json:"context"`
	ContextLeft int          `json:"context_left"` // opinions beyond those listed
	Attack      Attack       `json:"attack"`
	Disclosures int          `json:"disclosures"` // how often a value was shown to a third party
	Notes       []Note       `json:"notes"`
}

// A Case is the frame of an investigation.
type Case struct {
	ID      string   `json:"id"`
	State   string   `json:"state"` // a State
	Opened  Time     `json:"opened"`
	Changed Time     `json:"changed"` // time of the last event that is no export and no disclosure
	Tags    []string `json:"tags"`
	Scope   string   `json:"scope"` // live or hunt
	TLP     string   `json:"tlp"`
	PAP     string   `json:"pap"`
	Window  Window   `json:"window"` // of the incident
	Limits  Limits   `json:"limits"`
	Tool    string   `json:"tool"`   // version that last worked on the case
	Events  uint64   `json:"events"` // length of the record
	Head    string   `json:"head"`   // hash of the last event: pins the record as it was
}

// A Seed is an indicator the case started from.
type Seed struct {
	Kind       string   `json:"kind"`
	Value      string   `json:"value"`
	Source     string   `json:"source"`     // where the analyst has it from
	Confidence int      `json:"confidence"` // the analyst's, 0 to 100
	Tags       []string `json:"tags,omitempty"`
	// Validation is nil until logs were searched for the seed.
	Validation *Validation `json:"validation,omitempty"`
	// Action is nil until something was decided about the seed.
	Action *Action `json:"action,omitempty"`
}

// A Finding is one indicator that may belong with the seeds, and why.
type Finding struct {
	Kind       string     `json:"kind"`
	Value      string     `json:"value"`
	P          float64    `json:"p"`          // calibrated probability, to six decimals
	Confidence int        `json:"confidence"` // P in percent, as STIX counts it
	Band       string     `json:"band"`       // high, medium, low or coincidence
	Bits       float64    `json:"bits"`       // sum of the factors, to six decimals
	Hops       int        `json:"hops"`
	FirstSeen  Time       `json:"first_seen"`
	LastSeen   Time       `json:"last_seen"`
	Factors    []Factor   `json:"factors"`
	Paths      [][]string `json:"paths"` // seed, "relation:value", finding
	Suppressed string     `json:"suppressed"`
	Verdict    string     `json:"verdict"` // accepted, rejected or "": the analyst's
	Reason     string     `json:"reason"`  // the analyst's reason for the verdict
	// VerdictSeq is the event of the verdict, which undoing it names.
	VerdictSeq uint64     `json:"verdict_seq,omitempty"`
	Tags       []string   `json:"tags,omitempty"`
	Model      string     `json:"model"`
	Validation Validation `json:"validation"`
	Action     Action     `json:"action"`
}

// A Factor is one line of a waterfall.
type Factor struct {
	Family   string   `json:"family"`
	Relation string   `json:"relation"` // or the name of the step: prior, correlated
	Kind     string   `json:"kind"`
	Value    string   `json:"value"`
	Holders  uint64   `json:"holders"`
	Groups   int      `json:"groups"` // effective holders, 0 when not grouped
	Of       uint64   `json:"of"`     // population the holders were counted in
	CountOf  string   `json:"count_of"`
	Bits     float64  `json:"bits"`
	Raw      float64  `json:"raw"` // bits before the family's cap
	Window   Window   `json:"window"`
	Source   string   `json:"source"` // Sources in one line, for people
	Sources  []string `json:"sources"`
	Evidence []string `json:"evidence"` // digests of raw answers
	Note     string   `json:"note"`
	Default  bool     `json:"default"` // weight is judgement, not measured
	// Guest says that the seed came long after the finding and left before it:
	// the line counts in the sum and is no reason for the high band.
	Guest bool `json:"guest,omitempty"`
}

// Validation says whether the finding was seen in the team's own logs.
type Validation struct {
	State     string `json:"state"` // Hit, HitOutside, NoHit or NotChecked
	Sightings int    `json:"sightings"`
	// What follows is there only once logs were searched: a finding that nobody
	// looked for keeps the bytes, and so the digest, it always had.
	First Time `json:"first,omitzero"` // when it was seen
	Last  Time `json:"last,omitzero"`
	// Contact is the most telling of all searches: outbound before inbound.
	Contact string   `json:"contact,omitempty"`
	Assets  []string `json:"assets,omitempty"` // machines of ours
	Note    string   `json:"note,omitempty"`   // of the last search
}

// The states of validation. Inside the window in which the link held is a hit;
// before or after it, another tenant may have been seen.
const (
	Hit        = "hit"
	HitOutside = "hit-outside-window"
	NoHit      = "no-hit"
	NotChecked = "not-checked"
)

// A Pivot is one pivot point and what was decided about it.
type Pivot struct {
	From     string  `json:"from"`
	FromKind string  `json:"from_kind"`
	Method   string  `json:"method"`
	Kind     string  `json:"kind"`
	Value    string  `json:"value"`
	Holders  *uint64 `json:"holders"` // null when nobody could say
	Expected float64 `json:"expected"`
	State    string  `json:"state"` // run, rejected or not-asked
	Reason   string  `json:"reason"`
	New      int     `json:"new"`
	At       Time    `json:"at"`
	// Rejection is the event by which the analyst rejected it, which undoing it names.
	Rejection uint64 `json:"rejection,omitempty"`
}

// Answers counts how the questions to one source ended, by state.
type Answers struct {
	Source       string `json:"source"`
	State        string `json:"state"` // a source.State
	Questions    int    `json:"questions"`
	Observations int    `json:"observations"`
}

// A Gap is a question without an answer, and why.
type Gap struct {
	Source   string `json:"source"`
	Endpoint string `json:"endpoint"` // of the source, "" for all of it
	Kind     string `json:"kind"`
	Value    string `json:"value"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Until    Time   `json:"until"` // when it may be asked again: a quota resets, a pause ends; null when not known
}

// A Note is what somebody wrote into the record.
type Note struct {
	Seq   uint64 `json:"seq"` // of its event, which undoing it names
	At    Time   `json:"at"`
	Actor string `json:"actor"`
	Kind  string `json:"kind"` // of the value it is about; "" for the whole case
	Value string `json:"value"`
	Text  string `json:"text"` // as written; Markdown, if the writer meant it so
}

// MarshalJSON writes empty arrays where a slice is nil.
func (d Document) MarshalJSON() ([]byte, error) {
	type plain Document // without this method
	d.Seeds = orEmpty(d.Seeds)
	d.Findings = filledFindings(d.Findings)
	d.Pivots = orEmpty(d.Pivots)
	d.Expansions = orEmpty(d.Expansions)
	d.Case.Tags = orEmpty(d.Case.Tags)
	d.Asked = orEmpty(d.Asked)
	d.Gaps = orEmpty(d.Gaps)
	d.Escalations = FilledEscalations(d.Escalations)
	described := Described{Context: d.Context, Attack: d.Attack}.filled()
	d.Context, d.Attack = described.Context, described.Attack
	d.Notes = orEmpty(d.Notes)
	return unescaped(plain(d))
}

// filledFindings returns findings with empty arrays where a slice is nil. Those of
// a run have none, and are not copied. It is no method of Finding that the encoder
// would call: then each of a hundred thousand would be written three times.
func filledFindings(list []Finding) []Finding {
	if !slices.ContainsFunc(list, Finding.hollow) {
		return orEmpty(list)
	}
	filled := slices.Clone(list)
	for i, f := range filled {
		f.Factors, f.Paths = slices.Clone(orEmpty(f.Factors)), orEmpty(f.Paths)
		for k, factor := range f.Factors {
			f.Factors[k].Sources, f.Factors[k].Evidence = orEmpty(factor.Sources), orEmpty(factor.Evidence)
		}
		filled[i] = f
	}
	return filled
}

// hollow reports whether a slice of f is nil.
func (f Finding) hollow() bool {
	return f.Factors == nil || f.Paths == nil ||
		slices.ContainsFunc(f.Factors, func(x Factor) bool { return x.Sources == nil || x.Evidence == nil })
}

// Encode writes the document as JSON, indented for people, one newline at the end.
func (d Document) Encode(w io.Writer) error {
	encode := json.NewEncoder(w)
	encode.SetEscapeHTML(false)
	encode.SetIndent("", "  ")
	return encode.Encode(d)
}

// unescaped marshals without turning <, > and & into escapes: URLs stay
// readable where the outer encoder allows it.
func unescaped(v any) ([]byte, error) {
	var buf bytes.Buffer
	encode := json.NewEncoder(&buf)
	encode.SetEscapeHTML(false)
	err := encode.Encode(v)
	return buf.Bytes(), err
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
