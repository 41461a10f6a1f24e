package document

import (
	"errors"
	"maps"
	"slices"

	"clew/internal/artifact/view"
	"clew/internal/observable/extract/pdftext"
)

// maxPDF bounds the PDF that is looked into.
const maxPDF = view.MaxRead

// PDF reads a PDF file (ISO 32000).
func PDF(v view.View) (*Info, error) {
	if v.Size() > maxPDF {
		return nil, errors.Join(ErrUnreadable, errors.New("it is larger than what is looked into"))
	}
	data := string(v.UpTo(0, maxPDF))
	details, err := pdftext.ReadDetails(data, 4*len(data)+maxPart)
	if err != nil {
		return nil, errors.Join(ErrUnreadable, err)
	}
	info := newInfo()
	for _, name := range slices.Sorted(maps.Keys(details.Properties)) {
		info.property(name, details.Properties[name])
	}
	for _, target := range details.Links {
		info.link("action", target)
	}
	info.Actions = append(info.Actions, details.Actions...)
	info.Scripts = details.Scripts
	for _, file := range details.Embedded {
		info.embed(file.Name, []byte(file.Data))
	}
	return info, nil
}
