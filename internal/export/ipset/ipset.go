// Package ipset writes sets for ipset(8) with the iptables(8) rules that use
// them, and the same as plain iptables rules for machines without ipset.
package ipset

import (
	"fmt"
	"io"
	"time"

	"clew/internal/export"
	"clew/internal/observable"
)

var kinds = []observable.Kind{observable.IP, observable.Prefix}

// Sets is input for ipset restore.
func Sets() export.Format {
	return export.Format{
		Name: "ipset", Title: "ipset", Use: export.Block, File: "clew.ipset", Kinds: kinds,
		Doc:   "ipset -exist restore < clew.ipset: sets clew4 and clew6 for iptables -m set --match-set; elements expire by themselves",
		Proof: "restored in a network namespace: ipset 7.17",
		Write: writeSets,
	}
}

// Rules is input for iptables-restore.
func Rules() export.Format {
	return export.Format{
		Name: "iptables", Title: "iptables", Use: export.Block, File: "clew.iptables", Kinds: kinds,
		Doc:   "iptables-restore -n < clew.iptables: fills the chain CLEW, IPv4 only; jump there from INPUT, OUTPUT and FORWARD",
		Fits:  fourOnly,
		Proof: "restored in a network namespace: iptables 1.8.9",
		Write: writeRules,
	}
}

// IP6Rules is input for ip6tables-restore.
func IP6Rules() export.Format {
	return export.Format{
		Name: "ip6tables", Title: "ip6tables", Use: export.Block, File: "clew.ip6tables", Kinds: kinds,
		Doc:   "ip6tables-restore -n < clew.ip6tables: the same for IPv6",
		Fits:  sixOnly,
		Proof: "restored in a network namespace: iptables 1.8.9",
		Write: writeRules6,
	}
}

// maxTimeout is what ipset can count, ipset(8): seconds in 32 bits of jiffies.
const maxTimeout = 2147483 * time.Second

// maxComment is what an element of a set and a rule can hold, in bytes: ipset(8),
// IPSET_MAX_COMMENT_SIZE; iptables, XT_MAX_COMMENT_LEN with its closing zero. One
// that is longer has the whole file refused.
const maxComment = 255

func writeSets(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "ipset", s)
	for _, family := range []struct {
		set, name string
		v6        bool
	}{{"clew4", "inet", false}, {"clew6", "inet6", true}} {
		ranges := s.Ranges(family.v6)
		l.Line(fmt.Sprintf("create %s hash:net family %s maxelem %d timeout 0 comment", family.set, family.name, max(65536, len(ranges))))
		l.Line("flush ", family.set)
		for _, r := range ranges {
			l.Line("add ", family.set, " ", r.String(), timeout(s, r.Entry), ` comment "`, r.TraceWithin(maxComment), `"`)
		}
	}
	return l.Close()
}

// timeout counts whole hours from the export, so that exports of the same hour
// are alike.
func timeout(s export.Set, e export.Entry) string {
	left, expires := s.Remaining(e)
	if !expires {
		return ""
	}
	left = min(max(left.Truncate(time.Hour), time.Hour), maxTimeout)
	return fmt.Sprintf(" timeout %d", int64(left.Seconds()))
}

func writeRules(w io.Writer, s export.Set) error  { return rules(w, s, "iptables", false) }
func writeRules6(w io.Writer, s export.Set) error { return rules(w, s, "ip6tables", true) }

func rules(w io.Writer, s export.Set, name string, v6 bool) error {
	l := export.NewLines(w, "#", name, s)
	l.Line("*filter")
	l.Line(":CLEW - [0:0]") // flushes it, and nothing else, with -n
	for _, r := range s.Ranges(v6) {
		for _, side := range []string{"-s", "-d"} {
			l.Line("-A CLEW ", side, " ", r.Prefix.String(), ` -m comment --comment "`, r.TraceWithin(maxComment), `" -j DROP`)
		}
	}
	l.Line("COMMIT")
	return l.Close()
}

func fourOnly(e export.Entry) string {
	if e.Value.STIX() == "ipv6-addr" {
		return "IPv6: export ip6tables"
	}
	return ""
}

func sixOnly(e export.Entry) string {
	if e.Value.STIX() != "ipv6-addr" {
		return "IPv4: export iptables"
	}
	return ""
}
