package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/ingest/all"
	"clew/internal/investigation"
	"clew/internal/observation"
)

// mostUpload bounds a file that is sent over HTTP, in bytes. Larger ones are
// imported by their path on this machine.
const mostUpload = 64 << 20

// Populations say what the corpus holds, and how far it reaches.
type Populations struct {
	Imports   int          `json:"imports"`
	Relations []Population `json:"relations" doc:"those that have any link, in the order of the vocabulary"`
}

// A Population says how many values have a relation at all: what a count of
// holders is out of.
type Population struct {
	Relation string          `json:"relation"`
	Family   string          `json:"family"`
	Subjects uint64          `json:"subjects"`
	Links    uint64          `json:"links"`
	Estimate bool            `json:"estimate"`
	Imports  []string        `json:"imports" doc:"names of the imports that know it, oldest first"`
	Window   casefile.Window `json:"window" doc:"of those imports"`
}

// An ImportAsk names what is to be imported.
type ImportAsk struct {
	Path string `json:"path" minLength:"1" maxLength:"4096" doc:"of a file, a folder or an archive on the machine of the server"`
	ImportHow
}

type importInput struct{ Body ImportAsk }

// ImportHow says how an import is to be read.
type ImportHow struct {
	Format  string `json:"format,omitempty" query:"format" maxLength:"64" doc:"as clew import FORMAT; guessed by content when left out"`
	Mapping string `json:"mapping,omitempty" query:"mapping" maxLength:"4096" doc:"of the format mapped: name of a shipped one, or a file on the machine of the server"`
	Name    string `json:"name,omitempty" query:"name" maxLength:"255" doc:"stamped on what it brings; the file's name when left out"`
	AsOf    string `json:"as_of,omitempty" query:"as_of" maxLength:"40" doc:"when it was true, for formats that do not say: a day, or RFC 3339"`
}

type uploadInput struct {
	ImportHow
	RawBody []byte `contentType:"application/octet-stream"`
}

// request checks what was asked for.
func (h ImportHow) request() (req investigation.ImportRequest, err error) {
	req = investigation.ImportRequest{Format: h.Format, Mapping: h.Mapping, Name: h.Name}
	if h.Format != "" && h.Format != "auto" {
		if _, err := all.Named(h.Format, h.Mapping); err != nil {
			return req, Refused{err}
		}
	}
	if h.AsOf == "" {
		return req, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if req.AsOf, err = time.Parse(layout, h.AsOf); err == nil {
			return req, nil
		}
	}
	return req, Refused{fmt.Errorf("as_of %q: write a day (2026-08-22) or RFC 3339", h.AsOf)}
}

func (s *service) registerImports(api huma.API) {
	register(api, get(account.Read, "populations", "/corpus", "How many values of the corpus have each relation, and from when to when", "What every count of holders is out of. It asks nobody."),
		func(ctx context.Context, _ *struct{}) (p Populations, err error) {
			err = s.withCorpus(func(w *investigation.Workspace) error {
				p, err = populationsOf(ctx, w.Corpus)
				return err
			})
			return p, err
		})
	begin := post(account.Work, "import", "/imports", "Import a file, a folder or an archive of this machine", "As clew import. Answers at once; follow the run.")
	begin.DefaultStatus = http.StatusAccepted
	begin.Errors = []int{http.StatusTooManyRequests}
	register(api, begin, func(_ context.Context, in *importInput) (Run, error) {
		req, err := in.Body.request()
		if err != nil {
			return Run{}, err
		}
		return s.jobs.importPath(in.Body.Path, req, nil)
	})
	upload := post(account.Work, "upload", "/imports/upload", "Import the body of this request", "Up to 64 MiB, gzip or zstd or not; larger files by their path. Answers at once; follow the run.")
	upload.DefaultStatus = http.StatusAccepted
	upload.MaxBodyBytes = mostUpload
	upload.Errors = []int{http.StatusRequestEntityTooLarge, http.StatusTooManyRequests}
	register(api, upload, s.upload)
	remove := post(account.Administer, "import-remove", "/imports/{import}/remove", "Take an import back", "What others said of the same values stays. It reads the whole corpus once.")
	remove.Errors = []int{http.StatusNotFound}
	register(api, remove, s.removeImport)
}

func populationsOf(ctx context.Context, store corpus.Store) (p Populations, err error) {
	imports, err := store.Imports(ctx)
	if err != nil {
		return p, err
	}
	p = Populations{Imports: len(imports), Relations: []Population{}}
	for _, r := range observation.Relations() {
		held, err := store.Population(ctx, r)
		if err != nil {
			return p, err
		}
		if held.Links == 0 {
			continue
		}
		one := Population{Relation: r.String(), Family: string(r.Family()), Subjects: held.Subjects, Links: held.Links, Estimate: held.Estimate, Imports: []string{}}
		var reach observation.Window
		for _, i := range imports {
			for _, c := range i.Coverage {
				if c.Relation != r {
					continue
				}
				reach = reach.Union(c.Window)
				if !slices.Contains(one.Imports, i.Name) {
					one.Imports = append(one.Imports, i.Name)
				}
			}
		}
		one.Window = casefile.WindowOf(reach)
		p.Relations = append(p.Relations, one)
	}
	return p, nil
}

