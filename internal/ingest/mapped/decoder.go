package mapped

import (
	"bytes"
	"fmt"

	"clew/internal/ingest"
)

// decoder reads one file by a mapping.
type decoder struct {
	m      *Mapping
	row    *row
	table  *table // nil for JSON Lines
	failed error  // the header is wrong: every row is
	groups []group
}

func newDecoder(m *Mapping) *decoder {
	d := &decoder{m: m, row: m.newRow(), groups: make([]group, len(m.sets))}
	if m.layout != jsonl {
		d.table, d.failed = newTable(m)
	}
	return d
}

// Line implements [ingest.Decoder].
func (d *decoder) Line(line []byte, out *ingest.Out) {
	switch {
	case d.failed != nil:
		out.Reject("%w", d.failed)
	case d.table == nil:
		if d.m.comment != "" && bytes.HasPrefix(line, []byte(d.m.comment)) {
			return
		}
		if err := d.m.readJSON(line, d.row); err != nil {
			out.Reject("%w", err)
			return
		}
		d.tell(out)
	default:
		ready, err := d.table.read(line, d.row)
		if err != nil {
			out.Reject("%w", err)
			if d.table.width == 0 {
				d.failed = err
			}
			return
		}
		if ready {
			d.tell(out)
		}
	}
}

// tell hands out what the current row states.
func (d *decoder) tell(out *ingest.Out) {
	if len(d.m.skip) > 0 && anyHolds(d.m.skip, d.row) {
		out.Skip()
		return
	}
	told := false
	for i := range d.m.facts {
		told = d.m.facts[i].tell(d.row, d.m.clock, out) || told
	}
	for i := range d.m.sets {
		told = d.groups[i].take(&d.m.sets[i], d.row, d.m.clock, out) || told
	}
	if !told {
		out.Skip()
	}
}

// End implements [ingest.Decoder].
func (d *decoder) End(out *ingest.Out) error {
	for i := range d.m.sets {
		d.groups[i].tell(&d.m.sets[i], out)
	}
	if d.table != nil && len(d.table.pending) > 0 {
		return fmt.Errorf("%w inside a quoted cell of its last %d lines", ingest.ErrCut, d.table.lines)
	}
	return nil
}

func anyHolds(all []condition, r *row) bool {
	for _, c := range all {
		if c.holds(r) {
			return true
		}
	}
	return false
}

// Likely reports whether a file that begins with head has every column the
// mapping reads.
func (m *Mapping) Likely(head []byte) bool {
	if m.layout != jsonl && !m.header {
		return false
	}
	for more := true; more; {
		var line []byte
		line, head, more = bytes.Cut(head, []byte{'\n'})
		line = bytes.TrimSuffix(bytes.TrimPrefix(line, []byte("\ufeff")), []byte{'\r'})
		if m.layout == jsonl {
			return m.hasMembers(line)
		}
		comment := m.comment != "" && bytes.HasPrefix(line, []byte(m.comment))
		if t := (&table{m: m}); comment {
			if t.commentedHead(line); t.width > 0 {
				return true
			}
		} else {
			cells, open, err := t.split(line, nil)
			return err == nil && !open && t.head(cells) == nil
		}
	}
	return false
}
