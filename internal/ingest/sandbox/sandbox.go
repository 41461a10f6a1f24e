// Package sandbox reads what sandboxes say of a sample: reports of VirusTotal
// (behaviours and their summary, as its API gives them), Hybrid Analysis (summaries of version 2),
// ANY.RUN, and CAPE or Cuckoo, as JSON. Each becomes observations of what the
// file does, in a form that does not change from run to run.
//
// Sources: docs.virustotal.com (file behaviour object), the Swagger file of
// hybrid-analysis.com, any.run/api-documentation, and the reports that Cuckoo
// 1.2 and 2.0 and CAPEv2 write (modules/reporting/jsondump.py).
package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observation"
)

// Format is the format "sandbox".
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "sandbox" }

// marks are names that a report of each sandbox has near its beginning, all of
// a row.
var marks = [][]string{
	{`"file_behaviour"`},
	{`"data"`, `/behaviour_summary"`},
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

// Read implements [ingest.DocumentFormat]. Reports that follow each other, or
// lie in a list or in the answer of an API, are read one at a time.
func (Format) Read(r io.Reader, out *ingest.Out) error {
	return document.Values(r, out, []string{"data"}, func(raw json.RawMessage) error {
		report, err := parse(raw)
		if err == nil {
			err = read(report, out.Named(), out.Keep)
		}
		if err != nil {
			out.Reject("%w", err)
		}
		return out.Stopped()
	})
}

var (
	errNoSandbox = errors.New("no report of VirusTotal, Hybrid Analysis, ANY.RUN, CAPE or Cuckoo")
	errNoSample  = errors.New("report without a digest of the file that was run")
	errNoSummary = errors.New("summary of VirusTotal without the file it is of: call the file, or with --name the import, by its digest")
)

// read tells what one document says. named is what the reader calls the
// document: a summary of VirusTotal may not say itself of which file it is.
func read(t tree, named string, keep func(observation.Observation)) error {
	if items := t.items(); len(items) > 0 {
		return readEach(items, keep)
	}
	data := t.at("data")
	switch {
	case data.has("analysis"):
		return readAnyRun(data, keep)
	case t.has("analysis") && t.at("analysis").has("content"):
		return readAnyRun(t, keep)
	case len(data.items()) > 0:
		return readEach(data.items(), keep)
	case data.has("attributes"):
		return readVirusTotal(data, keep)
	case t.at("type").text() == "file_behaviour":
		return readVirusTotal(t, keep)
	case t.has("environment_id") && t.has("sha256"):
		return readHybridAnalysis(t, keep)
	case t.has("info") && (t.has("behavior") || t.has("network") || t.has("target")):
		return readCuckoo(t, keep)
	case isSummary(data):
		return readSummary(data, named, keep)
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
		errs = append(errs, read(item, "", keep))
	}
	return errors.Join(errs...)
}
