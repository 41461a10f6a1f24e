package server

import (
	"context"
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
	register(api, begin, func(ctx context.Context, in *importInput) (Run, error) {
		if err := s.mayRead(ctx, in.Body.Path); err != nil {
			return Run{}, err
		}
		if err := s.mayMap(ctx, in.Body.ImportHow); err != nil {
			return Run{}, err
		}
		return s.jobs.importPath(ctx, orderedImport{ImportAsk: in.Body})
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

func (s *service) upload(ctx context.Context, in *uploadInput) (Run, error) {
	if in.Name == "" {
		in.Name = "upload"
	}
	if err := s.mayMap(ctx, in.ImportHow); err != nil {
		return Run{}, err
	}
	if _, err := in.request(); err != nil {
		return Run{}, err
	}
	folder := filepath.Join(s.cases.Dir, uploadsFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Run{}, err
	}
	path, remove, err := spooled(folder, in.Name, in.RawBody)
	if err != nil {
		return Run{}, err
	}
	run, err := s.jobs.importPath(ctx, orderedImport{ImportAsk: ImportAsk{Path: path, ImportHow: in.ImportHow}, Uploaded: true})
	if err != nil {
		remove()
	}
	return run, err
}

// spooled writes a body to a file of its own below folder ("" for the system's for
// such), under a harmless name: archives can only be read from one.
func spooled(folder, name string, body []byte) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp(folder, "clew-upload-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // what stays is swept later
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
		if err := w.Corpus.RemoveImport(ctx, in.ID); err != nil {
			return err
		}
		_, err = w.GiveBack(ctx)
		return err
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
