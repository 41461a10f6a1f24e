package account

import "time"

// The outcomes of what the audit holds.
const (
	Done    = "done"
	Refused = "refused" // whoever asked may not, or is not who they say
	Failed  = "failed"  // allowed, and it did not come about
)

// An Entry is one line of the audit. Entries are only ever added.
type Entry struct {
	ID        int64
	At        time.Time
	Actor     string // name of the user; what was typed, for a sign-in that failed
	Via       string // session, the token's name, link, oidc, or console
	Address   string
	Operation string // ID of the API's operation, or what the command did
	Case      string
	About     string // the user, token or session that it was about
	Outcome   string
	Detail    string
}

// An AuditQuery narrows the audit. Empty fields narrow nothing.
type AuditQuery struct {
	Actor, Operation, Case, Outcome string
	Since, Until                    time.Time
	Before                          int64 // only entries older than this one; 0 for the newest
	Limit                           int
}
