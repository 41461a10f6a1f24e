package telemetry

import (
	"bytes"
	"sort"

	"clew/internal/telemetry/logfile"
)

// A split finds the records of a block.
type split struct {
	b        logfile.Block
	lineFrom int   // start up to which lines were counted
	line     int64 // number of the line there
}

func newSplit(b logfile.Block) *split { return &split{b: b, line: b.Line} }

// startOf returns where the record that holds position at begins.
func (s *split) startOf(at int) int {
	if s.b.Records == nil {
		return bytes.LastIndexByte(s.b.Text[:at], '\n') + 1
	}
	return s.b.Records[s.index(at)].At
}

// index returns the record that holds position at.
func (s *split) index(at int) int {
	i := sort.Search(len(s.b.Records), func(i int) bool { return s.b.Records[i].At > at })
	return max(i-1, 0)
}

// next returns where the record after the one at start begins.
func (s *split) next(start int) int {
	if s.b.Records == nil {
		if end := bytes.IndexByte(s.b.Text[start:], '\n'); end >= 0 {
			return start + end + 1
		}
		return len(s.b.Text)
	}
	if i := s.index(start) + 1; i < len(s.b.Records) {
		return s.b.Records[i].At
	}
	return len(s.b.Text)
}

// text returns the record at start.
func (s *split) text(start int) []byte { return s.b.Text[start:s.next(start)] }

// position returns where the record at start stood in the log. Records are asked
// for in order, so that lines are counted once.
func (s *split) position(start int) (offset, line int64) {
	if s.b.Records != nil {
		r := s.b.Records[s.index(start)]
		return r.Offset, r.Line
	}
	if start > s.lineFrom {
		s.line += int64(bytes.Count(s.b.Text[s.lineFrom:start], []byte{'\n'}))
		s.lineFrom = start
	}
	return s.b.Offset + int64(start), s.line
}

// maxIdle bounds how many lines at an end of a block are passed over because
// they are no records.
const maxIdle = 16

// ends returns the first and the last record of the block.
func (s *split) ends() [][]byte {
	first, last := 0, len(s.b.Text)
	for range maxIdle {
		if first >= len(s.b.Text) {
			return nil
		}
		if !s.idle(s.text(first)) {
			break
		}
		first = s.next(first)
	}
	for range maxIdle {
		if last <= first {
			break
		}
		last = s.startOf(last - 1)
		if !s.idle(s.text(last)) {
			break
		}
	}
	if first >= len(s.b.Text) {
		return nil
	}
	if last <= first {
		return [][]byte{s.text(first)}
	}
	return [][]byte{s.text(first), s.text(last)}
}

// idle reports whether a line is none of the records: empty, or a remark of a
// log with a header, such as Zeek's #close.
func (s *split) idle(line []byte) bool {
	line = bytes.TrimSpace(line)
	return s.b.Records == nil && (len(line) == 0 || s.b.Schema != nil && line[0] == '#')
}
