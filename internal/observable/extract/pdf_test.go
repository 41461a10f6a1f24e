package extract

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// samplePDF is a PDF of one page that draws each line by itself, with the
// content compressed and the page in no object stream.
func samplePDF(lines ...string) []byte {
	var content strings.Builder
	content.WriteString("BT /F1 12 Tf 14 TL 72 720 Td\n")
	for _, line := range lines {
		fmt.Fprintf(&content, "(%s) Tj T*\n", strings.NewReplacer("(", `\(`, ")", `\)`, `\`, `\\`).Replace(line))
	}
	content.WriteString("ET")
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	fmt.Fprint(w, content.String())
	_ = w.Close()
	var file bytes.Buffer
	fmt.Fprintf(&file, "%%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"+
		"3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>> endobj\n"+
		"4 0 obj <</Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj\n"+
		"5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>> endobj\n"+
		"6 0 obj <</Type/Annot/Subtype/Link/A<</S/URI/URI(https://link-site.com/a)>>>> endobj\n"+
		"trailer <</Root 1 0 R>>\n%%%%EOF\n", packed.Len(), packed.String())
	return file.Bytes()
}

func TestPDFIsRead(t *testing.T) {
	data := samplePDF("Calls hxxp://evil[.]example/a(1)", "and 198.51.100[.]7")
	want := []string{
		"page 1 hxxp://evil[.]example/a(1) → url http://evil.example/a(1)",
		"page 1 198.51.100[.]7 → ip 198.51.100.7",
		"page 1 hidden https://link-site.com/a → url https://link-site.com/a",
	}
	if diff := cmp.Diff(want, lines(t, string(data), Options{})); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	result, err := Extract(bytes.NewReader(data), Options{})
	if err != nil || result.Type != PDF || result.Unread != nil {
		t.Fatalf("type %q, unread %q, %v", result.Type, result.Unread, err)
	}
	if at := result.Found[0].Offset; !bytes.HasPrefix(data[at:], []byte("4 0 obj")) {
		t.Errorf("offset %d points at %.20q, want the content stream", at, data[at:])
	}
}

func TestPDFSaysWhatItCannotRead(t *testing.T) {
	tests := []struct{ claim, data, want string }{
		{"encrypted", "%PDF-1.4\ntrailer <</Root 1 0 R/Encrypt 2 0 R>>", "encrypted"},
		{"no_pages", "%PDF-1.4\nnothing", "no page"},
		{"picture", strings.Replace(string(samplePDF()), "FlateDecode", "DCTDecode..", 1), "1 of 1 pages hold no text"},
	}
	for _, test := range tests {
		result, err := Extract(strings.NewReader(test.data), Options{})
		if err != nil || !strings.Contains(strings.Join(result.Unread, "\n"), test.want) {
			t.Errorf("%s: unread %q, %v; want %q", test.claim, result.Unread, err, test.want)
		}
	}
}

func TestPDFBombIsCut(t *testing.T) {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	for range 20 {
		_, _ = w.Write(bytes.Repeat([]byte("(a) Tj "), 1<<17))
	}
	_ = w.Close()
	bomb := strings.Replace(string(samplePDF()), "endobj\n5 0", fmt.Sprintf("endobj\n4 0 obj <</Filter/FlateDecode>> stream\n%s\nendstream endobj\n5 0", packed.String()), 1)
	result, err := Extract(strings.NewReader(bomb), Options{})
	if err != nil || !strings.Contains(strings.Join(result.Unread, "\n"), "more than its size allows") {
		t.Errorf("unread %q, %v; want a note that it was cut", result.Unread, err)
	}
}
