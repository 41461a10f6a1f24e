package format

import "time"

// A Reader takes records of one format apart.
type Reader interface {
	// Name is what hits call the format.
	Name() string
	// Parse fills out from one record and reports whether text is of this
	// format at all. It must not keep text, and it copes with anything.
	Parse(text []byte, c Context, out *Record) bool
}

// A Context is what a record alone does not tell.
type Context struct {
	// Schema is the header line in force, nil when there was none.
	Schema *Schema
	// Ref is about when the log was written: the file's time, or now.
	Ref time.Time
}

// A Schema names the columns of the lines that follow a header. It is never
// changed once made, so that blocks of one file can be read at the same time.
type Schema struct {
	Format    string // the reader it is for
	Separator string // between columns; "" means white space, quotes respected
	Columns   []string
	Log       string // the log's own name, as in Zeek's #path
	SetSep    string // between the members of a set
	Unset     string
	Empty     string
	Date      string // of a W3C log that writes the time of day alone
}

// With returns a copy of s, or of an empty schema, that change has worked on.
func (s *Schema) With(change func(*Schema)) *Schema {
	next := Schema{}
	if s != nil {
		next = *s
	}
	change(&next)
	return &next
}

// A HeaderReader reads the lines that explain the others.
type HeaderReader interface {
	Reader
	// Header reports whether line is such a line, and returns the schema in
	// force after it.
	Header(line []byte, before *Schema) (after *Schema, is bool)
}
