package server

import (
	"context"
	"time"

	"clew/internal/casefile"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
)

// A HuntAsk says what to look for, and where: the flags of clew hunt and clew
// telemetry lookup.
type HuntAsk struct {
	Case       string   `json:"case,omitempty" maxLength:"200" doc:"look for the findings of this case, and write what was seen into its record"`
	Indicators []string `json:"indicators,omitempty" maxItems:"10000" doc:"look for these, defanged or not"`
	List       string   `json:"list,omitempty" doc:"look for these: the text of a STIX bundle, a MISP event, CSV, JSON Lines, or one a line"`
	Report     bool     `json:"report,omitempty" doc:"the list is a report: take the indicators out of its text"`

	Logs  []string `json:"logs,omitempty" maxItems:"1000" doc:"search these files and folders of this machine"`
	SIEM  []string `json:"siem,omitempty" maxItems:"16" doc:"ask these searches of the team, as the configuration names them"`
	Index bool     `json:"index,omitempty" doc:"look up in the telemetry index"`

	Since    string   `json:"since,omitempty" maxLength:"40" doc:"leave out records before this day"`
	Until    string   `json:"until,omitempty" maxLength:"40" doc:"leave out records after this day"`
	Internal []string `json:"internal,omitempty" maxItems:"1000" doc:"addresses that are ours, beside the private ones"`
	Slack    string   `json:"slack,omitempty" maxLength:"20" doc:"how long before and after its window a hit still counts as inside: 24h"`
}

// A Hunter is what a [Core] has for hunts.
type Hunter interface {
	// Hunt readies a hunt: what is wrong with the request is said now. The hunt
	// itself tells watch what it sees, and returns when all places were searched.
	Hunt(ctx context.Context, ask HuntAsk) (hunt func(ctx context.Context, watch HuntWatch) error, err error)
	// Telemetry says what the telemetry index covers.
	Telemetry(ctx context.Context) (TelemetryIndex, error)
	// Queries returns the text to paste into the team's own search.
	Queries(ctx context.Context, ask HuntAsk) ([]SIEMQuery, error)
}

// A HuntWatch is told how a hunt goes. Calls may come from several goroutines.
type HuntWatch struct {
	Wanted   func(indicators int, leftOut []string)
	Now      func(where string) // is searched
	Read     func(done, total int64)
	Hit      func(Hit)
	Searched func(HuntPlace)
}

// A HuntPlace is what one of the places said.
type HuntPlace struct {
	Where    string            `json:"where"`
	Searched casefile.Searched `json:"searched"`
	Seen     []HuntFinding     `json:"seen" doc:"those that want a look first"`
}

// A HuntFinding is what all sightings of one indicator come to.
type HuntFinding struct {
	Kind     string                `json:"kind"`
	Value    string                `json:"value"`
	Label    string                `json:"label"`
	Verdict  string                `json:"verdict" doc:"hit, hit-outside-window or worthless"`
	Why      string                `json:"why"`
	Contact  string                `json:"contact" doc:"outbound, present, lookup, inbound or scan"`
	Count    int                   `json:"count"`
	First    casefile.Time         `json:"first"`
	Last     casefile.Time         `json:"last"`
	Verdicts map[string]int        `json:"verdicts"`
	Contacts map[string]int        `json:"contacts"`
	Actions  map[string]int        `json:"actions" doc:"allowed, blocked, or empty where the log does not say"`
	Assets   []casefile.AssetCount `json:"assets"`
	Days     []casefile.Bucket     `json:"days"`
}

// HuntFindingOf converts what a search found of one indicator.
func HuntFindingOf(f *telemetry.Finding) HuntFinding {
	out := HuntFinding{
		Kind: f.Indicator.Value.Kind().String(), Value: f.Indicator.Value.Text(), Label: f.Indicator.Label, Verdict: f.Verdict(), Why: f.Why,
		Contact: f.Contact(), Count: f.Count, First: instant(f.First), Last: instant(f.Last), Verdicts: f.Verdicts, Contacts: f.Contacts, Actions: f.Actions,
		Assets: []casefile.AssetCount{}, Days: []casefile.Bucket{},
	}
	assets, days := f.Assets(), f.Timeline()
	for _, a := range assets[:min(len(assets), mostNamed)] {
		out.Assets = append(out.Assets, casefile.AssetCount{Name: a.Name, Count: a.Count})
	}
	for _, d := range days[max(0, len(days)-mostNamed):] {
		out.Days = append(out.Days, casefile.Bucket{When: d.Name, Count: d.Count})
	}
	return out
}

