package server

import (
	"context"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/pivot"
)

// A Core is what the server shares with the command line, which implements it
// with the very functions its own commands call.
type Core interface {
	Hunter
	LogKeeper
	// Open opens the data directory.
	Open(needs investigation.Needs) (*investigation.Workspace, error)
	// Request turns what was asked for into a request of an investigation; done
	// closes its way out.
	Request(ctx context.Context, ask Ask) (req investigation.Request, done func(), err error)
	// Under is the core as if it had been started with these defaults, and offline
	// where that is said: what a server on another machine took up is done as there.
	Under(d Defaults, offline bool) Core
	// DryRun says whom a request would ask about its seeds. It asks nobody.
	DryRun(ctx context.Context, w *investigation.Workspace, ask Ask) ([]Question, error)
	// Points ranks the pivot points of v. It asks nobody.
	Points(ctx context.Context, w *investigation.Workspace, v observable.Value, maxHolders int) ([]pivot.Point, error)
	// WouldAsk says whom following a pivot by hand would ask about values. It asks nobody.
	WouldAsk(ctx context.Context, w *investigation.Workspace, ask Ask, values []observable.Value) ([]Question, error)
	Sources(ctx context.Context) ([]Source, error)
	Quotas(ctx context.Context) ([]Quota, error)
	// UnderPolicy lays the policy that counts over a document.
	UnderPolicy(doc casefile.Document) (casefile.Document, error)
	// PolicyMark changes when the policy does.
	PolicyMark() string
	Sharing
	Deciding
	Escalating
	Bundling
	Watching
	Machine
}

// Refused is an error of a [Core] that the client can mend.
type Refused struct{ Err error }

func (r Refused) Error() string { return r.Err.Error() }

func (r Refused) Unwrap() error { return r.Err }

// An Ask says what to investigate and within which bounds: the flags of clew
// investigate. What it leaves out is as the server was started.
type Ask struct {
	Indicators []string `json:"indicators,omitempty" maxItems:"64" doc:"seeds, defanged or not"`
	Case       string   `json:"case,omitempty" maxLength:"200" doc:"continue this case, with its own seeds"`
	Scope      string   `json:"scope,omitempty" enum:"live,hunt" doc:"an incident under way, or a hunt; hunt when left out"`
	TLP        string   `json:"tlp,omitempty" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR" doc:"who may be told"`
	PAP        string   `json:"pap,omitempty" enum:"RED,AMBER,GREEN,CLEAR" doc:"how visible a lookup may be; left out, a case that is continued stays within its own"`
	Since      string   `json:"since,omitempty" maxLength:"40" doc:"start of the incident: a day, or RFC 3339"`
	Until      string   `json:"until,omitempty" maxLength:"40" doc:"end of the incident"`
	AsOf       string   `json:"as_of,omitempty" maxLength:"40" doc:"look at the world as it was known on this day"`
	Depth      int      `json:"depth,omitempty" minimum:"1" maximum:"6" doc:"hops from the seeds"`
	MaxHolders int      `json:"max_holders,omitempty" minimum:"2" maximum:"1000000" doc:"follow no value that more share"`
	Budget     []string `json:"budget,omitempty" maxItems:"64" doc:"requests at most: 200, virustotal=20, shodan=5c"`
	Offline    bool     `json:"offline,omitempty" doc:"ask nobody"`
	Anyway     bool     `json:"anyway,omitempty" doc:"go on with a seed that is a top site or shared service"`
	Ungrouped  bool     `json:"ungrouped,omitempty" doc:"count holders that belong together one by one"`
	SeedSource string   `json:"seed_source,omitempty" maxLength:"1000" doc:"where the seeds come from, for the record"`
	Restricted bool     `json:"restricted,omitempty" doc:"only you see a case that this opens, and whom you let in; where the server has accounts"`
	Confidence *int     `json:"seed_confidence,omitempty" minimum:"0" maximum:"100" doc:"how sure you are of the seeds; 100 when left out"`
}
