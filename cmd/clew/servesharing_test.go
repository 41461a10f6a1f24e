package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/report/pdf"
)

// printed returns what a command writes to standard output.
func printed(t *testing.T, a *app, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	run := *a
	run.stdout = &out
	if code := run.run(t.Context(), args); code != exitDone {
		t.Fatalf("clew %s: exit %d", strings.Join(args, " "), code)
	}
	return out.String()
}

// checkSharing downloads a case in every way, and compares it with what the
// command line writes.
func checkSharing(t *testing.T, a *app, c client, id string) {
	t.Helper()
	path := "/api/v1/cases/" + id
	c.want(200, "GET", "/api/v1/formats", "", `"name":"rpz"`, `"media":"application/zip"`)
	c.want(200, "GET", "/api/v1/policy", "", `"band":"high"`, `"approve":"person"`)

	for format, kind := range map[string]string{"edl-domain": "text/plain; charset=utf-8", "stix": "application/stix+json;version=2.1", "csv": "text/csv; charset=utf-8"} {
		answer, text := c.do("GET", path+"/exports/"+format, "")
		if want := printed(t, a, "export", format, id); text != want {
			t.Errorf("%s: the server gives\n%s\nthe command\n%s", format, text, want)
		}
		h := answer.Header
		if h.Get("Content-Type") != kind || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename="+id) || h.Get("X-Clew-TLP") != "AMBER" ||
			h.Get("X-Frame-Options") != "DENY" || h.Get("ETag") == "" {
			t.Errorf("%s: headers %v", format, h)
		}
	}
	c.want(404, "GET", path+"/exports/none", "", "formats lists")
	c.want(403, "GET", path+"/exports/csv?tlp=GREEN", "", "forbidden by TLP")
	c.want(422, "GET", path+"/exports/csv?state=maybe", "", "no state of an action")
	c.want(200, "GET", path+"/exports/csv/about", "", `"entries":`, "c2[.]example", "rejected by the analyst")
	if _, folder := c.do("GET", path+"/exports/misp-feed", ""); !strings.Contains(strings.Join(namesIn(t, folder), " "), "manifest.json") {
		t.Errorf("a folder holds %v", namesIn(t, folder))
	}
	checkReport(t, a, c, path, id)

	answer, bundle := c.do("GET", path+"/bundle", "")
	if _, err := casefile.ReadBundle(t.Context(), strings.NewReader(bundle), int64(len(bundle))); err != nil || answer.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("bundle of type %q: %v", answer.Header.Get("Content-Type"), err)
	}
	_, handover := c.do("GET", path+"/handover", "")
	if names := strings.Join(namesIn(t, handover), " "); !strings.Contains(names, "report.html") || !strings.Contains(names, "SHA256SUMS") {
		t.Errorf("hand-over of %s", names)
	}
	c.want(403, "GET", path+"/handover?tlp=CLEAR", "", "forbidden by TLP")
	c.want(404, "GET", "/api/v1/cases/none/bundle", "")
}

func namesIn(t *testing.T, content string) (names []string) {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("%v: %.80q", err, content)
	}
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	return names
}

func checkReport(t *testing.T, a *app, c client, path, id string) {
	t.Helper()
	answer, page := c.do("GET", path+"/report", "")
	policy := answer.Header.Get("Content-Security-Policy")
	if page != printed(t, a, "report", id, "--format", "html") {
		t.Error("the page is not the one of the command line")
	}
	for _, part := range []string{"sandbox;", "default-src 'none'", "frame-ancestors 'self'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s is not in the policy %q", part, policy)
		}
	}
	if h := answer.Header; strings.Contains(policy, "allow-") || strings.Contains(policy, "script") || h.Get("X-Frame-Options") != "SAMEORIGIN" || h.Get("Content-Disposition") != "" {
		t.Errorf("headers %v", h)
	}
	for format, start := range map[string]string{"md": "# ", "json": "{"} {
		answer, text := c.do("GET", path+"/report?download=true&format="+format, "")
		if !strings.HasPrefix(text, start) || !strings.HasSuffix(answer.Header.Get("Content-Disposition"), "-report."+format) || answer.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v %.80q", format, answer.Header, text)
		}
	}
	if _, err := pdf.Browser(""); err != nil {
		c.want(501, "GET", path+"/report?format=pdf", "", "Chromium")
		t.Log("no PDF: ", err)
		return
	}
	if answer, text := c.do("GET", path+"/report?format=pdf", ""); !strings.HasPrefix(text, "%PDF-") || answer.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("PDF: %v %.80q", answer.Header, text)
	}
}

// writeZip writes an archive of one file.
func writeZip(out io.Writer, name, content string) error {
	archive := zip.NewWriter(out)
	w, err := archive.Create(name)
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	return errors.Join(err, archive.Close())
}
