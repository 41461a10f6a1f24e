package zone_test

import (
	"testing"

	"clew/internal/ingest"
	"clew/internal/ingest/ingesttest"
	"clew/internal/ingest/zone"
)

const (
	file = `; a zone
$ORIGIN example.
$TTL 3600
@	IN SOA ns1.example. host\.master.example. ( 1 2 3
	4 5 )
a	IN NS ns2.host.test.
	IN NS ns1.host.test.
	IN A 192.0.2.1
b.example. 300 IN MX 10 mx.host.test.
`
	at = "[2026-08-22T00:00:00Z,2026-08-22T00:00:00Z]"
)

func TestZone(t *testing.T) {
	ingesttest.States(t, zone.Format{}, file,
		"a.example nameserver ns2.host.test "+at,
		"a.example nameserver ns1.host.test "+at,
		"a.example resolves-to 192.0.2.1 "+at,
		"a.example ns-set ns1.host.test|ns2.host.test "+at,
		"b.example mx mx.host.test "+at)
}

// TestDamage: an entry that is not understood costs itself and what takes over
// its owner; the origin still holds after it.
func TestDamage(t *testing.T) {
	ingesttest.Refuses(t, zone.Format{}, file+"c IN A nonsense\n\tIN A 192.0.2.7\nd IN A 192.0.2.8\n", 6)
	ingesttest.Refuses(t, zone.Format{}, file+"$INCLUDE /etc/passwd\nd IN A 192.0.2.8\n", 6)
}

func FuzzZone(f *testing.F) {
	ingesttest.Fuzz(f, func() ingest.Format { return zone.Format{} }, file, "$GENERATE 1-4 a$ A 192.0.2.$\n", "a IN TXT \"x\" ( \"y\"\n")
}
