// Package sandbox reads what sandboxes say of a sample: reports of VirusTotal
// (behaviours, as its API gives them), Hybrid Analysis (summaries of version 2),
// ANY.RUN, and CAPE or Cuckoo, as JSON. Each becomes observations of what the
// file does, in a form that does not change from run to run.
//
// Sources: docs.virustotal.com (file behaviour object), the Swagger file of
// hybrid-analysis.com, any.run/api-documentation, and the reports that Cuckoo
// 1.2 and 2.0 and CAPEv2 write (modules/reporting/jsondump.py).
package sandbox

import (
	"bytes"
	"errors"

	"clew/internal/ingest"
	"clew/internal/observation"
)

// maxReport bounds a report. Cuckoo's with every call of every process are
// larger; what is read here stands in the part that fits.
const maxReport = 64 << 20

// Format is the format "sandbox".
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "sandbox" }

// marks are names that a report of each sandbox has near its beginning, all of
// a row.
var marks = [][]string{
	{`"file_behaviour"`},
	{`"environment_id"`, `"analysis_start_time"`, `"sha256"`},
	{`"analysis"`, `"mainObject"`, `"hashes"`},
	{`"info"`, `"category"`, `"machine"`},
}

// Likely implements [ingest.Format].
func (Format) Likely(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	for _, row := range marks {
		all := true
		for _, mark := range row {
			all = all && bytes.Contains(head, []byte(mark))
		}
		if all {
			return true
		}
	}
	return false
}

// Decoder implements [ingest.Format].
func (Format) Decoder() ingest.Decoder { return &decoder{} }

// decoder gathers the lines of a document.
type decoder struct {
	text []byte
	long bool
}

func (d *decoder) Line(line []byte, _ *ingest.Out) {
	if len(d.text)+len(line) > maxReport {
		d.long = true
		return
	}
	d.text = append(append(d.text, line...), '\n')
}

// End implements [ingest.Decoder].
func (d *decoder) End(out *ingest.Out) error {
	if d.long {
		out.Reject("report of more than %d bytes", maxReport)
		return nil
	}
	documents, err := parse(d.text)
	for _, document := range documents {
		if err := read(document, out.Keep); err != nil {
			out.Reject("%w", err)
		}
	}
	if err != nil {
		out.Reject("%w", err)
	}
	return nil
}

var (
	errNoSandbox = errors.New("no report of VirusTotal, Hybrid Analysis, ANY.RUN, CAPE or Cuckoo")
	errNoSample  = errors.New("report without a digest of the file that was run")
)

// read tells what one document says.
func read(t tree, keep func(observation.Observation)) error {
	if items := t.items(); len(items) > 0 {
		return readEach(items, keep)
	}
	switch {
	case t.at("data").has("analysis"):
		return readAnyRun(t.at("data"), keep)
	case t.has("analysis") && t.at("analysis").has("content"):
		return readAnyRun(t, keep)
	case len(t.at("data").items()) > 0:
		return readEach(t.at("data").items(), keep)
	case t.at("data").has("attributes"):
		return readVirusTotal(t.at("data"), keep)
	case t.at("type").text() == "file_behaviour":
		return readVirusTotal(t, keep)
	case t.has("environment_id") && t.has("sha256"):
		return readHybridAnalysis(t, keep)
	case t.has("info") && (t.has("behavior") || t.has("network") || t.has("target")):
		return readCuckoo(t, keep)
	}
	return errNoSandbox
}

func readEach(items []tree, keep func(observation.Observation)) error {
	var errs []error
	for _, item := range items {
		if len(item.items()) > 0 {
			errs = append(errs, errNoSandbox) // a list in a list: not followed, it may go on for ever
			continue
		}
		errs = append(errs, read(item, keep))
	}
	return errors.Join(errs...)
}
