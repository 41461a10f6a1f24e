// Package telemetry searches the team's own logs for indicators and says what a
// hit means: when it was, in which field, on which machine, whether anything was
// let through, and whether the indicator was bad at that time.
//
// All text is searched first and only the records that hit are taken apart, so
// that a search costs what reading costs. A search that found nothing states what
// it read: which logs, of which period, how many lines.
package telemetry

import (
	"net/netip"
	"time"

	"clew/internal/telemetry/format"
)

// The verdicts on a sighting.
const (
	// Hit is a sighting while the indicator was bad, or where nobody said when it was.
	Hit = "hit"
	// HitOutside is a sighting before or after that time: then the address or the
	// name may have been somebody else's.
	HitOutside = "hit-outside-window"
	// Worthless is a sighting of something that is everywhere: a reference list
	// says why.
	Worthless = "worthless"
)

// The contacts: who turned to whom.
const (
	ContactOutbound = "outbound" // one of our machines went there
	ContactInbound  = "inbound"  // it came to us and was answered, or nobody says it was not
	ContactScan     = "scan"     // it came to us and got nowhere: blocked, refused, unanswered
	ContactLookup   = "lookup"   // a name was looked up; nothing says that it was contacted
	ContactPresent  = "present"  // seen on a machine: a file, a process, a certificate, a mail
)

// A Sighting is one record of a log in which an indicator was seen.
type Sighting struct {
	Indicator int       // index into the indicators searched for
	Value     string    // what was seen: a name below the indicator, an address in its range
	Exact     bool      // the very indicator
	Time      time.Time // UTC; zero when the record does not say
	Zoneless  bool      // the record had a local time without zone, read as UTC

	Kind    string         // of the log: dns, connection, web, …
	Format  string         // of the log: zeek/conn, json/suricata, …
	Field   string         // that held it, as the log names it; "" when no field of the record did
	Meaning format.Meaning // of that field
	Also    []string       // further fields that held it

	Asset     Asset
	Peer      string // the other side, by address or name
	Contact   string
	Direction format.Direction
	Action    format.Action

	Verdict string
	Why     string // for the verdict, a sentence for people

	File   string // path, with the member of an archive behind "!"
	Line   int64  // from 1; 0 where the log has no lines
	Offset int64  // of the record in the unpacked log, in bytes
	Record string // beginning of the record, as it stands
}

// An Asset is the machine of ours that a record is about.
type Asset struct {
	Address, Host, User, Process string
}

// String names the asset: by host name when there is one, else by address.
func (a Asset) String() string {
	switch {
	case a.Host != "":
		return a.Host
	case a.Address != "":
		return a.Address
	}
	return a.User
}

// Networks are the addresses that are ours.
type Networks []netip.Prefix

// Contains reports whether an address is ours: private by RFC 1918 or RFC 4193,
// link-local, loopback, or in one of the networks named.
func (n Networks) Contains(a netip.Addr) bool {
	a = a.Unmap()
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return true
	}
	for _, p := range n {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// address reads the address that a field holds, with or without a port.
func address(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap(), true
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}
