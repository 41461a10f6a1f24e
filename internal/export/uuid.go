package export

import (
	"strings"

	"github.com/google/uuid"
)

// namespace is clew's own for version 5 UUIDs, drawn once at random.
var namespace = uuid.MustParse("5d8f4c1e-7a53-4b0e-9a3c-2f6f0d1be7a4")

// UUID returns the same version 5 UUID for the same parts, so that exporting
// again updates what was imported instead of doubling it.
func UUID(parts ...string) string {
	return uuid.NewSHA1(namespace, []byte(strings.Join(parts, "\x00"))).String()
}
