// Package extract finds indicators in reports: plain text, tables, Markdown,
// JSON, web pages, e-mail and the text of PDF files, each with its position.
//
// It would rather miss one than invent one. A version number is no address, a
// file name no domain, unless the author defanged it or wrote it as a URL.
// Every input is hostile: sizes, nesting and time are bounded.
package extract

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"clew/internal/observable"
)

// A Type is a form of input.
type Type string

// The types that are read. An attached or nested part is read by its own type.
const (
	Text     Type = "text"
	CSV      Type = "csv" // commas, semicolons or tabs between fields
	JSON     Type = "json"
	Markdown Type = "markdown"
	HTML     Type = "html" // also XML
	Email    Type = "email"
	PDF      Type = "pdf"
)

// Types lists every type.
func Types() []Type { return []Type{Text, CSV, JSON, Markdown, HTML, Email, PDF} }

// DefaultMaxBytes is how much input is read when Options do not say.
const DefaultMaxBytes = 64 << 20

// maxMaxBytes is the most that may be asked for: positions are kept in 32 bits.
const maxMaxBytes = 1 << 30

// ErrUnreadable means the input is of a form that cannot be read; the message
// says what to do.
var ErrUnreadable = errors.New("cannot read this kind of file")

// Options say how to read. The zero Options tell the type by the content and
// report every sighting.
type Options struct {
	Type     Type // "" for what the content looks like
	MaxBytes int  // read at most this much; 0 means DefaultMaxBytes
	Distinct bool // report each value once, where it is seen first
}

// A Found is one indicator and where it stands.
type Found struct {
	Value observable.Value
	// Offset counts bytes from the start of the input. In an e-mail it points
	// into the encoded part; in a PDF at the object that holds the page's text.
	Offset       int
	Line, Column int    // of Offset, from 1, Column in bytes; 0 in a PDF
	Page         int    // of a PDF, from 1; 0 elsewhere
	Hidden       bool   // not in the text a reader sees: a link's target, a script, a comment
	Raw          string // as written, once transfer encodings and entities are undone
	Defanged     bool   // the author took care that it is no link
}

// A Result is what was found, in the order of the input, or of the pages.
type Result struct {
	Found []Found
	Type  Type
	Bytes int  // read
	Cut   bool // there was more input than MaxBytes
	// Unread says what was seen and not read, and why, in sentences for people.
	Unread []string
}

// Extract reads r and returns the indicators in it. Errors wrap those of r, or
// ErrUnreadable.
func Extract(r io.Reader, o Options) (Result, error) {
	limit := cmp.Or(o.MaxBytes, DefaultMaxBytes)
	if limit < 0 || limit > maxMaxBytes {
		return Result{}, fmt.Errorf("extract: MaxBytes is %d; it must be between 1 and %d", limit, maxMaxBytes)
	}
	if o.Type != "" && !slices.Contains(Types(), o.Type) {
		return Result{}, fmt.Errorf("extract: unknown type %q; types are %q", o.Type, Types())
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return Result{}, fmt.Errorf("reading the report: %w", err)
	}
	result := Result{Bytes: len(data), Cut: len(data) > limit}
	if result.Cut {
		data, result.Bytes = data[:limit], limit
	}
	doc := document{budget: 4*len(data) + minBudget}
	source, err := decoded(string(data))
	if err != nil {
		return result, err
	}
	result.Type = cmp.Or(o.Type, detect(source.text))
	doc.read(source, result.Type, 0)
	result.Unread = doc.unread
	if result.Type != PDF { // whose sightings come page by page, wherever its objects lie
		slices.SortStableFunc(doc.sightings, func(a, b Found) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	result.Found = doc.found(string(data), o.Distinct)
	return result, nil
}

// found returns the sightings with their lines, which it counts on the way.
func (d *document) found(data string, distinct bool) []Found {
	line, lineStart, at := 1, 0, 0
	seen := make(map[observable.Value]bool)
	found := d.sightings[:0]
	for _, f := range d.sightings {
		if distinct && seen[f.Value] {
			continue
		}
		seen[f.Value] = true
		if f.Page == 0 {
			between := data[at:f.Offset]
			line += strings.Count(between, "\n")
			if last := strings.LastIndexByte(between, '\n'); last >= 0 {
				lineStart = at + last + 1
			}
			at = f.Offset
			f.Line, f.Column = line, f.Offset-lineStart+1
		}
		found = append(found, f)
	}
	return found
}
