// Package zone reads zone files, RFC 1035 section 5: the master files of a
// registry's zone (CZDS), of a transfer, or of one's own server.
//
// A zone file has no times of its own: what it says held when it was taken, which
// the import has to be told (AsOf).
package zone

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"clew/internal/ingest"
	"clew/internal/observation/record"
)

// Format is the master file format.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "zone" }

// Likely reports whether head has an $ORIGIN or $TTL line, or a SOA record, and
// no line before it that no zone has.
func (Format) Likely(head []byte) bool {
	for n := 0; n < 200; n++ {
		line, rest, more := bytes.Cut(head, []byte{'\n'})
		fields := strings.Fields(string(line))
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], ";"):
		case fields[0] == "$ORIGIN" || fields[0] == "$TTL":
			return true
		default:
			upper := strings.ToUpper(string(line))
			return strings.Contains(upper, "\tSOA\t") || strings.Contains(upper, " SOA ") || slices.Contains(fields, "IN") && len(fields) >= 4
		}
		if !more {
			return false
		}
		head = rest
	}
	return false
}

// maxErrors is after how many refused entries, and none kept, a file is taken for
// one of another format.
const maxErrors = 1000

// Read implements [ingest.DocumentFormat]. Name servers of one owner that stand
// together are its whole set. An entry that is not understood costs itself, and
// the lines below it that take over its owner.
func (Format) Read(r io.Reader, out *ingest.Out) error {
	t := &teller{out: out}
	kept, rejected := out.Kept, out.Rejected // of the files before
	in := &entries{in: bufio.NewReaderSize(r, 64<<10)}
	for {
		// $INCLUDE is not followed: the parser opens no file unless it is allowed to.
		parser := dns.NewZoneParser(in, "", "")
		parser.SetDefaultTTL(3600) // some zones leave them out, and nobody here needs them
		for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
			out.Record(in.line)
			t.take(rr)
			if err := out.Stopped(); err != nil {
				return err
			}
		}
		if in.err != nil {
			return in.err
		}
		err := parser.Err()
		if err == nil {
			t.end()
			return nil
		}
		out.Record(in.line)
		out.Reject("%w", err)
		if out.Rejected-rejected > maxErrors && out.Kept == kept {
			return ingest.ErrNotFormat
		}
		in.resume()
	}
}

// teller hands out records.
type teller struct {
	out   *ingest.Out
	owner string
	set   []string // name servers of owner
}

func (t *teller) take(rr dns.RR) {
	header := rr.Header()
	if header.Name != t.owner {
		t.end()
		t.owner = header.Name
	}
	data := strings.TrimPrefix(rr.String(), header.String())
	if ns, ok := rr.(*dns.NS); ok && len(t.set) < maxSet {
		t.set = append(t.set, ns.Ns)
	}
	o, ok := record.DNS{
		Name: header.Name, Type: dns.TypeToString[header.Rrtype], Data: data, Window: record.At(t.out.AsOf),
	}.Observation()
	if !ok {
		t.out.Skip()
		return
	}
	t.out.Keep(o)
}

// maxSet bounds the name servers of one owner.
const maxSet = 1000

// end tells the set of name servers of the owner that is complete.
func (t *teller) end() {
	if o, ok := record.NameserverSet(t.owner, t.set, record.At(t.out.AsOf)); ok {
		t.out.Keep(o)
	}
	t.set = t.set[:0]
}
