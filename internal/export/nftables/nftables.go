// Package nftables writes a table for nft(8) that drops traffic with blocked
// addresses. The kernel lets an element go when it expires.
package nftables

import (
	"fmt"
	"io"
	"time"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is the ruleset.
func Format() export.Format {
	return export.Format{
		Name: "nftables", Title: "nftables", Use: export.Block, File: "clew.nft", Kinds: []observable.Kind{observable.IP, observable.Prefix},
		Doc:   "nft -f clew.nft: table inet clew, replaced as a whole; drops what comes from or goes to an address, with a timeout where it expires",
		Proof: "nft -c, and traffic dropped in a network namespace: nftables 1.0.6",
		Write: write,
	}
}

// table stands around the sets. Adding before deleting makes the first load and
// every later one the same transaction. Policy accept: this table only drops.
const table = `add table inet clew
delete table inet clew
table inet clew {
%s%s	chain drops {
		ip saddr @block4 counter drop
		ip daddr @block4 counter drop
		ip6 saddr @block6 counter drop
		ip6 daddr @block6 counter drop
	}
	chain input { type filter hook input priority -10; policy accept; jump drops; }
	chain output { type filter hook output priority -10; policy accept; jump drops; }
	chain forward { type filter hook forward priority -10; policy accept; jump drops; }
}
`

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "nftables", s)
	if err := l.Close(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, table, elements("block4", "ipv4_addr", s, s.Ranges(false)), elements("block6", "ipv6_addr", s, s.Ranges(true)))
	return err
}

func elements(name, kind string, s export.Set, ranges []export.Range) string {
	text := fmt.Sprintf("\tset %s {\n\t\ttype %s\n\t\tflags interval, timeout\n", name, kind)
	if len(ranges) > 0 {
		text += "\t\telements = {\n"
		for _, r := range ranges {
			text += "\t\t\t" + r.String() + timeout(s, r.Entry) + ` comment "` + r.TraceWithin(maxComment) + "\",\n"
		}
		text += "\t\t}\n"
	}
	return text + "\t}\n"
}

// timeout counts whole hours from the export, one at least, so that exports of
// the same hour are alike.
func timeout(s export.Set, e export.Entry) string {
	left, expires := s.Remaining(e)
	if !expires {
		return ""
	}
	return fmt.Sprintf(" timeout %dh", max(1, int64(left.Truncate(time.Hour).Hours())))
}

// maxComment fits the 128 bytes that nft allows (NFTNL_UDATA_COMMENT_MAXLEN).
const maxComment = 120
