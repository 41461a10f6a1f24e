package misp_test

import (
	"slices"
	"strings"
	"testing"

	"clew/internal/export/exporttest"
	"clew/internal/export/misp"
	"clew/internal/ingest/ingesttest"
	importer "clew/internal/ingest/misp"
)

// What our own importer reads from an event is what the case said: addresses of
// names, what files share, and every indicator as reported in the event.
func TestOurImporterReadsItBack(t *testing.T) {
	lines, summary, err := ingesttest.Read(t, importer.Format{}, exporttest.Only(t, misp.Format()))
	if err != nil || summary.Rejected > 0 {
		t.Fatalf("%+v: %v", summary, err)
	}
	const file = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
	for _, want := range []string{
		"login-portal.example resolves-to 203.0.113.7",
		file + " imphash f34d5f2d4577ed6d9ceec516c1f5a745",
		file + " rich 0a1b2c3d4e5f60718293a4b5c6d7e8f9",
		file + " filename invoice_update.exe",
		"login-portal.example reported-in",
		"203.0.113.7 reported-in",
		"http://files.example/a/b.php?x=1&y=%27 reported-in",
	} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("not read back: %s", want)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(lines, "\n"))
	}
}
