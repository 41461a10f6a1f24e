package main

import (
	"context"
	"encoding/json"
	"net/http"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/all"
	"clew/internal/export/stix"
	"clew/internal/investigation"
	"clew/internal/server/feed"
	"clew/internal/server/taxii"
)

// taxiiRoot is where the collections lie, beside the discovery of TAXII.
const taxiiRoot = "taxii2/cases"

// feeds gives what tools fetch from clew serve by themselves. It is made anew for
// each request, so that what was approved, revoked or has run out counts at once.
type feeds struct{ *app }

// handlers are the feeds by the path that they lie under.
func (f feeds) handlers() map[string]http.Handler {
	shared := taxii.Handler(f, taxii.Options{Title: "clew", Description: "a collection for each case", Root: taxiiRoot})
	return map[string]http.Handler{
		"/feeds/": http.StripPrefix("/feeds", feed.Handler(f)), "/taxii2": shared, "/taxii2/": shared,
	}
}

// chosen is what a format holds of the wanted cases.
func (f feeds) chosen(ctx context.Context, format export.Format, wanted func(id string) bool) (export.Set, error) {
	rules, err := exportFlags{}.rules(f.app)
	if err != nil {
		return export.Set{}, err
	}
	var documents []casefile.Document
	err = f.withHeads(ctx, func(r casefile.Reader, heads []casefile.Head) error {
		for _, head := range heads {
			if !wanted(head.Case) {
				continue
			}
			record, err := casefile.Load(ctx, r, head.Case)
			if err != nil {
				return err
			}
			doc, err := f.underPolicy(record.Document())
			if err != nil {
				return err
			}
			documents = append(documents, doc)
		}
		return nil
	})
	if err != nil {
		return export.Set{}, err
	}
	return export.Choose(documents, format, rules)
}

func (f feeds) withHeads(ctx context.Context, do func(casefile.Reader, []casefile.Head) error) error {
	w, err := f.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	heads, err := w.Cases.Cases(ctx)
	if err != nil {
		return err
	}
	return do(w.Cases, heads)
}

// List implements [feed.Lists]: the block list of that format, of every case.
func (f feeds) List(ctx context.Context, name string) (feed.List, error) {
	format, known := all.Named(name)
	if !known || format.Use != export.Block {
		return feed.List{}, feed.ErrNoList
	}
	set, err := f.chosen(ctx, format, func(string) bool { return true })
	if err != nil {
		return feed.List{}, err
	}
	return feed.Of(format, set)
}

// collection is the identifier under which TAXII has a case.
func collection(id string) string { return export.UUID("taxii-collection", id) }

// Collections implements [taxii.Store].
func (f feeds) Collections(r *http.Request) (list []taxii.Collection, err error) {
	err = f.withHeads(r.Context(), func(_ casefile.Reader, heads []casefile.Head) error {
		for _, head := range heads {
			list = append(list, taxii.Collection{ID: collection(head.Case), Title: head.Case, Alias: head.Case})
		}
		return nil
	})
	return list, err
}

// Records implements [taxii.Store]. What changed in a case since a client asked
// last was added with the case's last change.
func (f feeds) Records(ctx context.Context, id string) ([]taxii.Record, error) {
	set, err := f.chosen(ctx, stix.Format(), func(name string) bool { return collection(name) == id })
	if err != nil {
		return nil, err
	}
	var records []taxii.Record
	for _, object := range stix.Objects(set) {
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		record, err := taxii.RecordOf(export.JSON(text), set.Version)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}
