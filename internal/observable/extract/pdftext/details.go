package pdftext

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Details are what a PDF says beside its text.
type Details struct {
	Properties map[string]string // of the document information: Author, Producer, …
	Links      []string          // targets of every action that leads out, wherever it hangs
	Actions    []string          // what it does by itself or at a click: JavaScript, Launch, SubmitForm, …
	Scripts    []string          // source of its JavaScript
	Embedded   []Embedded
}

// Embedded is a file attached to a PDF.
type Embedded struct{ Name, Data string }

// Bounds on the details of one file.
const (
	maxDetails  = 1000
	maxProperty = 1024
	maxEmbedded = 100
)

// ReadDetails reads what Read leaves out, with the same bounds.
func ReadDetails(data string, budget int) (Details, error) {
	f, err := parse(data, budget)
	if err != nil {
		return Details{}, err
	}
	d := Details{Properties: map[string]string{}}
	info := f.dict(f.trailer["Info"])
	for _, key := range slices.Sorted(maps.Keys(info)) {
		if value, ok := f.resolve(info[key]).(text); ok && len(d.Properties) < maxDetails {
			if plain := strings.TrimSpace(plainText(string(value[:min(len(value), maxProperty)]))); plain != "" {
				d.Properties[string(key)] = plain
			}
		}
	}
	for _, number := range slices.Sorted(maps.Keys(f.objects)) {
		if f.budget--; f.budget <= 0 {
			break
		}
		d.visit(f, f.objects[number], 0)
	}
	d.Links, d.Actions = distinct(d.Links), distinct(d.Actions)
	return d, nil
}

// visit looks for actions and attached files in one object. References are not
// followed: what they lead to is visited by itself.
func (d *Details) visit(f *file, o object, depth int) {
	if depth > maxNesting {
		return
	}
	switch o := o.(type) {
	case array:
		for _, element := range o {
			d.visit(f, element, depth+1)
		}
	case *stream:
		d.visit(f, o.dict, depth+1)
	case dict:
		d.action(f, o)
		d.attachment(f, o)
		for _, key := range slices.Sorted(maps.Keys(o)) {
			d.visit(f, o[key], depth+1)
		}
	}
}

func (d *Details) action(f *file, o dict) {
	kind, ok := f.resolve(o["S"]).(name)
	if !ok || len(d.Actions) >= maxDetails {
		return
	}
	switch kind {
	case "URI":
		if uri, ok := f.resolve(o["URI"]).(text); ok {
			d.Links = append(d.Links, string(uri))
		}
	case "JavaScript":
		d.Actions = append(d.Actions, string(kind))
		switch script := f.resolve(o["JS"]).(type) {
		case text:
			d.Scripts = append(d.Scripts, plainText(string(script)))
		case *stream:
			d.Scripts = append(d.Scripts, f.decode(script))
		}
	case "Launch", "SubmitForm", "GoToR", "GoToE", "ImportData":
		d.Actions = append(d.Actions, string(kind))
		for _, target := range []object{o["F"], f.dict(o["Win"])["F"], f.dict(o["F"])["F"]} {
			if file, ok := f.resolve(target).(text); ok {
				d.Links = append(d.Links, string(file))
			}
		}
	}
}

// attachment reads a file specification with the file in it.
func (d *Details) attachment(f *file, o dict) {
	content, ok := f.resolve(f.dict(o["EF"])["F"]).(*stream)
	if !ok || len(d.Embedded) >= maxEmbedded {
		return
	}
	file := Embedded{Data: f.decode(content)}
	for _, key := range []name{"UF", "F"} {
		if given, ok := f.resolve(o[key]).(text); ok && file.Name == "" {
			file.Name = plainText(string(given))
		}
	}
	d.Embedded = append(d.Embedded, file)
}

// plainText reads a text string: UTF-16 with a mark before it, else bytes.
func plainText(raw string) string {
	body, wide := strings.CutPrefix(raw, "\xfe\xff")
	if !wide {
		return strings.ToValidUTF8(raw, "\ufffd")
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = uint16(body[2*i])<<8 | uint16(body[2*i+1])
	}
	return string(utf16.Decode(units))
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
