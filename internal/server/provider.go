package server

import (
	"context"

	"clew/internal/account"
)

// A Provider of identities signs people in elsewhere (OpenID Connect).
type Provider interface {
	Title() string  // what people call it
	Issuer() string // what it calls itself
	// Begin returns where to send the browser, and what the browser must bring back.
	Begin(ctx context.Context, back string) (address string, flow string, err error)
	// Finish checks what the browser came back with.
	Finish(ctx context.Context, back, flow, state, code string) (account.Voucher, error)
}
