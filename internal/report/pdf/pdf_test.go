package pdf_test

import (
	"bytes"
	"errors"
	"testing"

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
