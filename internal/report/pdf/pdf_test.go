package pdf_test

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/report"
	"clew/internal/report/pdf"
)

func TestARealBrowserPrints(t *testing.T) {
	browser, err := pdf.Browser("")
	if err != nil {
		t.Skip("no Chromium here: printing is not tested")
	}
	var out bytes.Buffer
	if err := pdf.Print(t.Context(), &out, browser, []byte("<!DOCTYPE html><title>x</title><p>one page</p>")); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), []byte("%PDF-")) || !bytes.Contains(out.Bytes(), []byte("/Count 1")) {
		t.Errorf("%d bytes that are no PDF of one page", out.Len())
	}
}

func TestNoBrowserIsSaid(t *testing.T) {
	if _, err := pdf.Browser("no-such-browser"); !errors.Is(err, pdf.ErrNoBrowser) {
		t.Errorf("got %v, want ErrNoBrowser", err)
	}
	if err := pdf.Print(t.Context(), &bytes.Buffer{}, "/bin/false", nil); err == nil {
		t.Error("a browser that fails prints")
	}
}

// A table that is wider than the paper is cut off at its edge.
func TestNothingIsPrintedBeyondThePaper(t *testing.T) {
	browser, err := pdf.Browser("")
	if err != nil {
		t.Skip("no Chromium here: printing is not tested")
	}
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("no pdftotext here: what was printed is not read")
	}
	names := "dns1.birchgate.example|dns2.birchgate.example|dns3.birchgate.example"
	ground := strings.Repeat("an answer for all customers ", 4)
	factor := casefile.Factor{
		Family: "registration", Relation: "ns-set", Value: names, Bits: 1, Note: ground, Source: "whois", Window: casefile.Window{
			{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, {Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		},
	}
	d := casefile.Document{Findings: []casefile.Finding{{
		Kind: "domain", Value: "long-name.example", Band: "high", P: 0.99, Bits: 7, Factors: slices.Repeat([]casefile.Factor{factor}, 7),
	}}}
	var page, out bytes.Buffer
	if err := report.HTML(&page, d); err != nil {
		t.Fatal(err)
	}
	if err := pdf.Print(t.Context(), &out, browser, page.Bytes()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), reader, "-", "-")
	cmd.Stdin = &out
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range slices.Compact(slices.Sorted(strings.FieldsSeq(ground))) {
		if n, want := bytes.Count(text, []byte(word)), 7*strings.Count(ground, word); n < want {
			t.Errorf("%q is readable %d times of %d", word, n, want)
		}
	}
}
