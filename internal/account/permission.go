package account

import (
	"fmt"
	"slices"
	"strings"
)

// A Permission is what somebody must have to do an operation. Each operation of
// the server declares the one it needs.
type Permission string

// The permissions, from what nobody is asked for to what few have.
const (
	Public     Permission = "public"     // nobody need sign in
	SignedIn   Permission = "signed-in"  // whoever is signed in: their own account
	Feed       Permission = "feed"       // fetch lists and collections, and nothing else
	Read       Permission = "read"       // see cases and what is known
	Work       Permission = "work"       // ask sources, judge, note, import, hunt
	Act        Permission = "act"        // propose, apply and let expire; tell others
	Approve    Permission = "approve"    // decide what is blocked, and what counts for everybody
	Monitor    Permission = "monitor"    // read the figures of the server
	Administer Permission = "administer" // users, access, audit, the machine
)

// Permissions lists them all.
func Permissions() []Permission {
	return []Permission{Public, SignedIn, Feed, Read, Work, Act, Approve, Monitor, Administer}
}

// scopes are the permissions that a token can be given.
var scopes = []Permission{Feed, Read, Work, Act, Approve, Monitor, Administer}

// Scopes lists what a token can be given.
func Scopes() []Permission { return slices.Clone(scopes) }

// A Role is what somebody is in the team. Each may do what the one before may.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"
	Analyst  Role = "analyst"
	Approver Role = "approver"
	Admin    Role = "admin"
)

// Roles lists them, the least first.
func Roles() []Role { return []Role{Viewer, Analyst, Approver, Admin} }

// ParseRole reads the name of a role.
func ParseRole(text string) (Role, error) {
	if r := Role(strings.ToLower(strings.TrimSpace(text))); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fmt.Errorf("%w: %q is no role: use viewer, analyst, approver or admin", ErrInvalid, text)
}

// gains is what a role may beyond the one before it.
var gains = map[Role][]Permission{
	Viewer:   {SignedIn, Feed, Read},
	Analyst:  {Work, Act},
	Approver: {Approve},
	Admin:    {Monitor, Administer},
}

// Permissions lists what a role may.
func (r Role) Permissions() []Permission {
	may := []Permission{Public}
	if !slices.Contains(Roles(), r) {
		return may
	}
	for _, role := range Roles() {
		may = append(may, gains[role]...)
		if role == r {
			break
		}
	}
	return may
}

// May reports whether a role has a permission. One that is not known is nobody's.
func (r Role) May(p Permission) bool { return slices.Contains(r.Permissions(), p) }
