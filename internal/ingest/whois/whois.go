// Package whois reads raw WHOIS replies, one a file: a file, a folder of them or
// an archive. What a reply says is for the connector to read; the wiring joins
// the two. Tables of WHOIS data are for a mapping.
package whois

import (
	"bytes"
	"io"
	"time"

	"clew/internal/ingest"
	"clew/internal/observation"
)

// Format is raw replies.
type Format struct {
	Decode func(reply []byte, at time.Time) ([]observation.Observation, bool)
}

// Name implements [ingest.Format].
func (Format) Name() string { return "whois" }

// marks are lines with which replies of registries and registrars begin.
var marks = [][]byte{[]byte("domain name:"), []byte("\ndomain:"), []byte("registrar whois server:"), []byte("% iana whois server"), []byte("registry domain id:")}

// Likely reports whether head reads like a reply.
func (Format) Likely(head []byte) bool {
	lower := append([]byte{'\n'}, bytes.ToLower(head)...)
	if bytes.ContainsAny(lower[:min(len(lower), 2)], "{[<") {
		return false
	}
	hits := 0
	for _, mark := range append(marks, []byte("\nregistrar:"), []byte("\nname server:"), []byte("\nnserver:"), []byte("\ncreation date:"), []byte("\ncreated:")) {
		if bytes.Contains(lower, mark) {
			hits++
		}
	}
	return hits >= 2
}

// maxReply bounds one reply in bytes; the longest known has some 10,000.
const maxReply = 1 << 20

// Read implements [ingest.DocumentFormat].
func (f Format) Read(r io.Reader, out *ingest.Out) error {
	reply, err := io.ReadAll(io.LimitReader(r, maxReply+1))
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(reply)) == 0 {
		return nil
	}
	out.Record(bytes.TrimSpace(reply))
	if len(reply) > maxReply {
		out.Reject("more than %d bytes: replies come one a file, or one a member of an archive", maxReply)
		return nil
	}
	facts, ok := f.Decode(reply, out.AsOf)
	if !ok {
		out.Reject("no WHOIS reply about a domain or an address range")
		return nil
	}
	out.KeepAll(facts)
	return nil
}
