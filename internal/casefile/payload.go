package casefile

import (
	"clew/internal/observable"
)

// A Value is an observable in a payload.
type Value struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// ValueOf writes an observable into a payload.
func ValueOf(v observable.Value) Value { return Value{kindOf(v), v.Text()} }

// Observable reads it back; an empty Value is the zero observable.
func (v Value) Observable() (observable.Value, error) { return valueOf(v.Kind, v.Value) }

// Limits bound an investigation. Zero means the default of the tool version
// that ran it.
type Limits struct {
	Depth      int  `json:"depth"`       // hops
	Budget     int  `json:"budget"`      // requests to providers
	MaxHolders int  `json:"max_holders"` // above it a value is not pivoted on
	AsOf       Time `json:"as_of"`       // the investigation looks at the world up to here
}

// Opened is the first event of a case.
type Opened struct {
	Seeds  []Seed `json:"seeds"`
	Scope  string `json:"scope"` // live or hunt
	TLP    string `json:"tlp"`
	PAP    string `json:"pap"`
	Window Window `json:"window"` // of the incident
	Limits Limits `json:"limits"`
	Tool   string `json:"tool"`
}

// Reopened starts a further run, or says why a finished case, or one rejected
// pivot of it, is looked at again.
type Reopened struct {
	Reason string     `json:"reason"`
	Limits *Limits    `json:"limits,omitempty"` // nil: as before
	PAP    string     `json:"pap,omitempty"`    // "": as before
	Pivot  *PivotName `json:"pivot,omitempty"`
	Tool   string     `json:"tool"`
}

// A PivotName says which pivot point is meant.
type PivotName struct {
	From   Value  `json:"from"`
	Method string `json:"method"`
	On     Value  `json:"on"`
}

// Asked is one question to one source, and how it ended.
type Asked struct {
	Source       string     `json:"source"`
	About        Value      `json:"about"`
	State        string     `json:"state"` // a source.State
	Reason       string     `json:"reason"`
	Parts        []Part     `json:"parts"`
	Evidence     []Evidence `json:"evidence"`
	Observations int        `json:"observations"`
	Missing      int        `json:"missing"` // results the provider holds beyond these; -1: some
	Dropped      int        `json:"dropped"` // rows of the reply that were no fact of the vocabulary
	Requests     int        `json:"requests"`
}

// A Part is how one endpoint of the source ended.
type Part struct {
	Endpoint string `json:"endpoint"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Missing  int    `json:"missing"`
	// Until is when the source may be asked again, null when that is not known.
	Until Time `json:"until"`
}

// Evidence is one raw reply: the blob that holds it and the request that drew it.
type Evidence struct {
	SHA256   string            `json:"sha256"`
	Method   string            `json:"method"`
	URL      string            `json:"url"` // without credentials
	Request  string            `json:"request"`
	Status   int               `json:"status"`
	Headers  map[string]string `json:"headers"`
	Recorded string            `json:"recorded"` // when the reply was received, UTC
}

// Disclosed says that a value left for a third party, or for a server that the
// team says is its own. It is written before
// the request leaves, so that a crash cannot hide a disclosure.
type Disclosed struct {
	Source string `json:"source"` // who learned it
	About  Value  `json:"about"`
	TLP    string `json:"tlp"`
	PAP    string `json:"pap"`
	Own    bool   `json:"own,omitempty"` // a server of the team's own: no third party
	// Note is the event of the remark that went with it, about About or, where
	// that is empty, about the whole case. 0 means the value itself.
	Note uint64 `json:"note,omitempty"`
}

// Read names the blob that holds every corpus question of a run with its
// answer, see [Reads].
type Read struct {
	SHA256    string `json:"sha256"`
	Questions int    `json:"questions"`
	// Lists names the blob of the conditions of the run: bounds, verdicts, and
	// what the reference lists said.
	Lists string `json:"lists,omitempty"`
}

// Found names the blob that holds the findings of a run, see [FindingsBlob],
// and counts them by band so that a list of cases needs no blob.
type Found struct {
	SHA256 string         `json:"sha256"`
	Model  string         `json:"model"`
	Bands  map[string]int `json:"bands"`
}

// Finished closes a run.
type Finished struct {
	State  string `json:"state"` // complete or interrupted
	Reason string `json:"reason"`
	Gaps   []Gap  `json:"gaps"`
}

// A Verdict is the payload of accepted and rejected: what the analyst decided
// about a value, or about one relation to it.
type Verdict struct {
	About    Value  `json:"about"`
	Relation string `json:"relation"` // "" means the value as a whole
	Reason   string `json:"reason"`
	Scope    string `json:"scope"` // case, or all for every case of this record
}

// The scopes of a verdict.
const (
	ScopeCase = "case"
	ScopeAll  = "all"
)

// Noted is a remark on the case, or on one value of it.
type Noted struct {
	About Value  `json:"about"`
	Text  string `json:"text"`
}

// Sighted is what a search of the team's own logs said about a value.
type Sighted struct {
	About Value  `json:"about"`
	State string `json:"state"` // Hit, HitOutside, NoHit or NotChecked
	Count int    `json:"count"`
	First Time   `json:"first"`
	Last  Time   `json:"last"`
	Where string `json:"where"` // the log or system that was searched
	// Contact says who turned to whom: outbound, inbound, scan, lookup or present.
	Contact string   `json:"contact,omitempty"`
	Assets  []string `json:"assets,omitempty"` // machines of ours, most sightings first
	// Note is what was searched where nothing was seen, or why sightings do not count.
	Note string `json:"note,omitempty"`
	// What follows is for drawing: records from before it lack it.
	AssetCounts []int          `json:"asset_counts,omitempty"` // sightings on each of Assets
	Days        []Bucket       `json:"days,omitempty"`
	Verdicts    map[string]int `json:"verdicts,omitempty"` // sightings by verdict: hit, hit-outside-window, worthless
}

// A Bucket counts sightings of a UTC day, 2026-11-27, or where there are very
// many days, of a month, 2026-11.
type Bucket struct {
	When  string `json:"when"`
	Count int    `json:"count"`
}

// Searched is what one search of the team's own logs rests on: without it "not
// seen" means nothing.
type Searched struct {
	Where    string        `json:"where"`
	Complete bool          `json:"complete"` // everything named was read to its end
	From     Time          `json:"from"`     // of the records looked at, or asked about
	To       Time          `json:"to"`
	Lines    int64         `json:"lines"`
	Bytes    int64         `json:"bytes"`    // of text
	Parsed   int64         `json:"parsed"`   // records taken apart
	Unparsed int64         `json:"unparsed"` // of these, read as plain text: no reader knew them
	Files    int           `json:"files"`
	Logs     []SearchedLog `json:"logs"`   // the first of them, and those not read to the end
	Unread   []string      `json:"unread"` // what was not read or answered, and why: the first of them
	Note     string        `json:"note"`
}

// A SearchedLog is one of the logs that were searched.
type SearchedLog struct {
	File    string   `json:"file"`
	Lines   int64    `json:"lines"`
	Bytes   int64    `json:"bytes"`
	From    Time     `json:"from"`
	To      Time     `json:"to"`
	Formats []string `json:"formats"`
	Missing string   `json:"missing"` // why it was not read to its end; empty when it was
}