// A Hit is one record of a log in which an indicator was seen: a line of clew
// hunt --json.
type Hit struct {
	Time      *time.Time `json:"time"` // null where the record has none
	Zoneless  bool       `json:"zoneless,omitempty"`
	Kind      string     `json:"kind"` // of log
	Format    string     `json:"format"`
	Field     string     `json:"field"`
	Meaning   string     `json:"meaning"`
	Also      []string   `json:"also"`
	Value     string     `json:"value"` // as seen
	Indicator string     `json:"indicator"`
	IndKind   string     `json:"indicator_kind"`
	Exact     bool       `json:"exact"`
	Label     string     `json:"label,omitempty"`
	Asset     string     `json:"asset"`
	Address   string     `json:"asset_address"`
	Host      string     `json:"asset_host"`
	User      string     `json:"user"`
	Process   string     `json:"process"`
	Peer      string     `json:"peer"`
	Contact   string     `json:"contact"`
	Direction string     `json:"direction"`
	Action    string     `json:"action"`
	Verdict   string     `json:"verdict"`
	Why       string     `json:"why"`
	File      string     `json:"file"`
	Line      int64      `json:"line"` // 0 where the log has none
	Offset    int64      `json:"offset"`
	Record    string     `json:"record"`
}

// HitOf converts a sighting of ind.
func HitOf(ind match.Indicator, s telemetry.Sighting) Hit {
	hit := Hit{
		Zoneless: s.Zoneless, Kind: s.Kind, Format: s.Format, Field: s.Field, Meaning: s.Meaning.String(), Also: append([]string{}, s.Also...), Value: s.Value,
		Indicator: ind.Value.Text(), IndKind: ind.Value.Kind().String(), Exact: s.Exact, Label: ind.Label, Asset: s.Asset.String(), Address: s.Asset.Address, Host: s.Asset.Host,
		User: s.Asset.User, Process: s.Asset.Process, Peer: s.Peer, Contact: s.Contact, Direction: s.Direction.String(), Action: s.Action.String(), Verdict: s.Verdict, Why: s.Why,
		File: s.File, Line: s.Line, Offset: s.Offset, Record: s.Record,
	}
	if s.Field == "" {
		hit.Meaning = "text"
	}
	if !s.Time.IsZero() {
		hit.Time = &s.Time
	}
	return hit
}

// Bounds of hunts.
const (
	mostHits  = 10_000 // of a hunt; the others are counted
	mostNamed = 400    // machines, and days, of one finding
)

// A Hunt is one search of logs, under way or ended. It is done by the machine of the
// server that took it up, which has the logs, and outlives the server.
type Hunt struct {
	ID         string        `json:"id"`
	State      string        `json:"state" doc:"queued, running, complete, interrupted or failed"`
	Case       string        `json:"case"`
	Started    casefile.Time `json:"started"`
	Ended      casefile.Time `json:"ended"`
	Indicators int           `json:"indicators" doc:"looked for"`
	LeftOut    []string      `json:"left_out" doc:"what of the list is not looked for, and why: the first of it"`
	Now        string        `json:"now" doc:"what is being searched"`
	Read       int64         `json:"read" doc:"bytes of text"`
	Total      int64         `json:"total" doc:"bytes of the logs as they lie on disk: packed ones hold more text"`
	Hits       int           `json:"hits"`
	Kept       int           `json:"kept" doc:"hits that can be paged through"`
	Error      string        `json:"error"`
	Actor      string        `json:"actor" doc:"who asked for it"`
}

// A HuntReport is a hunt with what it found.
type HuntReport struct {
	Hunt
	Places []HuntPlace `json:"places" doc:"what each place said, once it was searched"`
}
