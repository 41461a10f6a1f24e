package casefile

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// BundleFormat is the version of the bundle's layout.
const BundleFormat = 1

// Names inside a bundle. Blobs lie at role/digest.
const (
	manifestName = "manifest.json"
	recordName   = "record.jsonl"
	indexName    = "index.json" // makes the bundle a replay folder
)

// A Manifest is the first file of a bundle.
type Manifest struct {
	Format int    `json:"format"` // BundleFormat
	Tool   string `json:"tool"`   // version that wrote the bundle
	Case   string `json:"case"`
	Events uint64 `json:"events"`
	Head   string `json:"head"` // hash of the last event
}

// bundleTime is the time of every file in a bundle: the earliest a zip can
// hold, since when a bundle was written is no part of the case.
var bundleTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteBundle writes a case as one zip file: the manifest, every event, the raw
// answers with an index that makes the file a replay folder, and the corpus
// reads and findings of every run. The same case written by the same version
// gives the same bytes. A case that does not verify is refused: what is passed
// on must be sound.
func WriteBundle(ctx context.Context, w io.Writer, r Reader, id, tool string) error {
	check, events, err := verified(ctx, r, id, "")
	if err != nil {
		return err
	}
	if len(check.Problems) > 0 {
		return fmt.Errorf("%w: case %s is not bundled: %s", ErrDamaged, id, check.Problems[0].What)
	}
	b := bundleWriter{zip: zip.NewWriter(w)}
	b.json(manifestName, Manifest{BundleFormat, tool, id, uint64(len(events)), check.Head})
	b.lines(recordName, events)
	b.json(indexName, replayIndex(events))
	b.blobs(ctx, r, events)
	if b.err != nil {
		return fmt.Errorf("bundle of %s: %w", id, b.err)
	}
	return b.zip.Close()
}

// A replayRow is one row of index.json, as package replay reads it.
type replayRow struct {
	Provider    string            `json:"provider"`
	File        string            `json:"file"`
	Kind        string            `json:"kind"`
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	RequestBody *string           `json:"request_body"`
	Status      int               `json:"status"`
	Recorded    string            `json:"recorded"`
	Headers     map[string]string `json:"headers"`
}

func replayIndex(events []Event) []replayRow {
	rows := []replayRow{}
	for _, e := range events {
		if e.Type != TypeAsked {
			continue
		}
		asked, err := decoded[Asked](e)
		if err != nil {
			continue // the event is in the record; an unreadable one answers nothing
		}
		for _, ev := range asked.Evidence {
			row := replayRow{
				Provider: asked.Source, File: string(roleAnswer) + "/" + ev.SHA256, Kind: "recorded",
				Method: ev.Method, URL: ev.URL, Status: ev.Status, Recorded: ev.Recorded, Headers: ev.Headers,
			}
			if ev.Request != "" {
				row.RequestBody = &ev.Request
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// bundleWriter writes the files of a bundle until the first error.
type bundleWriter struct {
	zip *zip.Writer
	err error
}

func (b *bundleWriter) file(name string, write func(io.Writer) error) {
	if b.err != nil {
		return
	}
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: bundleTime})
	if err == nil {
		err = write(w)
	}
	b.err = err
}

func (b *bundleWriter) json(name string, v any) {
	b.file(name, func(w io.Writer) error {
		encode := json.NewEncoder(w)
		encode.SetEscapeHTML(false)
		encode.SetIndent("", " ")
		return encode.Encode(v)
	})
}

func (b *bundleWriter) lines(name string, events []Event) {
	b.file(name, func(w io.Writer) error {
		encode := json.NewEncoder(w)
		encode.SetEscapeHTML(false)
		for _, e := range events {
			if err := encode.Encode(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bundleWriter) blobs(ctx context.Context, r Reader, events []Event) {
	refs := blobRefs(events)
	slices.SortFunc(refs, func(x, y blobRef) int { return strings.Compare(x.name(), y.name()) })
	for _, ref := range refs {
		b.file(ref.name(), func(w io.Writer) error {
			content, err := r.GetBlob(ctx, ref.digest)
			if err != nil {
				return err
			}
			_, err = w.Write(content)
			return err
		})
	}
}

// name returns where in a bundle the blob lies.
func (ref blobRef) name() string { return string(ref.role) + "/" + ref.digest }
