// Package dnsdb reads answers of Farsight DNSDB as they were saved: version 1,
// one bare JSON object a line, and version 2, the same objects in frames of the
// Streaming Answer Format.
//
// A framed answer tells whether it is whole. One that ends without its last
// frame was cut, which is an error; one that ends in "limited" or "failed" is
// kept and called incomplete. Frames: docs/sources/dnsdb.md.
package dnsdb

import (
	"bytes"
	"encoding/json"
	"fmt"

	"clew/internal/ingest"
	"clew/internal/ingest/pdns"
)

// Format is a saved answer of DNSDB.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "dnsdb" }

// Likely reports whether the first line is a frame.
func (Format) Likely(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	var f frame
	return json.Unmarshal(line, &f) == nil && (f.Cond != "" || f.Obj != nil)
}

// Decoder implements [ingest.Format].
func (Format) Decoder() ingest.Decoder { return &decoder{} }

// A frame is one line of an answer: of version 2 when it has cond or obj, else
// a bare object of version 1.
type frame struct {
	Cond string  `json:"cond"`
	Msg  string  `json:"msg"`
	Obj  *object `json:"obj"`
	object
}

// An object is a record, a value alone (from flexible search), or the size of
// an answer (from summarize).
type object struct {
	pdns.Record
	RawRData string `json:"raw_rdata"`
	Results  *int   `json:"num_results"`
}

// decoder knows whether a framed answer is open: begun, and not yet ended.
type decoder struct {
	open   bool
	record pdns.Record
}

// Line implements [ingest.Decoder]. Nearly all lines are a plain record, bare
// or in a frame of its own; the others are taken apart in full.
func (d *decoder) Line(line []byte, out *ingest.Out) {
	inner, framed := bytes.CutPrefix(line, []byte(`{"obj":`))
	if framed {
		inner = bytes.TrimSuffix(inner, []byte("}"))
	}
	if d.record.Plain(inner) && d.record.RRName != "" {
		d.open = d.open || framed
		d.record.Tell(out)
		return
	}
	d.frame(line, out)
}

func (d *decoder) frame(line []byte, out *ingest.Out) {
	var f frame
	if err := json.Unmarshal(line, &f); err != nil {
		out.Reject("not a JSON object of DNSDB: %w", err)
		return
	}
	switch f.Cond {
	case "", "ongoing":
		d.open = d.open || f.Cond != "" || f.Obj != nil
	case "begin":
		d.open = true
	case "succeeded":
		d.open = false
	case "limited", "failed":
		d.open = false
		out.Partial(fmt.Sprintf("DNSDB ended the answer as %s: %s", f.Cond, f.Msg))
	default:
		out.Reject("unknown frame %q", f.Cond)
		return
	}
	switch {
	case f.Obj != nil:
		f.Obj.tell(out)
	case f.Cond == "":
		f.tell(out)
	}
}

func (o *object) tell(out *ingest.Out) {
	if o.RRName == "" && (o.Results != nil || o.RawRData != "") {
		out.Skip() // a size, or a value without the names that hold it
		return
	}
	o.Tell(out)
}

// End implements [ingest.Decoder].
func (d *decoder) End(*ingest.Out) error {
	if d.open {
		return fmt.Errorf("%w: the answer of DNSDB has no last frame: ask again", ingest.ErrCut)
	}
	return nil
}