func (s *service) upload(_ context.Context, in *uploadInput) (Run, error) {
	req, err := in.request()
	if err != nil {
		return Run{}, err
	}
	if req.Name == "" {
		req.Name = "upload"
	}
	path, remove, err := spooled(req.Name, in.RawBody)
	if err != nil {
		return Run{}, err
	}
	run, err := s.jobs.importPath(path, req, remove)
	if err != nil {
		remove()
	}
	return run, err
}

// spooled writes a body to a file of its own, under a harmless name: archives
// can only be read from one.
func spooled(name string, body []byte) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "clew-upload-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // in the system's folder for such
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:`, r) {
			return '_'
		}
		return r
	}, name)
	if name = filepath.Base(name); name == "." || name == ".." || len(name) > 200 {
		name = "upload"
	}
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}

func (s *service) removeImport(ctx context.Context, in *struct {
	ID string `path:"import" minLength:"1" maxLength:"64"`
},
) (gone Import, err error) {
	err = s.withCorpus(func(w *investigation.Workspace) error {
		imports, err := w.Corpus.Imports(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(imports, func(i corpus.Import) bool { return i.ID == in.ID })
		if i < 0 {
			return huma.Error404NotFound(corpus.ErrNoImport.Error())
		}
		gone = importOf(imports[i])
		return errors.Join(w.Corpus.RemoveImport(ctx, in.ID), w.Corpus.Flush(ctx))
	})
	return gone, err
}

// An Imported says what an import came to: the summary line of clew import.
type Imported struct {
	File       string        `json:"file"`
	ID         string        `json:"id" doc:"empty until it is in the corpus"`
	Format     string        `json:"format"`
	Read       uint64        `json:"read"`
	Kept       uint64        `json:"kept"`
	Merged     uint64        `json:"merged"`
	Skipped    uint64        `json:"skipped"`
	Rejected   uint64        `json:"rejected"`
	Bytes      uint64        `json:"bytes" doc:"read so far"`
	Total      uint64        `json:"total" doc:"bytes of the whole; 0 when not known"`
	First      []Rejection   `json:"first_rejected"`
	LeftOut    []string      `json:"left_out" doc:"the first files of it that were not read, and why"`
	Incomplete string        `json:"incomplete"`
	Unchanged  casefile.Time `json:"unchanged" doc:"since when the same content is in the corpus; null when it is new"`
}

// A Rejection is something of an import that was not understood.
type Rejection struct {
	File   string `json:"file"`
	Line   uint64 `json:"line"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// importPath begins a run that imports; cleanup is called when it has ended.
func (js *jobs) importPath(path string, req investigation.ImportRequest, cleanup func()) (Run, error) {
	if _, err := os.Stat(path); err != nil {
		return Run{}, Refused{err}
	}
	w, giveBack, err := js.shelf.lend()
	if err != nil {
		return Run{}, err
	}
	if req.Name == "" {
		req.Name = filepath.Base(path)
	}
	ctx, cancel := context.WithCancel(js.ctx)
	shown := Imported{File: filepath.Base(path), First: []Rejection{}, LeftOut: []string{}}
	j, err := js.admit(Run{State: runRunning, Import: &shown}, cancel)
	if err != nil {
		cancel()
		giveBack()
		return Run{}, err
	}
	run, _ := j.now()
	go func() {
		defer js.wait.Done()
		defer js.tellEnd()
		defer giveBack()
		defer cancel()
		if cleanup != nil {
			defer cleanup()
		}
		js.end(j, js.runImport(ctx, w, j, path, req))
	}()
	return run, nil
}

func (js *jobs) runImport(ctx context.Context, w *investigation.Workspace, j *job[Run], path string, req investigation.ImportRequest) error {
	show := func(edit func(*Imported)) {
		j.change(func(r *Run) {
			now := *r.Import // events may still be reading the one before
			edit(&now)
			r.Import = &now
		})
	}
	req.Progress = func(p investigation.ImportProgress) {
		show(func(i *Imported) {
			i.Read, i.Kept, i.Skipped, i.Rejected, i.Bytes, i.Total = p.Read, p.Kept, p.Skipped, p.Rejected, p.Bytes, p.Total
		})
	}
	done, err := w.ImportPath(ctx, path, req)
	there := errors.Is(err, corpus.ErrImported)
	show(func(i *Imported) {
		i.ID, i.Format, i.Read, i.Kept, i.Merged = done.Entry.ID, done.Entry.Format, done.Read, done.Kept, done.Merged
		i.Skipped, i.Rejected, i.Incomplete = done.Skipped, done.Rejected, done.Incomplete
		i.LeftOut = append([]string{}, done.LeftOut...)
		i.First = []Rejection{}
		for _, r := range done.FirstRejected {
			i.First = append(i.First, Rejection(r))
		}
		if there {
			i.Unchanged = instant(done.Entry.At)
		}
	})
	if err != nil && !there {
		return err
	}
	j.change(func(r *Run) { r.Now = "counting names" })
	return w.KeepNames(ctx, nil)
}
