package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
)

// A connection that breaks, whoever broke it and at whatever moment, is a server that
// cannot be reached: it is tried again, and is no mistake of clew's.
func TestABrokenConnectionIsAServerOutOfReach(t *testing.T) {
	db := &DB{at: "postgres://db.example/clew"}
	for name, err := range map[string]error{
		"closed here":      fmt.Errorf("write failed: %w", &net.OpError{Op: "write", Net: "tcp", Err: net.ErrClosed}),
		"reset":            &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET},
		"in words":         errors.New("failed to deallocate: conn closed"),
		"in the middle":    errors.New("unexpected EOF"),
		"of a pool closed": errors.New("closed pool"),
	} {
		if got := db.Explain(err); !errors.Is(got, ErrUnreachable) || !errors.Is(got, err) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, err := range []error{errors.New("cannot scan"), context.Canceled} {
		if got := db.Explain(err); errors.Is(got, ErrUnreachable) || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
