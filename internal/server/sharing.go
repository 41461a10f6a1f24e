package server

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/investigation"
)

// Sharing is the part of a [Core] that writes cases for others.
type Sharing interface {
	Formats() []Format
	// Choose returns the format and what it may hold of a case, or [ErrNoFormat].
	Choose(ctx context.Context, w *investigation.Workspace, id, format string, c Choice) (export.Format, export.Set, error)
	// Report writes a report: md, html, json or pdf.
	Report(ctx context.Context, out io.Writer, format string, doc casefile.Document) error
	Handover(ctx context.Context, out io.Writer, r casefile.Reader, id string, c Choice) error
	Policy() (Policy, error)
}

// ErrNoFormat means that there is no export format of that name.
var ErrNoFormat = errors.New("no such format: /api/v1/formats lists what there is")

// A Format is one export format.
type Format struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Use    string   `json:"use" doc:"block, detect, share or draw"`
	Doc    string   `json:"doc"`
	Kinds  []string `json:"kinds"`
	File   string   `json:"file"`
	Folder bool     `json:"folder" doc:"of several files: given as a ZIP"`
	Proof  string   `json:"proof" doc:"what it was tested with"`
	Media  string   `json:"media" doc:"media type of the download"`
}

// A Choice says what is exported: the flags of clew export. What it leaves out
// is as the format has it.
type Choice struct {
	States     []string `query:"state" maxItems:"8" doc:"states of the action: none, proposed, approved, applied, expired, revoked"`
	Bands      []string `query:"band" maxItems:"3" doc:"high, medium, low"`
	Confidence int      `query:"min_confidence" minimum:"0" maximum:"100"`
	Seeds      bool     `query:"seeds" doc:"the seeds too, in block lists"`
	TLP        string   `query:"tlp" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR" doc:"who will read it; a case marked stricter stays out"`
	Org        string   `query:"org" maxLength:"200" doc:"who exports, as exchange formats name the author"`
	Notes      bool     `query:"notes" doc:"remarks on the whole case too"`
}

// ExportName names a format of a case in a path.
type ExportName struct {
	CaseName
	Format string `path:"format" maxLength:"64"`
}

type exportInput struct {
	ExportName
	Choice
}

// Exported says what is in an export, and what is not and why.
type Exported struct {
	Format  string    `json:"format"`
	File    string    `json:"file"`
	Media   string    `json:"media"`
	TLP     string    `json:"tlp"`
	Entries int       `json:"entries"`
	Left    []LeftOut `json:"left"`
}

// A LeftOut is an indicator that is not exported, and why.
type LeftOut struct {
	Value  string `json:"value" doc:"defanged"`
	Reason string `json:"reason"`
}

type reportInput struct {
	CaseName
	Format   string `query:"format" enum:"html,md,json,pdf" default:"html"`
	Download bool   `query:"download" doc:"as an attachment rather than to look at"`
}

type handoverInput struct {
	CaseName
	TLP string `query:"tlp" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR" doc:"who will read it; refused when the case is marked stricter"`
	Org string `query:"org" maxLength:"200" doc:"who hands over"`
}

