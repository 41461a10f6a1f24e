package hybridanalysis

import (
	"encoding/json"
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// found is the answer of a search by terms. Times have no zone and are UTC.
type found struct {
	Count   source.Number `json:"count"`
	Results source.Rows[struct {
		SHA256  string `json:"sha256"`
		Name    string `json:"submit_name"`
		Started string `json:"analysis_start_time"`
	}] `json:"result"`
}

func decodeTerms(relation observation.Relation, asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var f found
	if err := source.DecodeJSON(reply, &f); err != nil {
		return page, err
	}
	if err := f.Results.Require("result"); err != nil {
		return page, err
	}
	f.Results.Count(&page)
	page.Held = f.Count
	page.Total(relation, asked, f.Count)
	for _, r := range f.Results.Items {
		sample, err := observable.New(observable.File, r.SHA256)
		if err != nil {
			page.Dropped++
			continue
		}
		w := record.At(record.Moment(r.Started))
		named := page.Add(sample, observation.Filename, observable.Filename, r.Name, w)
		shares := relation != 0 && page.Add(sample, relation, asked.Kind(), asked.Text(), w)
		if !named && !shares {
			page.Dropped++
		}
	}
	return page, nil
}

// reports is what there is to read of a file.
type reports struct {
	overview []string // SHA-256 of the file
	runs     []string // names of the reports of runs that succeeded
}

// decodeHash reads which runs of a file there are. Until 2022 the answer was
// the reports themselves, as a bare list.
func decodeHash(asked observable.Value, reply source.Reply) (page source.Page, known reports, err error) {
	var old source.Rows[summary]
	if json.Unmarshal(reply.Body, &old) == nil && old.Given {
		old.Count(&page)
		for _, s := range old.Items {
			if !s.keep(&page, asked, reply) {
				page.Dropped++
			}
		}
		return page, known, nil
	}
	var runs struct {
		SHA256s source.Texts `json:"sha256s"`
		Reports source.Rows[struct {
			ID          string        `json:"id"`
			Environment source.Number `json:"environment_id"`
			State       string        `json:"state"`
		}] `json:"reports"`
	}
	if err := source.DecodeJSON(reply, &runs); err != nil {
		return page, known, err
	}
	if err := runs.Reports.Require("reports"); err != nil {
		return page, known, err
	}
	runs.Reports.Count(&page)
	if len(runs.SHA256s) == 1 { // several hashes under one are a collision: nobody knows which is meant
		known.overview = runs.SHA256s
	}
	for _, r := range runs.Reports.Items {
		id := r.ID
		if len(known.overview) == 1 {
			id = fmt.Sprintf("%s:%d", known.overview[0], r.Environment)
		}
		if r.State == "SUCCESS" && !slices.Contains(known.runs, id) {
			known.runs = append(known.runs, id)
		}
	}
	return page, known, nil
}

// overview is what there is of a file beside its runs.
type overview struct {
	SHA256   string       `json:"sha256"`
	Name     string       `json:"last_file_name"`
	Names    source.Texts `json:"other_file_name"`
	Last     string       `json:"last_multi_scan"`
	From     source.Texts `json:"submit_context"` // addresses, among other things
	Parents  source.Texts `json:"related_parent_hashes"`
	Children source.Texts `json:"related_children_hashes"`
}

func decodeOverview(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var o overview
	if err := source.DecodeJSON(reply, &o); err != nil {
		return page, err
	}
	sample, err := observable.New(observable.File, o.SHA256)
	if err != nil {
		return page, fmt.Errorf("%w: no \"sha256\" in it", source.ErrBadReply)
	}
	page.Rows = 1
	w := observation.Window{Last: record.Moment(o.Last)}
	page.OneFile(sample, asked.Text())
	for _, file := range oneOrBoth(sample, asked) {
		for _, name := range append(o.Names, o.Name) {
			page.Add(file, observation.Filename, observable.Filename, name, w)
		}
		for _, address := range o.From {
			page.Add(file, observation.DownloadedFrom, observable.URL, address, w)
		}
		for _, child := range o.Children {
			page.Add(file, observation.Drops, observable.File, child, w)
		}
		for _, parent := range o.Parents {
			if p, err := observable.New(observable.File, parent); err == nil {
				page.Add(p, observation.Drops, observable.File, file.Text(), w)
			}
		}
	}
	return page, nil
}

// oneOrBoth returns the file by its SHA-256 and, if it was asked about by
// another hash, by that too: the facts are those of both.
func oneOrBoth(sample, asked observable.Value) []observable.Value {
	if sample == asked {
		return []observable.Value{sample}
	}
	return []observable.Value{sample, asked}
}
