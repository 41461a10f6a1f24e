package extract

import (
	"clew/internal/observable/extract/pdftext"
)

// readPDF reads the text and the link targets of each page.
func (d *document) readPDF(l *layer) {
	pages, isCut, err := pdftext.Read(l.text, d.budget)
	if err != nil {
		d.skip("%v", err)
	}
	if isCut {
		d.skip("the rest of a PDF that unpacks to more than its size allows")
	}
	if err == nil && len(pages) == 0 {
		d.skip("no page was found in the PDF")
	}
	empty := 0
	for i, page := range pages {
		d.page = i + 1
		if page.Text == "" {
			empty++
		}
		d.scan(fixed(l, page.Text, page.Offset), prosaic)
		for _, link := range page.Links {
			d.scan(fixed(l, link.URI, link.Offset), coded)
		}
	}
	d.page = 0
	if empty > 0 {
		d.skip("%d of %d pages hold no text; they may be pictures", empty, len(pages))
	}
}

// fixed is a layer whose text all came from one place.
func fixed(parent *layer, text string, offset int) *layer {
	b := builder{parent: parent}
	b.add(text, offset, still)
	return b.layer()
}
