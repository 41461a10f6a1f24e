package server

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/account"
)

// AccessReference says in Markdown who may do what: docs/reference/access.md. others are
// the ways in that are no operations of the API.
func AccessReference(others []Route) string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nGenerated from the code by `make docs`. It counts where the server has [accounts](../guide/accounts.md); alone on loopback the\n" +
		"token of the printed link opens everything. Tokens need the permission as a scope, and their user the role.\n\n## Roles\n\n| permission |")
	for _, role := range account.Roles() {
		fmt.Fprintf(&b, " %s |", role)
	}
	b.WriteString(" token scope |\n|---|" + strings.Repeat("---|", len(account.Roles())+1) + "\n")
	for _, p := range account.Permissions() {
		fmt.Fprintf(&b, "| %s |", p)
		for _, role := range account.Roles() {
			fmt.Fprintf(&b, " %s |", map[bool]string{true: "yes", false: ""}[role.May(p)])
		}
		scope := "any"
		if slices.Contains(account.Scopes(), p) {
			scope = "`" + string(p) + "`"
		}
		if p == account.Feed {
			scope += " or `read`"
		}
		fmt.Fprintf(&b, " %s |\n", scope)
	}
	b.WriteString("\nPublic is for whoever has not signed in yet.\n\n## Cases\n\n| case | who sees it | who changes it, within their role | who says who does |\n|---|---|---|---|\n" +
		"| open to the team | everybody | everybody | its owner, an admin |\n" +
		"| restricted | its owner and its members | its owner and the members that may | its owner, an admin |\n" +
		"| marked stricter than a user's TLP ceiling | not that user | not that user | not that user |\n" +
		"\nWhat somebody may not see answers 404, as what is not there. What they see and may not change answers 403 to what would.\n" +
		"\nParts of operations need more: `act` with approve or revoke, `judge` with everywhere and `take` with trusted need `approve`; `import`, `upload` with a mapping\n" +
		"file and `hunt` with logs need `administer` for paths outside the folders of the configuration; `access-set` is for the owner of the case and for admins.\n" +
		"\n## Ways in\n\n| needs | least role | operation | address |\n|---|---|---|---|\n")
	ways := routes{}
	ways.operations(description(""))
	for _, other := range others {
		ways[other.Pattern] = other
	}
	list := make([]Route, 0, len(ways))
	for _, way := range ways {
		list = append(list, way)
	}
	slices.SortFunc(list, func(a, b Route) int {
		if n := slices.Index(account.Permissions(), a.Needs) - slices.Index(account.Permissions(), b.Needs); n != 0 {
			return n
		}
		return strings.Compare(a.Pattern, b.Pattern)
	})
	for _, way := range list {
		name := way.Operation
		if name == way.Pattern {
			name = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", way.Needs, least(way.Needs), name, way.Pattern)
	}
	return b.String()
}

func least(p account.Permission) string {
	if p == account.Public {
		return "nobody"
	}
	for _, role := range account.Roles() {
		if role.May(p) {
			return string(role)
		}
	}
	return "no role"
}
