// Package pdftext reads the text of PDF files: enough to find indicators in
// reports, not to show them.
//
// It understands Flate, ASCII85 and hexadecimal streams, object streams, simple
// and composite fonts with ToUnicode or a named encoding, forms, and the targets
// of links. It does not decrypt, does not read pictures, and gives text in the
// order it is drawn. Files are hostile: nesting, decoded size and work are
// bounded, and damage costs the damaged part only.
package pdftext

import (
	"maps"
	"slices"
	"strings"
)

// A Page is one page's text.
type Page struct {
	Text   string
	Offset int // in the file, of the object that holds the text
	Links  []Link
}

// A Link is the target of a link on a page.
type Link struct {
	URI    string
	Offset int // in the file, of the object that holds it
}

// Bounds on the page tree.
const (
	maxPages     = 10000
	maxTreeDepth = 32
	maxLinks     = 10000 // on one page
)

// Read returns the pages of a PDF in order. At most budget bytes are decoded;
// isCut says that there was more. The error says what to do.
func Read(data string, budget int) (pages []Page, isCut bool, err error) {
	f, err := parse(data, budget)
	if err != nil {
		return nil, false, err
	}
	fonts := make(map[object]*font)
	for _, page := range f.pages() {
		if f.budget <= 0 {
			return pages, true, nil
		}
		pages = append(pages, f.read(page, fonts))
	}
	return pages, f.budget <= 0, nil
}

// A leaf is a page of the tree, with what it inherits.
type leaf struct {
	page      dict
	resources dict
	offset    int
}

// pages returns the leaves of the page tree, or every page object of a file
// whose tree is broken.
func (f *file) pages() []leaf {
	catalog := f.dict(f.trailer["Root"])
	var leaves []leaf
	if root, ok := catalog["Pages"].(ref); ok {
		leaves = f.walk(nil, root, nil, make(map[ref]bool), 0)
	}
	if len(leaves) > 0 {
		return leaves
	}
	for _, number := range slices.Sorted(maps.Keys(f.objects)) {
		if d, ok := f.objects[number].(dict); ok && d["Type"] == name("Page") && len(leaves) < maxPages {
			leaves = append(leaves, leaf{d, f.dict(d["Resources"]), f.offsets[number]})
		}
	}
	return leaves
}

func (f *file) walk(leaves []leaf, node ref, resources dict, seen map[ref]bool, depth int) []leaf {
	d := f.dict(node)
	if d == nil || seen[node] || depth > maxTreeDepth || len(leaves) >= maxPages {
		return leaves
	}
	seen[node] = true
	if own := f.dict(d["Resources"]); own != nil {
		resources = own
	}
	kids := f.array(d["Kids"])
	if kids == nil {
		return append(leaves, leaf{d, resources, f.offsets[node]})
	}
	for _, kid := range kids {
		if f.budget--; f.budget <= 0 {
			break
		}
		if number, ok := kid.(ref); ok {
			leaves = f.walk(leaves, number, resources, seen, depth+1)
		}
	}
	return leaves
}

func (f *file) read(page leaf, fonts map[object]*font) Page {
	p := painter{file: f, fonts: fonts, state: state{ctm: identity, textMatrix: identity, textLineMatrix: identity, scale: 1}}
	contents := array{page.page["Contents"]}
	if list := f.array(page.page["Contents"]); list != nil {
		contents = list
	}
	result := Page{Offset: page.offset}
	// Contents split into several streams are one: a split may come anywhere
	// between two operands.
	var data strings.Builder
	for i, o := range contents {
		if f.budget--; f.budget <= 0 {
			break
		}
		if s, ok := f.resolve(o).(*stream); ok {
			if i == 0 {
				result.Offset = s.offset
			}
			data.WriteString(f.decode(s) + "\n")
		}
	}
	p.run(data.String(), page.resources, 0)
	result.Text = p.text.String()
	result.Links = f.links(page)
	return result
}

func (f *file) links(page leaf) []Link {
	var links []Link
	for _, o := range f.array(page.page["Annots"]) {
		if f.budget--; f.budget <= 0 {
			break
		}
		annotation := f.dict(o)
		uri, ok := f.resolve(f.dict(annotation["A"])["URI"]).(text)
		if !ok || len(links) == maxLinks {
			continue
		}
		offset := page.offset
		if number, isRef := o.(ref); isRef {
			offset = f.offsets[number]
		}
		links = append(links, Link{string(uri), offset})
		f.budget -= len(uri)
	}
	return links
}
