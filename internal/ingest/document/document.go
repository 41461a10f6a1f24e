// Package document splits files that hold JSON values (one, many behind each
// other, lists of them, or lists inside an envelope) into those values, holding
// one at a time.
package document

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"clew/internal/ingest"
)

// maxValue bounds one value in bytes. The largest single events that are shared
// have some ten megabytes.
const maxValue = 64 << 20

// maxDepth bounds the nesting of lists in lists.
const maxDepth = 64

// errSyntax means that r is no JSON.
var errSyntax = errors.New("not JSON")

// Values visits the JSON values of r in order: values that follow each other, on
// lines of their own or not; the elements of a list; and the elements of lists
// that lie in an object under one of the paths inside ("objects",
// "result.hits"). An object in which such a list was found is not visited
// itself; any other is.
//
// Each value is a record of out. One that is too large is rejected and read
// over. Values end at the first error of visit, or with [ingest.ErrCut] when the
// input ends inside a value.
func Values(r io.Reader, out *ingest.Out, inside []string, visit func(json.RawMessage) error) error {
	s := splitter{in: bufio.NewReaderSize(r, 64<<10), inside: inside, out: out, visit: visit}
	return s.all()
}

// Objects is [Values] for a format whose values are objects: each is decoded
// into a new T, and one that is none is rejected.
func Objects[T any](r io.Reader, out *ingest.Out, inside []string, visit func(*T)) error {
	return Values(r, out, inside, func(raw json.RawMessage) error {
		value := new(T)
		if err := json.Unmarshal(raw, value); err != nil {
			out.Reject("%w", err)
			return nil
		}
		visit(value)
		return out.Stopped()
	})
}

type splitter struct {
	in     *bufio.Reader
	inside []string
	out    *ingest.Out
	visit  func(json.RawMessage) error

	value []byte
	over  bool // the value is too large: it is read over
	told  bool // a value was visited or rejected
}

func (s *splitter) all() error {
	for {
		c, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.record(c, "", 0)
		}
		switch {
		case errors.Is(err, errSyntax) && !s.told:
			return fmt.Errorf("%w: %w", ingest.ErrNotFormat, err)
		case errors.Is(err, errSyntax):
			s.out.Record(nil)
			s.out.Reject("%w; what follows is not read", err)
			return nil
		case err != nil:
			return cut(err)
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w inside a JSON value", ingest.ErrCut)
	}
	return err
}

// next returns the next byte that is not white space, a comma between values or
// a record separator (RFC 7464).
func (s *splitter) next() (byte, error) {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch c {
		case ' ', '\t', '\r', '\n', ',', 0x1e:
		case 0xef: // byte order mark
			if rest, err := s.in.Peek(2); err == nil && rest[0] == 0xbb && rest[1] == 0xbf {
				_, _ = s.in.Discard(2)
				continue
			}
			return c, nil
		default:
			return c, nil
		}
	}
}

// record reads the value that begins with c and lies at path.
func (s *splitter) record(c byte, path string, depth int) error {
	switch {
	case c == '[' && depth < maxDepth:
		return s.list(path, depth+1)
	case c == '{' && s.mayHold(path):
		return s.envelope(path, depth+1)
	}
	s.value, s.over = s.value[:0], false
	if err := s.read(c); err != nil {
		return err
	}
	return s.tell()
}

// mayHold reports whether lists are looked for in an object at path.
func (s *splitter) mayHold(path string) bool {
	return slices.ContainsFunc(s.inside, func(p string) bool { return path == "" || strings.HasPrefix(p, path+".") })
}

func (s *splitter) tell() error {
	s.told = true
	if s.over {
		s.out.Record(s.value)
		s.out.Reject("value of more than %d bytes", maxValue)
		return nil
	}
	s.out.Record(s.value)
	return s.visit(s.value)
}

func (s *splitter) list(path string, depth int) error {
	for {
		c, err := s.next()
		if err != nil {
			return unexpected(err)
		}
		if c == ']' {
			return nil
		}
		if err := s.record(c, path+"[]", depth); err != nil {
			return unexpected(err)
		}
	}
}

// envelope reads an object that may hold a list that is to be taken apart.
func (s *splitter) envelope(path string, depth int) error {
	var whole []byte // the object without those lists
	found, tooLarge := false, false
	whole = append(whole, '{')
	for {
		c, err := s.next()
		if err != nil {
			return unexpected(err)
		}
		if c == '}' {
			break
		}
		if c != '"' {
			return errSyntax
		}
		s.value, s.over = s.value[:0], false
		if err := s.read(c); err != nil {
			return err
		}
		key := append([]byte(nil), s.value...)
		var name string
		if json.Unmarshal(key, &name) != nil {
			return errSyntax
		}
		if c, err = s.next(); err != nil {
			return unexpected(err)
		}
		if c != ':' {
			return errSyntax
		}
		if c, err = s.next(); err != nil {
			return unexpected(err)
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		switch {
		case c == '[' && slices.Contains(s.inside, at):
			found = true
			if err := s.list(at, depth+1); err != nil {
				return err
			}
			continue
		case c == '{' && s.mayHold(at) && depth < maxDepth:
			found = true
			if err := s.envelope(at, depth+1); err != nil {
				return err
			}
			continue
		}
		s.value, s.over = s.value[:0], false
		if err := s.read(c); err != nil {
			return err
		}
		if tooLarge = tooLarge || s.over || len(whole)+len(key)+len(s.value) > maxValue; found || tooLarge {
			whole = whole[:1] // it is not told, so it need not be kept
			continue
		}
		if len(whole) > 1 {
			whole = append(whole, ',')
		}
		whole = append(append(append(whole, key...), ':'), s.value...)
	}
	if found {
		return nil
	}
	s.value, s.over = append(append(s.value[:0], whole...), '}'), tooLarge
	return s.tell()
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// read reads one value whole, beginning with c.
func (s *splitter) read(c byte) error {
	s.add(c)
	switch {
	case c == '"':
		return s.text()
	case c == '{' || c == '[':
		return s.nested()
	case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n':
		return s.word()
	}
	return fmt.Errorf("%w: %q where a value should begin", errSyntax, c)
}

func (s *splitter) add(c byte) {
	if len(s.value) >= maxValue {
		s.over, s.value = true, s.value[:256]
	}
	if !s.over {
		s.value = append(s.value, c)
	}
}

// text reads a string after its first quote.
func (s *splitter) text() error {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		s.add(c)
		switch c {
		case '"':
			return nil
		case '\\':
			if c, err = s.in.ReadByte(); err != nil {
				return unexpected(err)
			}
			s.add(c)
		}
	}
}

// nested reads an object or list after its first bracket.
func (s *splitter) nested() error {
	for depth := 1; depth > 0; {
		c, err := s.in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		s.add(c)
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if err := s.text(); err != nil {
				return err
			}
		}
	}
	return nil
}

// word reads a number, true, false or null after its first byte.
func (s *splitter) word() error {
	for {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.IndexByte(" \t\r\n,]}\x1e", c) >= 0 {
			return s.in.UnreadByte()
		}
		s.add(c)
	}
}
