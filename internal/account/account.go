// Package account knows who works with a team's clew: users, their sessions and
// tokens, what each may do, which cases they may see, and what was done.
//
// Nothing in here speaks HTTP: the server asks it, and its engines keep it.
// Secrets (passwords, sessions, tokens, one-time links) are kept as hashes only.
package account

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"clew/internal/marking"
)

// Errors that callers tell apart.
var (
	ErrInvalid   = errors.New("not accepted")
	ErrSignIn    = errors.New("name or password are wrong, or the account is disabled")
	ErrSignedOut = errors.New("not signed in, or signed out since")
	ErrNoUser    = errors.New("no such user")
	ErrNoToken   = errors.New("no such token")
	ErrNameTaken = errors.New("the name is taken")
	ErrLastAdmin = errors.New("this is the last admin: name another one first")
	ErrLink      = errors.New("the link was used, has expired or is not of this server: ask an admin for another one")
	ErrForbidden = errors.New("not allowed")
)

// A LimitError means that too many sign-ins failed.
type LimitError struct{ RetryAfter time.Duration }

func (e *LimitError) Error() string {
	return fmt.Sprintf("too many sign-ins failed: try again in %s", e.RetryAfter.Round(time.Second))
}

// A User is somebody of the team. Users are disabled and never removed: records
// name them.
type User struct {
	ID       string // for life
	Name     string // to sign in with, and in records
	Role     Role
	Ceiling  marking.TLP // the strictest marking whose cases the user may see
	Disabled bool
	Password string // argon2id, in the form of PHC; "" for none
	Issuer   string // of the identity provider that vouches, "" for none
	Subject  string // who the user is there
	Factor   bool   // has a second factor that was confirmed; kept by [Tx.PutFactor], not with the user
	Made     time.Time
	Changed  time.Time
}

// nameForm holds nothing that looks like another name or steers a terminal.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// reserved names stand for clew itself in records.
var reserved = map[string]bool{"clew": true, "system": true, "nobody": true}

// ParseName reads a name to sign in with. Case does not count.
func ParseName(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	switch {
	case !nameForm.MatchString(name):
		return "", fmt.Errorf("%w: %q is no name: 1 to 64 of a-z, 0-9 and . _ - @, beginning with a letter or digit", ErrInvalid, text)
	case reserved[name]:
		return "", fmt.Errorf("%w: the name %s stands for clew itself in records", ErrInvalid, name)
	}
	return name, nil
}

// A Session is a signed-in browser.
type Session struct {
	Digest  string // of its secret
	User    string
	Began   time.Time
	Used    time.Time // to the minute
	Address string
	Agent   string // what the browser said it is
}

// A Token lets a program in, as the user who made it and within its scopes.
type Token struct {
	ID      string
	Digest  string // of its secret
	Begins  string // the first characters, to know it again by
	User    string
	Name    string
	Scopes  []Permission
	Made    time.Time
	Expires time.Time
	Used    time.Time // to the minute; zero for never
}

// A Link lets somebody set a password once.
type Link struct {
	Digest  string
	User    string // "" for the first admin
	Expires time.Time
}

// An Access says who may see and change a case. A case that has none is open to
// the team.
type Access struct {
	Case       string
	Owner      string // "" for none
	Restricted bool   // to the owner and the members
	Members    []Member
}

// A Member is somebody who sees a restricted case.
type Member struct {
	User    string
	Changes bool // and may change it, within their role
}

// Sees reports whether a user may see a case with a marking at all.
func (a Access) Sees(u User, tlp marking.TLP) bool {
	if tlp.StricterThan(u.Ceiling) {
		return false
	}
	_, member := a.member(u.ID)
	return !a.Restricted || a.Owner == u.ID || member
}

// Changes reports whether a user who sees a case may change it as well, as far as
// their role goes.
func (a Access) Changes(u User) bool {
	m, member := a.member(u.ID)
	return !a.Restricted || a.Owner == u.ID || member && m.Changes
}

func (a Access) member(user string) (Member, bool) {
	for _, m := range a.Members {
		if m.User == user {
			return m, true
		}
	}
	return Member{}, false
}
