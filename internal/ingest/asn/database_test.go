package asn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/asn"
	"clew/internal/ingest/ingesttest"
)

// database writes a MaxMind database of IPv4: nodes as pairs of records of 24
// bits, and one row of data. What leads to data leads to the number of nodes and
// 16, what leads nowhere to the number of nodes.
func database(nodes [][2]int, row string) string {
	var b bytes.Buffer
	for _, node := range nodes {
		for _, to := range node {
			b.Write([]byte{byte(to >> 16), byte(to >> 8), byte(to)})
		}
	}
	b.Write(make([]byte, 16))
	b.WriteString(row + "\xab\xcd\xefMaxMind.com" + "\xe9")
	number := func(name string, kind byte, n int) {
		b.WriteString(text(name))
		b.WriteByte(kind)
		_ = binary.Write(&b, binary.BigEndian, uint16(n)) // a buffer takes everything
	}
	number("binary_format_major_version", 5<<5|2, 2)
	number("binary_format_minor_version", 5<<5|2, 0)
	number("ip_version", 5<<5|2, 4)
	number("record_size", 5<<5|2, 24)
	number("node_count", 6<<5|2, len(nodes))
	b.WriteString(text("database_type") + text("Test"))
	b.WriteString(text("build_epoch") + "\x04\x02" + "\x69\x56\x5f\x80") // 2026-01-01T11:50:24Z
	b.WriteString(text("languages") + "\x00\x04")
	b.WriteString(text("description") + "\xe0")
	return b.String()
}

func text(s string) string { return string([]byte{2<<5 | byte(min(len(s), 29))}) + long(s) + s }

// long is the second byte of the length of a text of 29 bytes and more.
func long(s string) string {
	if len(s) < 29 {
		return ""
	}
	return string([]byte{byte(len(s) - 29)})
}

var system = "\xe1" + text("autonomous_system_number") + "\xc4\x00\x00\xfb\xf4" // 64500

// leading is the tree of one network.
func leading(p netip.Prefix) [][2]int {
	nodes := make([][2]int, p.Bits())
	raw := p.Addr().AsSlice()
	for bit := range nodes {
		next := bit + 1
		if next == len(nodes) {
			next = len(nodes) + 16
		}
		nodes[bit] = [2]int{len(nodes), len(nodes)}
		nodes[bit][raw[bit/8]>>(7-bit%8)&1] = next
	}
	return nodes
}

func TestDatabase(t *testing.T) {
	input := database(leading(netip.MustParsePrefix("192.0.2.0/24")), system)
	got, s, err := ingesttest.Read(t, asn.Format{}, input)
	want := []string{"192.0.2.0/24 announced-by AS64500 [2026-01-01T11:50:24Z,2026-01-01T11:50:24Z]"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || s.Rejected > 0 {
		t.Errorf("%+v, %v (-want +got):\n%s", s, err, diff)
	}
	input = database(leading(netip.MustParsePrefix("192.0.2.0/24")), "\xe1"+text("country")+text("XX"))
	if got, _, err := ingesttest.Read(t, asn.Format{}, input); !errors.Is(err, ingest.ErrNotFormat) || len(got) > 0 {
		t.Errorf("a database of countries: %q, %v", got, err)
	}
}

// TestBranchesThatMeet: 32 nodes, both branches of each lead to the next, so that
// every one of four billion addresses is a network.
func TestBranchesThatMeet(t *testing.T) {
	for _, end := range []int{32, 32 + 16} { // nowhere, data
		nodes := make([][2]int, 32)
		for i := range nodes {
			nodes[i] = [2]int{i + 1, i + 1}
		}
		nodes[31] = [2]int{end, end}
		got, _, err := ingesttest.Read(t, asn.Format{}, database(nodes, system))
		if !errors.Is(err, ingest.ErrNotFormat) || len(got) > 40 {
			t.Errorf("%d networks, %v", len(got), err)
		}
	}
}

func TestLongLine(t *testing.T) {
	long := "192.0.2.0/24 64500 " + string(bytes.Repeat([]byte("x"), 4096-19)) + "198.51.100.0/24 64501\n"
	got, s, err := ingesttest.Read(t, asn.Format{}, long+"203.0.113.0/24 64502\n")
	want := []string{"203.0.113.0/24 announced-by AS64502 [2026-08-22T00:00:00Z,2026-08-22T00:00:00Z]"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || s.Rejected != 1 {
		t.Errorf("%+v, %v (-want +got):\n%s", s, err, diff)
	}
}
