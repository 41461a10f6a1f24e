package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/all"
	"clew/internal/export/stix"
	"clew/internal/investigation"
	"clew/internal/marking"
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

// feedSettings say who may read what tools fetch, as TLP: cases that are marked
// stricter are left out.
type feedSettings struct {
	Lists string `yaml:"lists,omitempty"` // default: [defaultLists]
	TAXII string `yaml:"taxii,omitempty"` // default: [defaultTAXII]
}

// Lists go to machines of the organisation, which TLP:AMBER+STRICT allows and
// TLP:RED does not (FIRST, TLP 2.0). Collections are made to be shared, with
// others too: TLP:AMBER allows the organisation's clients, AMBER+STRICT does not.
const (
	defaultLists = marking.TLPAmberStrict
	defaultTAXII = marking.TLPAmber
)

// audiences reads who may read lists and collections.
func (s feedSettings) audiences() (lists, collections marking.TLP, err error) {
	lists, collections = defaultLists, defaultTAXII
	for _, one := range []struct {
		name, text string
		to         *marking.TLP
	}{{"lists", s.Lists, &lists}, {"taxii", s.TAXII, &collections}} {
		if one.text == "" {
			continue
		}
		if *one.to, err = marking.ParseTLP(one.text); err != nil {
			return "", "", usagef("%w: feeds.%s: %w", errConfig, one.name, err)
		}
	}
	return lists, collections, nil
}

func (f feeds) audiences() (lists, collections marking.TLP, err error) {
	s, err := f.settings()
	if err != nil {
		return "", "", err
	}
	return s.Feeds.audiences()
}

// documents returns the cases that an audience may read, and how many are left
// out for their marking.
func (f feeds) documents(ctx context.Context, audience marking.TLP) (documents []casefile.Document, withheld int, err error) {
	err = f.withHeads(ctx, func(r casefile.Reader, heads []casefile.Head) error {
		for _, head := range heads {
			record, err := casefile.Load(ctx, r, head.Case)
			if err != nil {
				return err
			}
			tlp, err := marking.ParseTLP(record.Opened.TLP)
			if err != nil {
				return fmt.Errorf("case %s: %w", head.Case, err)
			}
			if tlp.StricterThan(audience) {
				withheld++
				continue
			}
			doc, err := f.underPolicy(record.Document())
			if err != nil {
				return err
			}
			documents = append(documents, doc)
		}
		return nil
	})
	return documents, withheld, err
}

// chosen is what a format holds of documents.
func (f feeds) chosen(format export.Format, documents []casefile.Document) (export.Set, error) {
	rules, err := exportFlags{}.rules(f.app)
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
	audience, _, err := f.audiences()
	if err != nil {
		return feed.List{}, err
	}
	documents, withheld, err := f.documents(ctx, audience)
	if err != nil {
		return feed.List{}, err
	}
	set, err := f.chosen(format, documents)
	if err != nil {
		return feed.List{}, err
	}
	list, err := feed.Of(format, set)
	list.Withheld = withheld
	return list, err
}

// collection is the identifier under which TAXII has a case.
func collection(id string) string { return export.UUID("taxii-collection", id) }

// Collections implements [taxii.Store]. That there are cases marked stricter is
// nobody's business.
func (f feeds) Collections(r *http.Request) (list []taxii.Collection, err error) {
	_, audience, err := f.audiences()
	if err != nil {
		return nil, err
	}
	documents, _, err := f.documents(r.Context(), audience)
	for _, d := range documents {
		list = append(list, taxii.Collection{ID: collection(d.Case.ID), Title: d.Case.ID, Alias: d.Case.ID})
	}
	return list, err
}

// Records implements [taxii.Store]. What changed in a case since a client asked
// last was added with the case's last change.
func (f feeds) Records(ctx context.Context, id string) ([]taxii.Record, error) {
	_, audience, err := f.audiences()
	if err != nil {
		return nil, err
	}
	documents, _, err := f.documents(ctx, audience)
	if err != nil {
		return nil, err
	}
	documents = slices.DeleteFunc(documents, func(d casefile.Document) bool { return collection(d.Case.ID) != id })
	set, err := f.chosen(stix.Format(), documents)
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
