// Package account knows who works with a team's clew: users, their sessions and
// tokens, what each may do, which cases they may see, and what was done.
//
// Nothing in here speaks HTTP. The server asks it; its engines keep it.
package account

import "errors"

// Errors that callers tell apart.
var (
	ErrInvalid = errors.New("not accepted")
)
