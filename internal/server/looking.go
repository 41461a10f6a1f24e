package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/artifact"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/naming"
)

// Analysed is what files tell without being run.
type Analysed struct {
	Files   []*artifact.File `json:"files" doc:"outermost first: an archive, then what is in it; as clew file --json"`
	Skipped []string         `json:"skipped" doc:"what was not read, and why"`
	Fresh   int              `json:"fresh" doc:"observations that the corpus did not have"`
}

type analyseInput struct {
	Name     string `query:"name" maxLength:"255" doc:"of the file"`
	Password string `header:"X-Clew-Archive-Password" maxLength:"255" doc:"a further password to try on archives; not in the address, which is kept in logs"`
	Dry      bool   `query:"no_store" doc:"show only, store nothing"`
	RawBody  []byte `contentType:"application/octet-stream"`
}

type patternInput struct {
	Case  string `path:"case" maxLength:"200"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"names of the corpus to list at most"`
}

func (s *service) registerLooking(api huma.API) {
	analyse := post(account.Work, "analyse", "/files", "What a file tells without being run", "As clew file: up to 64 MiB; nothing is executed, nothing leaves the machine.")
	analyse.MaxBodyBytes = mostUpload
	analyse.Errors = []int{http.StatusRequestEntityTooLarge}
	register(api, analyse, s.analyse)
	pattern := get(account.Read, "pattern", "/cases/{case}/pattern", "How the names of a case are made, and who else is made so",
		"As clew pattern --case: learned from seeds, what was accepted, and the high band. It asks nobody. The first time it may index the names of the corpus.")
	pattern.Errors = []int{http.StatusNotFound}
	register(api, pattern, s.pattern)
}

func (s *service) analyse(ctx context.Context, in *analyseInput) (out Analysed, err error) {
	name := in.Name
	if name == "" {
		name = "upload"
	}
	path, remove, err := spooled("", name, in.RawBody)
	if err != nil {
		return out, err
	}
	defer remove()
	var passwords []string
	if in.Password != "" {
		passwords = []string{in.Password}
	}
	out = Analysed{Files: []*artifact.File{}, Skipped: []string{}}
	err = s.withCorpus(func(w *investigation.Workspace) error {
		err := w.Analyzer(artifact.Limits{}, passwords).Walk(ctx, []string{path}, func(o artifact.Outcome) error {
			if o.Skipped != nil {
				out.Skipped = append(out.Skipped, name+": "+o.Skipped.Err.Error())
			}
			out.Files = append(out.Files, o.Files...)
			return nil
		})
		if err != nil {
			return err
		}
		for _, f := range out.Files {
			f.Path = name + f.Path[min(len(path), len(f.Path)):] // where it lay for a moment is nobody's business
		}
		if in.Dry {
			return nil
		}
		out.Fresh, err = w.KeepFiles(ctx, out.Files)
		return err
	})
	return out, err
}

func (s *service) pattern(ctx context.Context, in *patternInput) (family investigation.Family, err error) {
	err = s.withCorpus(func(w *investigation.Workspace) error {
		id, err := casefile.Resolve(ctx, w.Cases, in.Case)
		if err != nil {
			return err
		}
		record, err := casefile.Load(ctx, w.Cases, id)
		if err != nil {
			return err
		}
		names, err := investigation.Confirmed(record.Document())
		if err != nil {
			return err
		}
		family, err = w.LearnFamily(ctx, names, in.Limit, nil)
		if errors.Is(err, naming.ErrTooFew) {
			return Refused{err}
		}
		return err
	})
	return family, err
}