func (s *service) registerSharing(api huma.API) {
	register(api, get(account.Read, "formats", "/formats", "Every export format: what it is for, what reads it", "As clew export list --json."),
		func(context.Context, *struct{}) (List[Format], error) { return whole(s.core.Formats(), nil) })
	register(api, get(account.Read, "policy", "/policy", "The policy that counts: what findings lead to", "As clew policy check --json."),
		func(context.Context, *struct{}) (Policy, error) { return s.core.Policy() })
	huma.Register(api, given(get(account.Read, "export", "/cases/{case}/exports/{format}", "A case in a format that another tool loads",
		"As clew export. A format that is a folder comes as a ZIP. 403 when the case is marked stricter than those who will read it."),
		"application/octet-stream"), s.export)
	about := get(account.Read, "export-about", "/cases/{case}/exports/{format}/about", "What would be in an export, and what not and why", "As clew export --explain.")
	about.Errors = []int{http.StatusForbidden, http.StatusNotFound}
	register(api, about, func(ctx context.Context, in *exportInput) (Exported, error) {
		f, set, err := s.choose(ctx, in)
		if err != nil {
			return Exported{}, err
		}
		e := Exported{Format: f.Name, File: fileOf(set, f), Media: f.Media(), TLP: string(set.TLP), Entries: len(set.Entries), Left: []LeftOut{}}
		for _, l := range set.Left {
			e.Left = append(e.Left, LeftOut{l.Value, l.Reason})
		}
		return e, nil
	})
	huma.Register(api, given(get(account.Read, "report", "/cases/{case}/report", "The case as a report for people",
		"As clew report. The page has no script, and may stand in a frame of the server's own pages. PDF needs a Chromium on the server's machine."),
		"text/html", "text/markdown", "application/json", "application/pdf"), s.report)
	registerFile(api, get(account.Read, "bundle", "/cases/{case}/bundle", "The whole case in one file, to replay elsewhere", "As clew case bundle."), "application/zip",
		func(ctx context.Context, in *CaseName, out io.Writer) (string, error) {
			id, err := s.resolve(ctx, in.Case)
			if err != nil {
				return "", err
			}
			return id + ".zip", casefile.WriteBundle(ctx, out, s.cases.Cases, id, s.version)
		})
	registerFile(api, get(account.Read, "handover", "/cases/{case}/handover", "The case for somebody who takes it over", "As clew case handover: report, STIX, sightings, timeline and evidence."), "application/zip",
		func(ctx context.Context, in *handoverInput, out io.Writer) (string, error) {
			id, err := s.resolve(ctx, in.Case)
			if err != nil {
				return "", err
			}
			return id + "-handover.zip", s.core.Handover(ctx, out, s.cases.Cases, id, Choice{TLP: in.TLP, Org: in.Org})
		})
}

// choose opens the corpus too: rules on shared attributes say what they would
// hit besides.
func (s *service) choose(ctx context.Context, in *exportInput) (f export.Format, set export.Set, err error) {
	err = s.inCase(ctx, in.Case, true, func(w *investigation.Workspace, id string) (err error) {
		f, set, err = s.core.Choose(ctx, w, id, in.Format, in.Choice)
		return err
	})
	return f, set, err
}

// fileOf names the file of one case, so that those of several do not meet.
func fileOf(s export.Set, f export.Format) string {
	name := s.CaseIDs() + "-" + f.File
	if f.Files != nil {
		name += ".zip"
	}
	return name
}

func (s *service) export(ctx context.Context, in *exportInput) (*download, error) {
	f, set, err := s.choose(ctx, in)
	if err != nil {
		return nil, asProblem(err)
	}
	var out bytes.Buffer
	if f.Files != nil {
		err = zipped(&out, f, set)
	} else {
		err = f.Write(&out, set)
	}
	if err != nil {
		return nil, asProblem(err)
	}
	for id, e := range set.Exported(f.Name, "", "") {
		if err := s.cases.RecordExported(ctx, id, e); err != nil {
			return nil, asProblem(err)
		}
	}
	return &download{
		ContentType: f.Media(), Disposition: attachment(fileOf(set, f)), Policy: inert, Body: out.Bytes(),
		TLP: string(set.TLP), Entries: strconv.Itoa(len(set.Entries)), LeftOut: strconv.Itoa(len(set.Left)),
	}, nil
}

func zipped(out io.Writer, f export.Format, set export.Set) error {
	files, err := f.Files(set)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(out)
	for _, file := range files {
		w, err := archive.Create(file.Name)
		if err != nil {
			return err
		}
		if _, err := w.Write(file.Content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// reportTypes are the media types of reports.
var reportTypes = map[string]string{
	"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "json": "application/json", "pdf": "application/pdf",
}

// framed lets the report stand in a frame of our own pages, without script,
// network or form, and as a stranger to them.
const framed = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

func (s *service) report(ctx context.Context, in *reportInput) (*download, error) {
	doc, err := s.document(ctx, &in.CaseName)
	if err != nil {
		return nil, asProblem(err)
	}
	var out bytes.Buffer
	if err := s.core.Report(ctx, &out, in.Format, doc); err != nil {
		return nil, asProblem(err)
	}
	d := &download{ContentType: reportTypes[in.Format], Policy: inert, TLP: doc.Case.TLP, Body: out.Bytes()}
	if in.Format == "html" {
		d.Policy, d.Frame = framed, "SAMEORIGIN"
	}
	if in.Download || in.Format == "pdf" { // a browser shows no PDF in a sandbox
		d.Disposition = attachment(doc.Case.ID + "-report." + in.Format)
	}
	return d, nil
}
