// Package cof reads passive DNS in the Common Output Format: one JSON object a
// line, as CIRCL, mnemonic and most sensors export it.
//
// Format: draft-dulaunoy-dnsop-passive-dns-cof. rdata is a text or a list, times
// are seconds since 1970, names may end in a dot; members that are not needed
// (origin, sensor_id, bailiwick) are read over.
package cof

import (
	"bytes"

	"clew/internal/ingest"
	"clew/internal/ingest/pdns"
)

// Format is the Common Output Format.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "cof" }

// Likely reports whether the first line is a record. DNSDB's bare answers are
// records too: their data is the same, and read the same.
func (Format) Likely(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	return pdns.Likely(line)
}

// Decoder implements [ingest.Format].
func (Format) Decoder() ingest.Decoder { return &decoder{} }

type decoder struct{ record pdns.Record }

func (d *decoder) Line(line []byte, out *ingest.Out) {
	if err := d.record.Decode(line); err != nil {
		out.Reject("not a JSON object of passive DNS: %w", err)
		return
	}
	d.record.Tell(out)
}

func (*decoder) End(*ingest.Out) error { return nil }
