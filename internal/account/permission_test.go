package account

import (
	"slices"
	"testing"
)

func TestEachRoleMayWhatTheOneBeforeMay(t *testing.T) {
	before := []Permission{}
	for _, role := range Roles() {
		may := role.Permissions()
		for _, p := range before {
			if !slices.Contains(may, p) {
				t.Errorf("%s may not %s, and the role before it may", role, p)
			}
		}
		if len(may) <= len(before) {
			t.Errorf("%s may no more than the role before it", role)
		}
		before = may
	}
	for _, p := range Permissions() {
		if !Admin.May(p) {
			t.Errorf("nobody may %s", p)
		}
	}
	for role, not := range map[Role]Permission{Viewer: Work, Analyst: Approve, Approver: Administer, "": Read, "root": Read, Admin: "everything"} {
		if role.May(not) {
			t.Errorf("%q may %s", role, not)
		}
	}
}
