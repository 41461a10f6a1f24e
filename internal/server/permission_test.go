package server

import (
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
)

// An operation that says nothing of who may do it would be open to somebody by accident.
func TestEveryOperationDeclaresItsPermission(t *testing.T) {
	seen := 0
	for path, item := range description("").Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete, item.Head, item.Options, item.Trace} {
			if op == nil {
				continue
			}
			seen++
			if needs := PermissionOf(op); !slices.Contains(account.Permissions(), needs) {
				t.Errorf("%s %s (%s) declares %q: register it with get or post and one of %v", op.Method, path, op.OperationID, needs, account.Permissions())
			}
			if op != item.Get && op != item.Post {
				t.Errorf("%s %s: only GET and POST are looked after by the guard", op.Method, path)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d operations seen", seen)
	}
}
