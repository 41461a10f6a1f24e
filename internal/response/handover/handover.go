// Package handover packs a case for somebody who takes it over: the report, what
// tools read, what was seen inside, what happened when, and the raw evidence,
// each with its SHA-256. Nothing of clew is needed to read it.
package handover

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/stix"
	"clew/internal/report"
)

// A Package is what goes into the file.
type Package struct {
	Record   *casefile.Record
	Document casefile.Document // as the policy has it
	Rules    export.Rules      // of the STIX bundle; its audience bounds the whole package
	Blobs    casefile.Reader
}

// fileTime is the time of every file in the package: when it was written is no
// part of the case. A zip can hold none earlier.
var fileTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// sumsName is the list of digests, in the form that sha256sum -c reads.
const sumsName = "SHA256SUMS"

// Write writes the package as a ZIP. The same case gives the same bytes. Raw
// evidence that is not in the record any more is an error: a package with holes
// is no evidence.
func Write(ctx context.Context, w io.Writer, p Package) error {
	set, err := export.Choose([]casefile.Document{p.Document}, stix.Format(), p.Rules)
	if err != nil {
		return fmt.Errorf("hand-over of %s: %w", p.Document.Case.ID, err)
	}
	out := writer{zip: zip.NewWriter(w)}
	out.text("README.txt", readme(p.Document))
	out.made("report.html", func(b io.Writer) error { return report.HTML(b, p.Document) })
	out.made("report.md", func(b io.Writer) error { return report.Markdown(b, p.Document) })
	out.made("report.json", func(b io.Writer) error { return p.Document.Encode(b) })
	out.made("indicators.stix.json", func(b io.Writer) error { return stix.Format().Write(b, set) })
	out.made("sightings.jsonl", func(b io.Writer) error { return lines(b, sightings(p.Record.Events)) })
	out.made("timeline.txt", func(b io.Writer) error { return casefile.WriteLog(b, p.Record.Events) })
	out.made("timeline.jsonl", func(b io.Writer) error { return lines(b, p.Record.Events) })
	out.evidence(ctx, p)
	out.text(sumsName, strings.Join(out.sums, ""))
	if out.err != nil {
		return fmt.Errorf("hand-over of %s: %w", p.Document.Case.ID, out.err)
	}
	return out.zip.Close()
}

func readme(d casefile.Document) string {
	return fmt.Sprintf(`Case %s, TLP:%s, as of %s

report.html            for people; opens in any browser, prints in black and white
report.md, report.json the same as Markdown, and as the document that tools read
indicators.stix.json   STIX 2.1 bundle
sightings.jsonl        what searches of our own logs said, one a line
timeline.txt, .jsonl   every event of the record, in order; the head is %s
evidence/              raw answers, named by their SHA-256; evidence/index.jsonl says where each is from
SHA256SUMS             check with: sha256sum -c SHA256SUMS

Values in .json and .jsonl are exact and live. Evidence is what others sent: open it as text only.
`, casefile.Printable(d.Case.ID), casefile.Printable(d.Case.TLP), d.Case.Changed, casefile.Printable(d.Case.Head))
}

// A sighting is one line of sightings.jsonl.
type sighting struct {
	At string `json:"at"`
	By string `json:"by"`
	casefile.Sighted
}

func sightings(events []casefile.Event) []sighting {
	var list []sighting
	for _, e := range events {
		var s casefile.Sighted
		if e.Type == casefile.TypeSighted && e.Decode(&s) == nil {
			list = append(list, sighting{e.Time, e.Actor, s})
		}
	}
	return list
}

// A piece is one line of evidence/index.jsonl.
type piece struct {
	File   string         `json:"file"`
	Source string         `json:"source"`
	About  casefile.Value `json:"about"`
	casefile.Evidence
}

func pieces(events []casefile.Event) []piece {
	var list []piece
	for _, e := range events {
		var asked casefile.Asked
		if e.Type != casefile.TypeAsked || e.Decode(&asked) != nil {
			continue
		}
		for _, ev := range asked.Evidence {
			list = append(list, piece{"evidence/" + ev.SHA256, asked.Source, asked.About, ev})
		}
	}
	return list
}

func lines[T any](w io.Writer, list []T) error {
	encode := json.NewEncoder(w)
	encode.SetEscapeHTML(false)
	for _, item := range list {
		if err := encode.Encode(item); err != nil {
			return err
		}
	}
	return nil
}

// writer writes files until the first error, and keeps their digests.
type writer struct {
	zip  *zip.Writer
	sums []string
	err  error
}

func (w *writer) file(name string, content []byte) {
	if w.err != nil {
		return
	}
	into, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: fileTime})
	if err == nil {
		_, err = into.Write(content)
	}
	w.err = err
	sum := sha256.Sum256(content)
	w.sums = append(w.sums, fmt.Sprintf("%s  %s\n", hex.EncodeToString(sum[:]), name))
}

func (w *writer) text(name, content string) { w.file(name, []byte(content)) }

func (w *writer) made(name string, write func(io.Writer) error) {
	if w.err != nil {
		return
	}
	var b bytes.Buffer
	if w.err = write(&b); w.err == nil {
		w.file(name, b.Bytes())
	}
}

// evidence writes every raw answer once, by digest, checked as it is read.
func (w *writer) evidence(ctx context.Context, p Package) {
	list := pieces(p.Record.Events)
	w.made("evidence/index.jsonl", func(b io.Writer) error { return lines(b, list) })
	var digests []string
	for _, x := range list {
		digests = append(digests, x.SHA256)
	}
	slices.Sort(digests)
	for _, digest := range slices.Compact(digests) {
		if w.err != nil {
			return
		}
		content, err := p.Blobs.GetBlob(ctx, digest)
		if err != nil {
			w.err = err
			return
		}
		w.file("evidence/"+digest, content)
	}
}
