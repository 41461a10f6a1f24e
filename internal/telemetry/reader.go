package telemetry

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"

	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
)

// A Reader reads logs for an index: the same text that a search looks at.
type Reader struct{}

var errNotPlain = errors.New("packed")

// Plain reports whether a log that begins with head is text as it lies on disk,
// a record a line, so that any line can be read alone.
func (Reader) Plain(head []byte) bool {
	plain := false
	err := logfile.Members(bytes.NewReader(head), func(member string, r *bufio.Reader) error {
		as, err := r.Peek(min(len(head), 512))
		if member != "" || err != nil || !bytes.HasPrefix(head, as) {
			return errNotPlain
		}
		if all.Binary(head) != nil {
			return errNotPlain
		}
		return logfile.Blocks(r, logfile.Options{}, func(b logfile.Block) error {
			plain = b.Records == nil
			return errNotPlain // the first block tells
		})
	})
	return plain && errors.Is(err, errNotPlain)
}

// Header reports whether a line explains those that follow.
func (Reader) Header(line []byte, first bool) bool {
	_, is := all.Header(line, nil, first)
	return is
}

// Hidden hands over text with its escapes undone, record by record.
func (Reader) Hidden(text []byte, see func([]byte)) {
	if !hides(text, true) {
		return
	}
	for len(text) > 0 {
		line := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line = text[:end+1]
		}
		if hides(line, true) {
			reveal(line, see)
		}
		text = text[len(line):]
	}
}

// Unpack reads any log and hands over its text, cut between records.
func (Reader) Unpack(ctx context.Context, path string, each func(text []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	return logfile.Members(file, func(_ string, r *bufio.Reader) error {
		return logfile.Blocks(r, logfile.Options{Header: all.Header, Binary: all.Binary}, func(b logfile.Block) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return each(b.Text)
		})
	})
}
