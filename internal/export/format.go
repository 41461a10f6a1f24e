package export

import (
	"fmt"
	"io"
	"path"
	"strings"

	"clew/internal/observable"
)

// A Use says what a format is for, which decides what goes into it by default.
type Use string

const (
	Block Use = "block"  // traffic is dropped: only what was approved
	Watch Use = "detect" // an alert or a hit: high and medium
	Share Use = "share"  // other teams read it: high and medium
	Draw  Use = "draw"   // a picture: leads too
)

// A Format is one exporter.
type Format struct {
	Name  string // as on the command line
	Title string
	Doc   string // one sentence: which tool reads it and how
	Proof string // what was tested with: the real consumer and its version, or why not
	Use   Use
	File  string            // usual name of the file, or of the folder
	Kinds []observable.Kind // what it can carry; docs and Fits agree
	// Fits says why an entry of one of the kinds cannot be carried; "" means it
	// can. nil means that all can.
	Fits func(Entry) string
	// Patterns says that it also detects by shared attributes, and so has
	// something to say about a set without entries of its kinds.
	Patterns bool
	// Notes says that it carries remarks.
	Notes bool
	// Write writes the set as one file. A format that is a folder has Files instead.
	Write func(io.Writer, Set) error
	Files func(Set) ([]File, error)
}

// A File is one file of a format that is a folder. Its name is made of safe
// characters, with / between folders.
type File struct {
	Name    string
	Content []byte
}

// Media returns the media type of the file; a folder is handed over as a ZIP.
func (f Format) Media() string {
	ending := path.Ext(f.File)
	switch {
	case f.Files != nil:
		return "application/zip"
	case strings.HasSuffix(f.File, ".stix.json"):
		return "application/stix+json;version=2.1" // STIX 2.1, section 1.6.3 of TAXII 2.1
	case ending == ".json":
		return "application/json"
	case ending == ".csv":
		return "text/csv; charset=utf-8"
	case ending == ".xml" || ending == ".ioc" || ending == ".graphml" || ending == ".gexf":
		return "application/xml"
	}
	return "text/plain; charset=utf-8"
}

// carries says why the format cannot carry e, "" when it can.
func (f Format) carries(e Entry) string {
	for _, k := range f.Kinds {
		if k == e.Value.Kind() {
			if f.Fits != nil {
				return f.Fits(e)
			}
			return ""
		}
	}
	return fmt.Sprintf("%s cannot carry the kind %s", f.Name, e.Value.Kind())
}

// EveryKind is the vocabulary, for formats that can carry anything.
func EveryKind() []observable.Kind { return observable.Kinds() }
