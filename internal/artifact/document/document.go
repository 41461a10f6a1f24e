// Package document reads what office documents, PDF and RTF files say of
// themselves: author and tool, links that load something from elsewhere, and
// files embedded in them. Macros and scripts are text here, never run.
package document

import (
	"errors"
	"slices"
	"strings"
)

// ErrUnreadable means the document cannot be read at all.
var ErrUnreadable = errors.New("unreadable document")

// Info is what was read.
type Info struct {
	Properties []Property `json:"properties"`
	Links      []Link     `json:"links"`
	// Actions are what the document does by itself or at a click.
	Actions  []string   `json:"actions"`
	Macros   bool       `json:"macros"`
	Embedded []Embedded `json:"embedded"`
	Problems []string   `json:"problems"`
	// Text is what a reader sees, as far as it is simple to get at; Scripts
	// the code in it.
	Text    string   `json:"-"`
	Scripts []string `json:"-"`
}

// A Property is a field of metadata, as the format names it.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Link leads out of the document.
type Link struct {
	Kind   string `json:"kind"` // hyperlink, attachedTemplate, oleObject, …
	Target string `json:"target"`
}

// Embedded is a file in the document.
type Embedded struct {
	Name string `json:"name"`
	Data []byte `json:"-"`
}

// Bounds of one document.
const (
	maxPart     = 32 << 20 // of one part, unpacked
	maxBudget   = 256 << 20
	maxLinks    = 2000
	maxEmbedded = 200
	maxValue    = 1024
)

func newInfo() *Info {
	return &Info{Properties: []Property{}, Links: []Link{}, Actions: []string{}, Embedded: []Embedded{}, Problems: []string{}}
}

func (i *Info) property(name, value string) {
	value = strings.TrimSpace(strings.ToValidUTF8(value[:min(len(value), maxValue)], ""))
	if p := (Property{name, value}); value != "" && len(i.Properties) < maxLinks && !slices.Contains(i.Properties, p) {
		i.Properties = append(i.Properties, p)
	}
}

func (i *Info) link(kind, target string) {
	target = strings.TrimSpace(strings.ToValidUTF8(target[:min(len(target), 8*maxValue)], ""))
	l := Link{kind, target}
	switch {
	case target == "" || strings.HasPrefix(target, "#") || slices.Contains(i.Links, l):
	case len(i.Links) == maxLinks:
		i.problem("more links than are listed")
	default:
		i.Links = append(i.Links, l)
	}
}

func (i *Info) embed(name string, data []byte) {
	if len(i.Embedded) == maxEmbedded {
		i.problem("more embedded files than are read")
		return
	}
	i.Embedded = append(i.Embedded, Embedded{Name: name, Data: data})
}

func (i *Info) problem(text string) {
	if len(i.Problems) < 20 && !slices.Contains(i.Problems, text) {
		i.Problems = append(i.Problems, text)
	}
}
