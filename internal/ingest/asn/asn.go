// Package asn reads which autonomous system announces which addresses: tables of
// prefixes or ranges (iptoasn, CAIDA's pfx2as, ip-location-db and the like), and
// MaxMind databases.
package asn

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// Format is tables and MaxMind databases.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "asn" }

// Likely reports whether the first line of head is a row of a table, or head
// begins with the search tree of a database, which is no text. Of the latter the
// end of the file would be the proof; a tree begins with small numbers.
func (Format) Likely(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	_, _, _, err := row(string(bytes.TrimSpace(line)))
	return err == nil
}

const (
	maxLine     = 4096
	maxDatabase = 1 << 30 // bytes; the largest of MaxMind's about networks has 10 MB
)

// Read implements [ingest.DocumentFormat].
func (Format) Read(r io.Reader, out *ingest.Out) error {
	in := bufio.NewReaderSize(r, maxLine)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return err
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return readDatabase(in, out)
	}
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			out.Record(line)
			out.Reject("line of more than %d bytes", maxLine)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			line = nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if text := strings.TrimSpace(string(line)); text != "" && text[0] != '#' {
			out.Record(line)
			tell(text, out)
		}
		if stopped := out.Stopped(); stopped != nil || errors.Is(err, io.EOF) {
			return stopped
		}
	}
}

var (
	errRow      = errors.New("no row of prefix and autonomous system, or of first address, last address and autonomous system")
	errUnrouted = errors.New("announced by nobody")
)

func tell(text string, out *ingest.Out) {
	first, last, number, err := row(text)
	switch {
	case errors.Is(err, errUnrouted):
		out.Skip()
	case err != nil && isName(text):
		out.Skip() // a table of names: there is no relation for them
	case err != nil:
		out.Reject("%w", err)
	default:
		announce(first, last, number, record.At(out.AsOf), out)
	}
}

// row reads "first last asn …", "prefix asn …" or "address length asn …", with
// tabs, commas, semicolons or spaces between.
func row(text string) (first, last netip.Addr, number uint32, err error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == '\t' || r == ',' || r == ';' || r == ' ' || r == '|' })
	for i := range fields {
		fields[i] = strings.Trim(fields[i], `"`)
	}
	if len(fields) < 2 {
		return first, last, 0, errRow
	}
	system := fields[1]
	prefix, prefixErr := netip.ParsePrefix(fields[0])
	if prefixErr != nil {
		if len(fields) < 3 {
			return first, last, 0, errRow
		}
		system = fields[2]
		if first, err = netip.ParseAddr(fields[0]); err != nil || first.Zone() != "" {
			return first, last, 0, errRow
		}
		if last, err = netip.ParseAddr(fields[1]); err != nil {
			if prefix, err = netip.ParsePrefix(fields[0] + "/" + fields[1]); err != nil {
				return first, last, 0, errRow
			}
		}
	}
	if prefix.IsValid() {
		first, last = prefix.Masked().Addr(), record.Last(prefix.Masked())
	}
	if last.Zone() != "" || first.BitLen() != last.BitLen() || last.Less(first) {
		return first, last, 0, errRow
	}
	// Of several origins (4_5 and {4,5} in pfx2as) the first is taken.
	system, _, _ = strings.Cut(strings.TrimLeft(strings.TrimPrefix(strings.ToUpper(system), "AS"), "{"), "_")
	n, err := strconv.ParseUint(system, 10, 32)
	switch {
	case err != nil:
		return first, last, 0, errRow
	case n == 0:
		return first, last, 0, errUnrouted
	}
	return first, last, uint32(n), nil
}

// isName reports whether a line names an autonomous system.
func isName(text string) bool {
	number, name, ok := strings.Cut(strings.TrimPrefix(text, "AS"), "\t")
	_, err := strconv.ParseUint(number, 10, 32)
	return ok && err == nil && name != ""
}

// announce tells the prefixes that make up a range.
func announce(first, last netip.Addr, number uint32, w observation.Window, out *ingest.Out) {
	system, err := observable.New(observable.ASN, "AS"+strconv.FormatUint(uint64(number), 10))
	if err != nil {
		out.Reject("%w", err)
		return
	}
	for first.IsValid() && !last.Less(first) {
		p := record.Covering(first, first, last)
		prefix, err := observable.New(observable.Prefix, p.String())
		if err != nil {
			out.Reject("%s: %w", p, err)
			return
		}
		out.Keep(observation.Observation{Subject: prefix, Relation: observation.AnnouncedBy, Object: system, Window: w})
		first = record.Last(p).Next()
	}
}

// built returns when a database was made.
func built(epoch uint) time.Time { return record.Unix(int64(min(uint64(epoch), 1<<40))) }
