package format

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// maxXMLDepth bounds how deep elements of one record may nest.
const maxXMLDepth = 48

// FlattenXML hands every text and attribute of an XML fragment to emit, with
// the path of element names to it. <Data Name="x">, as Windows writes fields, is
// the field x. Entities are undone; a document type is refused, so nothing is
// expanded. It takes a fragment that ends early as far as it goes.
func FlattenXML(text []byte, emit func(path, value string)) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = passThrough
	d.Entity = xml.HTMLEntity
	var path []string
	var data strings.Builder
	for {
		token, err := d.RawToken()
		if err != nil {
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(path) >= maxXMLDepth {
				return
			}
			name := t.Name.Local
			for _, a := range t.Attr {
				if a.Name.Local == "Name" && (name == "Data" || name == "ComplexData" || name == "Field" || name == "CustomField") {
					name = a.Value
				}
			}
			path = append(path, name)
			data.Reset()
			for _, a := range t.Attr {
				if a.Name.Local != "Name" && a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
					emit(strings.Join(path, ".")+"."+a.Name.Local, a.Value)
				} else if a.Name.Local == "Name" && name == t.Name.Local {
					emit(strings.Join(path, ".")+".Name", a.Value)
				}
			}
		case xml.CharData:
			data.Write(t)
		case xml.EndElement:
			if v := strings.TrimSpace(data.String()); v != "" && len(path) > 0 {
				emit(strings.Join(path, "."), v)
			}
			data.Reset()
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		case xml.Directive:
			return
		}
	}
}

// passThrough reads every declared character set as it stands: what indicators
// are made of is ASCII in all that logs use.
func passThrough(_ string, in io.Reader) (io.Reader, error) { return in, nil }
