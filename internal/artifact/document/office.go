package document

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"clew/internal/artifact/archive"
	"clew/internal/artifact/view"
)

// office reads the parts of a document that is a zip file.
type office struct {
	*Info
	budget int64
	text   strings.Builder
}

// OOXML reads a document of Microsoft Office (ECMA-376).
func OOXML(v view.View) (*Info, error) { return readOffice(v, ooxmlPart) }

// ODF reads a document of LibreOffice (OASIS OpenDocument 1.3).
func ODF(v view.View) (*Info, error) { return readOffice(v, odfPart) }

func readOffice(v view.View, read func(o *office, name string, data []byte)) (*Info, error) {
	o := &office{Info: newInfo(), budget: maxBudget}
	err := archive.Walk(v, archive.Zip, nil, func(m archive.Member) error {
		if !wanted(m.Name) {
			return nil
		}
		data, err := o.part(m)
		if err != nil {
			o.problem(m.Name + ": " + err.Error())
		}
		read(o, m.Name, data)
		return nil
	})
	if err != nil {
		return nil, errors.Join(ErrUnreadable, err)
	}
	o.Text = o.text.String()
	return o.Info, nil
}

// wanted leaves pictures and fonts alone.
func wanted(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".ttf", ".odttf", ".svg":
		return false
	}
	return !strings.HasSuffix(name, "/")
}

func (o *office) part(m archive.Member) ([]byte, error) {
	r, err := m.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, min(maxPart, o.budget)))
	o.budget -= int64(len(data))
	if err == nil && (len(data) == maxPart || o.budget <= 0) {
		err = errors.New("it unpacks to more than is read")
	}
	return data, err
}

func ooxmlPart(o *office, name string, data []byte) {
	base := path.Base(name)
	switch {
	case name == "docProps/core.xml", name == "docProps/app.xml":
		o.properties(data)
	case strings.HasSuffix(name, ".rels"):
		o.relations(data)
	case base == "vbaProject.bin":
		o.Macros = true
		o.embed(name, data)
	case strings.Contains(name, "/embeddings/"), strings.Contains(name, "/activeX/") && strings.HasSuffix(name, ".bin"):
		o.embed(name, data)
	case strings.HasSuffix(name, ".xml"):
		o.body(data)
	}
}

func odfPart(o *office, name string, data []byte) {
	switch {
	case name == "meta.xml":
		o.properties(data)
	case name == "content.xml", name == "styles.xml":
		o.body(data)
	case strings.HasPrefix(name, "Basic/") || strings.HasPrefix(name, "Scripts/"):
		o.Macros = true
		o.Scripts = append(o.Scripts, string(data))
	case strings.HasPrefix(name, "Object ") && !strings.Contains(name, "/"):
		o.embed(name, data)
	}
}

// decoder reads XML without entities of its own, so nothing can expand.
func decoder(data []byte) *xml.Decoder {
	d := xml.NewDecoder(strings.NewReader(string(data)))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d
}

// leaves calls visit with each element that holds only text.
func leaves(data []byte, visit func(name, value string)) {
	d := decoder(data)
	var name string
	var value strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			name = t.Name.Local
			value.Reset()
		case xml.CharData:
			value.Write(t[:min(len(t), maxValue)])
		case xml.EndElement:
			if t.Name.Local == name {
				visit(name, value.String())
			}
			name = ""
		}
	}
}

func (o *office) properties(data []byte) { leaves(data, o.property) }

// relations keeps the targets outside the document.
func (o *office) relations(data []byte) {
	d := decoder(data)
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Relationship" {
			continue
		}
		var kind, target string
		external := false
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "Type":
				kind = path.Base(a.Value)
			case "Target":
				target = a.Value
			case "TargetMode":
				external = strings.EqualFold(a.Value, "External")
			}
		}
		if external {
			o.link(kind, target)
		}
	}
}

// body collects the text and the links of a part.
func (o *office) body(data []byte) {
	d := decoder(data)
	for {
		token, err := d.Token()
		if err != nil {
			o.text.WriteByte('\n')
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			for _, a := range t.Attr {
				if a.Name.Local == "href" {
					o.link("hyperlink", a.Value)
				}
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "p", "tr", "row", "si", "br", "h":
				o.text.WriteByte('\n')
			case "c", "tab", "table-cell":
				o.text.WriteByte('\t')
			}
		case xml.CharData:
			if o.text.Len() < maxPart {
				o.text.Write(t)
			}
		}
	}
}
