// Package source declares what a connector to a provider is, and runs
// connectors: pace, budget, PAP, provenance and outcome are the runner's
// business, so that no connector can forget them.
package source

import (
	"context"
	"errors"
	"net/http"
	"time"

	"clew/internal/corpus"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Source is a connector to one provider. It turns a question into requests,
// and replies into observations. It keeps no state between questions.
type Source interface {
	Info() Info
	// Observe asks what the provider knows of q.Value. It sends every request
	// through ask. On error it returns what it had so far beside the error; most
	// connectors leave that to [Follow].
	Observe(ctx context.Context, ask Asker, q Question) (Answer, error)
}

// Info describes a connector. docs/sources/<name>.md is generated from it in part.
type Info struct {
	Name      string                 // stamped on every observation
	Title     string                 // as the provider writes itself
	Accepts   []observable.Kind      // what it can be asked about
	Answers   []observation.Relation // what it can say
	PAP       marking.PAP            // what a lookup needs: Amber for third parties, Green where the target may see it
	Every     time.Duration          // default pace: at most one request in this time
	Quotas    []Quota                // what the provider documents
	AtOnce    int                    // requests under way at most; 0 means the client's default
	KeyEnv    string                 // environment variable of its key; "" for keyless
	KeyHeader string                 // request header that carries the key; the asker sets it
	// KeyParameter is the query parameter that carries the key where no header
	// can. The asker adds it last, and keeps it out of errors and records.
	KeyParameter string
	KeyHost      string // the one host the key is sent to
	KeyScheme    string // how KeyHeader carries it: "" as it is, "Bearer", or "Basic" for a key written user:password
	// TokenURL is where a token is drawn that KeyHeader carries instead of the
	// key (OAuth 2.0 client credentials), "" for most. The key is then written
	// "tenant:client id:client secret", and {tenant} stands for its first part.
	TokenURL   string
	TokenScope string
	Keyless    bool // some of it answers without the key too
	Cost       int  // requests a question takes at least
	Credits    int  // what the provider charges for a request, 0 when it sells no credits
	// PerHost says that pace and quotas hold at each server that is asked, not at
	// all of them together; PerEndpoint that the limits which replies announce
	// hold for the endpoint asked.
	PerHost, PerEndpoint bool
	// TTL is how long a reply stays fresh; 0 means the client's default.
	TTL     time.Duration
	Retired string // why it can no longer be asked live; "" when alive
}

// A Question is one value a source is asked about.
type Question struct {
	Value observable.Value
	Limit int // observations wanted at most; 0 means the connector's default
}

// An Answer is what a provider said. A connector leaves Source empty, and
// Evidence is that of the reply it was read from ([Reply.Evidence]): the runner
// stamps the one and refuses every other value of the other.
type Answer struct {
	Observations []observation.Observation
	Totals       []corpus.Total // the provider's own counts, kept even when its page was cut
	// Missing says how many more results the provider holds than it returned;
	// MissingUnknown when it only says that there are more.
	Missing int
	Dropped int    // rows that were no fact of the vocabulary: odd values, unknown record types
	Parts   []Part // how each endpoint ended; the runner moves them to the outcome
}

// A Part is how one endpoint of a provider ended, so that a missing answer of
// one does not hide behind the answer of another.
type Part struct {
	Endpoint string // as the provider's manual names it
	State    State
	Reason   string // a sentence for people, "" when answered
	Missing  int    // as in Answer
	// Until is when the provider may be asked again, zero when that is not known.
	Until time.Time
}

// MissingUnknown marks an answer that is short by an unknown number.
const MissingUnknown = -1

// A Request goes to one provider. URL is https://…, or whois://server/query for
// port 43. Credentials are not part of it: the asker adds them.
type Request struct {
	Source string // whose pace and key apply; stamped by the runner
	Method string // "" means GET
	URL    string
	Header http.Header
	Body   []byte
	// Older is the same question to an interface that the provider has replaced,
	// nil for most. It is never sent: recordings may have it and not the new one.
	Older *Request

	Endpoint string        // what is asked, by the name of the [Endpoint]; without a value in it
	Credits  int           // what it costs; 0 means Info.Credits, below 0 nothing
	TTL      time.Duration // how long its reply stays fresh; 0 means Info.TTL, below 0 that it is never kept
	Anew     bool          // asked again although a fresh reply is kept
}

// A Reply is a provider's raw reply, its body bounded and decompressed.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	At     time.Time // when it was received, or recorded; UTC
	Cached bool      // nothing left this machine for it: it was kept, or came to another who asked the same
}

// An Asker is the one way out: live (package fetch) or recorded (package replay).
type Asker interface {
	Ask(ctx context.Context, r Request) (Reply, error)
}

// A Door is a live [Asker]: one that waits, keeps replies and asks again, and so
// alone knows when something leaves this machine.
type Door interface {
	Asker
	// Pass is Ask, and calls leave before each request that leaves. An error of
	// leave is returned, and nothing was sent.
	Pass(ctx context.Context, r Request, leave func(context.Context) error) (Reply, error)
	// Judge says what the reply to r turned out to be, so that it is kept as long
	// as it deserves, and returns until when that is: zero when it is not kept.
	Judge(ctx context.Context, r Request, v Verdict) (until time.Time, err error)
}

// A Verdict is what a reply turned out to be when it was read.
type Verdict int

// The verdicts.
const (
	Doubtful Verdict = iota // it may be no answer: not kept
	Barren                  // nothing in it: kept shortly
	Useful                  // facts were read from it
)

// Errors a connector or an asker returns so that the runner can tell the states apart.
var (
	ErrNoKey       = errors.New("no API key configured")
	ErrDenied      = errors.New("access denied by the provider")
	ErrQuota       = errors.New("quota used up or rate limited")
	ErrNotRecorded = errors.New("no recording of this request")
	ErrBadReply    = errors.New("reply not understood")
	ErrBudget      = errors.New("over budget")
	ErrNotOffered  = errors.New("not offered")
)

// A State is how one question ended. Only Answered and Empty are answers:
// silence of any other kind says nothing about the value.
type State string

const (
	Answered    State = "answered"
	Empty       State = "answered-empty"
	Truncated   State = "truncated"
	Refused     State = "refused"
	Failed      State = "failed"
	Skipped     State = "skipped"
	NotRecorded State = "not-recorded"
	NotAsked    State = "not-asked"
	// FromCorpus is a whole answer that the corpus already holds and that is
	// still fresh: nobody was asked.
	FromCorpus State = "answered-from-corpus"
)

// An Outcome is one question to one source, how it ended, and what it brought.
type Outcome struct {
	Source   string
	Value    observable.Value
	State    State
	Reason   string // a sentence for people, "" when answered in full
	Answer   Answer // stamped, sorted, without Parts
	Parts    []Part // how each endpoint ended: the gaps of an answer
	Evidence []Evidence
	At       time.Time // when the question was asked, by the runner's clock
	// Until is how long the whole answer stays fresh: as long as the reply of it
	// that ages first. Zero for an answer that is short, recorded, or not kept.
	Until time.Time
}

// Evidence is one raw reply kept by its digest, with the request that drew it.
type Evidence struct {
	SHA256  string // hex digest of Body
	Method  string
	URL     string // without credentials
	Request []byte // body of the request
	Status  int
	Header  http.Header // Content-Type and little else
	Body    []byte
	At      time.Time
}
