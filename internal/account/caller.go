package account

import (
	"context"
	"slices"
)

// A Caller is who asks for something, and by what.
type Caller struct {
	User    User
	Session string       // digest of the session, "" for a token
	Token   string       // ID of the token, "" for a session
	Name    string       // of the token
	Scopes  []Permission // of the token
	Job     string       // ID of the job that is done for the user; Session and Token are "" then
	Address string       // where the request came from
	system  bool
}

// May reports whether the caller has a permission: the role has it, and the token,
// where it is one, was given it. What reads may fetch feeds.
func (c Caller) May(p Permission) bool {
	if c.system || p == Public {
		return true
	}
	if !c.User.Role.May(p) {
		return false
	}
	return c.Token == "" || p == SignedIn || slices.Contains(c.Scopes, p) || p == Feed && slices.Contains(c.Scopes, Read)
}

// Console is who sits at the machine itself and may read and change its files: clew
// can refuse them nothing.
func Console(name string) Caller { return Caller{User: User{Name: name}, system: true} }

// via says by what a caller came, for the audit.
func (c Caller) via() string {
	switch {
	case c.system:
		return "console"
	case c.Token != "":
		return "token " + c.Name
	case c.Job != "":
		return "job " + c.Job
	}
	return "session"
}

// entry begins a line of the audit.
func (c Caller) entry(operation string) Entry {
	return Entry{Actor: c.User.Name, Via: c.via(), Address: c.Address, Operation: operation, Outcome: Done}
}

// IsSystem reports whether the server itself asks, for nobody in particular.
func (c Caller) IsSystem() bool { return c.system }

type callerKey struct{}

// As returns a context in which a caller asks.
func As(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, callerKey{}, c) }

// System returns a context in which the server itself asks: it sees every case.
func System(ctx context.Context) context.Context { return As(ctx, Caller{system: true}) }

// CallerOf returns who asks. Without anybody nothing may be seen.
func CallerOf(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
