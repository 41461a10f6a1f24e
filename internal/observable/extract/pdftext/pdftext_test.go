package pdftext

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const budget = 1 << 20

func flate(text string) string {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return packed.String()
}

// pdf is a file of one page with that font dictionary, filter and content.
func pdf(font, dictionary, content string, more ...string) string {
	return "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n" +
		fmt.Sprintf("4 0 obj<<%s>>stream\n%s\nendstream endobj\n", dictionary, content) +
		"5 0 obj<</Type/Font " + font + ">>endobj\n" + strings.Join(more, "\n") + "\ntrailer<</Root 1 0 R>>"
}

func TestText(t *testing.T) {
	const simple = "/Subtype/TrueType/Encoding/WinAnsiEncoding/FirstChar 32/Widths[250]"
	cmap := "1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <001a> <0061> endbfrange " +
		"2 beginbfchar <0100> <002e> <0101> <00660069> endbfchar 1 beginbfrange <0200> <0201> [<0040> <d835dd38>] endbfrange"
	var a85 bytes.Buffer
	w := ascii85.NewEncoder(&a85)
	_, _ = w.Write([]byte(flate("BT /F 10 Tf (packed twice) Tj ET")))
	_ = w.Close()
	tests := []struct {
		claim string
		file  string
		want  string
	}{
		{"plain", pdf(simple, "", "BT /F 10 Tf (Hello, evil.example) Tj ET"), "Hello, evil.example"},
		{"compressed", pdf(simple, "/Filter/FlateDecode", flate("BT /F 10 Tf (compressed) Tj ET")), "compressed"},
		{"two_filters", pdf(simple, "/Filter[/ASCII85Decode/FlateDecode]", a85.String()+"~>"), "packed twice"},
		{"hexadecimal_filter", pdf(simple, "/Filter/AHx", fmt.Sprintf("%x>", "BT /F 10 Tf (hex) Tj ET")), "hex"},
		{"escapes", pdf(simple, "", `BT /F 10 Tf (a\(b\)\\\056\
c) Tj <6465 66> Tj ET`), `a(b)\.cdef`},
		{"lines", pdf(simple, "", "BT /F 10 Tf 12 TL 50 700 Td (one) Tj T* (two) Tj 0 -12 Td (three) Tj (four) ' ET"), "one\ntwo\nthree\nfour"},
		{"kerning_is_no_blank_and_a_gap_is", pdf(simple, "", "BT /F 10 Tf [(ev) 20 (il) -300 (site)] TJ ET"), "evil site"},
		{"words_placed_one_by_one", pdf(simple, "", "BT /F 10 Tf 1 0 0 1 50 700 Tm (one) Tj 1 0 0 1 80 700 Tm (two) Tj ET"), "one two"},
		{"pieces_that_touch", pdf(simple, "", "BT /F 10 Tf 1 0 0 1 50 700 Tm (one) Tj 1 0 0 1 65 700 Tm (two) Tj ET"), "onetwo"},
		{"scaled_page", pdf(simple, "", "q .1 0 0 .1 0 0 cm BT /F 100 Tf 500 7000 Td (one) Tj 0 -120 Td (two) Tj ET Q"), "one\ntwo"},
		{
			"differences", pdf("/Subtype/Type1/Encoding<</BaseEncoding/StandardEncoding/Differences[1/e/v/i/l/period/uni0040/fi.alt 200/g12]>>", "", "BT /F 10 Tf <0102030405060741C8> Tj ET"),
			"evil.@fiA",
		},
		{
			"composite_font", pdf("/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<</DW 500/W[1[400 400] 3 26 600]>>]/ToUnicode 7 0 R", "",
				"BT /F 10 Tf <0005 0016 0009 000c 0100 0101 0200 0201 9999> Tj ET", "7 0 obj<<>>stream\n"+cmap+"\nendstream endobj"),
			"evil.fi@𝔸",
		},
		{
			"form", pdf(simple, "", "BT /F 10 Tf 0 700 Td (before) Tj ET /X Do", "6 0 obj<</Subtype/Form/Matrix[1 0 0 1 0 100]>>stream\nBT /F 10 Tf (inside) Tj ET /X Do\nendstream endobj"),
			"before\n" + strings.Repeat("inside\n", 7) + "inside",
		},
		{
			"object_stream", "%PDF-1.7\n9 0 obj<</Type/ObjStm/N 3/First 15/Filter/FlateDecode>>stream\n" +
				flate("1 0 2 29 3 53  <</Type/Catalog/Pages 2 0 R>><</Kids[3 0 R]/Count 1>>   <</Type/Page/Contents 4 0 R/Resources<</Font<</F<</Subtype/Type1>>>>>>>>") +
				"\nendstream endobj 4 0 obj<</Length 8 0 R>>stream\nBT /F 10 Tf (from the stream) Tj ET\nendstream endobj 10 0 obj<</Type/XRef/Root 1 0 R>>stream\n\nendstream endobj",
			"from the stream",
		},
		{"update_wins", pdf(simple, "", "BT /F 10 Tf (old) Tj ET") + "\n4 0 obj<<>>stream\nBT /F 10 Tf (new) Tj ET\nendstream endobj", "new"},
		{"length_lies", pdf(simple, "/Length 3", "BT /F 10 Tf (all of it) Tj ET"), "all of it"},
		{"no_page_tree", strings.Replace(pdf(simple, "/Resources<<>>", "BT /F 10 Tf (x) Tj ET"), "/Pages 2 0 R", "", 1), ""},
		{"inline_image_is_skipped", pdf(simple, "", "BI /W 1 ID (\x00( EI BT /F 10 Tf (after) Tj ET"), "after"},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			pages, isCut, err := Read(test.file, budget)
			if err != nil || isCut || len(pages) != 1 {
				t.Fatalf("%d pages, cut %v, %v; want one", len(pages), isCut, err)
			}
			if diff := cmp.Diff(test.want, pages[0].Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoopsEnd(t *testing.T) {
	for claim, file := range map[string]string{
		"page_tree":  "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Kids[2 0 R 3 0 R]>>endobj 3 0 obj<</Kids[2 0 R]>>endobj trailer<</Root 1 0 R>>",
		"references": "1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj trailer<</Root 1 0 R>>",
		"nesting":    "1 0 obj" + strings.Repeat("[", 1<<16) + " endobj",
		"operands":   pdf("", "", strings.Repeat("1 ", 1<<16)),
		"saves":      pdf("", "", strings.Repeat("q ", 1<<16)),
		"open":       strings.Repeat("1 0 obj(", 1<<12),
		"trailers":   strings.Repeat("trailer<<", 1<<12),
	} {
		if _, _, err := Read(file, budget); err != nil {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(pdf("/Subtype/Type1/Encoding<</Differences[1/a]>>", "", "q 1 0 0 1 0 0 cm BT /F 10 Tf [(a) -300 <62>] TJ T* (c) ' 1 2 (d) \" ET Q /X Do BI ID EI",
		"6 0 obj<</Subtype/Form>>stream\n/X Do\nendstream endobj")))
	f.Add([]byte(pdf("/Subtype/Type0/DescendantFonts[<</W[1[2 3] 4 5 6]>>]/ToUnicode 7 0 R", "/Filter/FlateDecode", flate("BT /F 1 Tf <0001> Tj"),
		"7 0 obj<<>>stream\n1 beginbfrange <00> <ff> <0061> endbfrange 1 beginbfchar <01> <d835> endbfchar\nendstream endobj")))
	f.Add([]byte("9 0 obj<</Type/ObjStm/N 2/First 8>>stream\n1 0 2 2 <<>>[]\nendstream endobj trailer<</Root 1 0 R/Encrypt 2 0 R>>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, _, err := Read(string(data), 1<<16)
		if err != nil {
			return
		}
		total := 0
		for _, page := range pages {
			total += len(page.Text)
			if page.Offset < 0 || page.Offset > len(data) {
				t.Fatalf("offset %d in %d bytes", page.Offset, len(data))
			}
		}
		if total > 1<<17 {
			t.Fatalf("%d bytes of text from a budget of %d", total, 1<<16)
		}
	})
}
