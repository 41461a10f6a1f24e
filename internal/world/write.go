package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ManifestName is the file that describes a written world.
const ManifestName = "world.json"

// ErrNotEmpty means that a folder holds something else than a world.
var ErrNotEmpty = errors.New("folder is not empty and holds no world: choose another, or empty it")

// A Manifest describes a written world.
type Manifest struct {
	Version      int        `json:"version"`
	Seed         uint64     `json:"seed"`
	Start        time.Time  `json:"start"`
	End          time.Time  `json:"end"`
	Observations int        `json:"observations"`
	Operators    int        `json:"operators"`
	DemoSeed     string     `json:"demo_seed"`
	Complete     bool       `json:"complete"` // false while it is being written
	Files        []FileInfo `json:"files"`
}

// FileInfo describes one file of a world.
type FileInfo struct {
	Name string `json:"name"`
	// Format is what clew import calls it, "" for what is not to be imported.
	Format  string `json:"format,omitempty"`
	Mapping string `json:"mapping,omitempty"` // file with the column mapping of mapped formats
	Rows    uint64 `json:"rows"`
	Bytes   uint64 `json:"bytes"`
	SHA256  string `json:"sha256"` // of the file as it lies on disk
}

// Progress says how far the writing of a world is.
type Progress struct {
	Observations int // written so far
	Of           int
}

// progressStep is after how many observations progress is told.
const progressStep = 100_000

// Write writes the world's files into a folder, which it makes where needed. An
// earlier world in it is replaced. The manifest is marked complete at the very
// end, so an interrupted world is known for what it is. progress may be nil.
func (w *World) Write(ctx context.Context, dir string, progress func(Progress)) (Manifest, error) {
	m := Manifest{
		Version: Version, Seed: w.opts.Seed, Start: w.opts.Start, End: w.opts.End,
		Operators: w.size.operators, DemoSeed: w.DemoSeed().Text(),
	}
	if err := prepare(dir, m); err != nil {
		return m, err
	}
	out := &writer{dir: dir, of: w.opts.Observations, progress: progress}
	err := out.open(w.opts.Compression)
	if err == nil {
		m.Observations, err = w.generate(ctx, out)
	}
	m.Files, err = out.close(err)
	if err == nil {
		err = w.writeGuide(dir)
	}
	if err != nil {
		return m, fmt.Errorf("writing a world into %s: %w", dir, err)
	}
	m.Complete = true
	return m, writeManifest(dir, m)
}

// prepare makes the folder and marks it as an unfinished world.
func prepare(dir string, m Manifest) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("making the world's folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the world's folder: %w", err)
	}
	isWorld := func(e os.DirEntry) bool { return e.Name() == ManifestName }
	if len(entries) > 0 && !slices.ContainsFunc(entries, isWorld) {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return writeManifest(dir, m)
}

func writeManifest(dir string, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", ManifestName, err)
	}
	return writeSmall(filepath.Join(dir, ManifestName), append(text, '\n'))
}

// The files of a world, in the order of the manifest.
const (
	dnsFile = iota
	whoisFile
	certFile
	webFile
	fileFile
	routeFile
	truthFile
	trapFile
)

func files() []FileInfo {
	return []FileInfo{
		dnsFile:   {Name: "pdns.cof.ndjson", Format: "cof"},
		whoisFile: {Name: "whois.csv", Format: "mapped", Mapping: "mapping/whois.yaml"},
		certFile:  {Name: "certificates.jsonl", Format: "mapped", Mapping: "mapping/certificates.yaml"},
		webFile:   {Name: "web.jsonl", Format: "mapped", Mapping: "mapping/web.yaml"},
		fileFile:  {Name: "files.jsonl", Format: "mapped", Mapping: "mapping/files.yaml"},
		routeFile: {Name: "routes.jsonl", Format: "mapped", Mapping: "mapping/routes.yaml"},
		truthFile: {Name: "truth.jsonl"},
		trapFile:  {Name: "traps.jsonl"},
	}
}

// A writer sends rows to the files of a folder.
type writer struct {
	dir      string
	streams  []*stream
	buffer   []byte
	of, sent int
	next     int // when progress is told again
	progress func(Progress)
}

func (w *writer) open(compression string) error {
	for _, info := range files() {
		s, err := openStream(w.dir, info, compression)
		if err != nil {
			return err
		}
		w.streams = append(w.streams, s)
	}
	return w.streams[whoisFile].write([]byte(whoisHeader))
}

// close finishes every file, also after an error, which it then returns.
func (w *writer) close(err error) ([]FileInfo, error) {
	var infos []FileInfo
	for _, s := range w.streams {
		info, closing := s.finish()
		if err == nil {
			err = closing
		}
		infos = append(infos, info)
	}
	return infos, err
}

// row writes the buffer to a file and tells progress now and then.
func (w *writer) row(file int, b []byte, facts int) error {
	w.buffer = b[:0]
	w.sent += facts
	if w.progress != nil && w.sent >= w.next {
		w.progress(Progress{w.sent, w.of})
		w.next = w.sent + progressStep
	}
	return w.streams[file].row(b)
}

func (w *writer) dns(r *dnsRow) error { return w.row(dnsFile, appendDNS(w.buffer, r), 1) }
func (w *writer) whois(r *whoisRow) error {
	return w.row(whoisFile, appendWhois(w.buffer, r), r.facts())
}

func (w *writer) cert(r *certRow) error { return w.row(certFile, appendCert(w.buffer, r), r.facts()) }

func (w *writer) web(r *webRow) error { return w.row(webFile, appendWeb(w.buffer, r), r.facts()) }

func (w *writer) file(r *fileRow) error   { return w.row(fileFile, appendFile(w.buffer, r), r.facts()) }
func (w *writer) route(r *routeRow) error { return w.row(routeFile, appendRoute(w.buffer, r), 1) }
func (w *writer) truth(t *Truth) error    { return w.json(truthFile, t) }
func (w *writer) trap(t *Trap) error      { return w.json(trapFile, t) }

func (w *writer) json(file int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a line of %s: %w", w.streams[file].info.Name, err)
	}
	return w.row(file, append(append(w.buffer, text...), '\n'), 0)
}
