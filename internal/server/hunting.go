package server

import (
	"context"
	"encoding/json"

	"clew/internal/casefile"
	"clew/internal/job"
)

// A huntLine is what is kept of a hunt line by line: a hit, or what a place said.
type huntLine struct {
	Hit   *Hit       `json:"hit,omitempty"`
	Place *HuntPlace `json:"place,omitempty"`
}

// hunt begins a hunt. What is wrong with the request is said before it returns.
func (js *jobs) hunt(ctx context.Context, ask HuntAsk) (Hunt, error) {
	if _, err := js.core.Hunt(ctx, ask); err != nil {
		return Hunt{}, err
	}
	// Not under its case: a hunt reads logs for hours, and runs need not wait for it.
	j, err := js.add(ctx, job.New{Kind: kindHunt, Queue: job.QueueOf(js.machine), Doc: Hunt{Case: ask.Case, LeftOut: []string{}}}, order{Hunt: &ask})
	if err != nil {
		return Hunt{}, err
	}
	return huntOf(j), nil
}

// huntOf is a job as clients see it.
func huntOf(j job.Job) Hunt {
	h := Hunt{LeftOut: []string{}}
	_ = json.Unmarshal(j.Doc, &h) // of a clew that is not this one
	h.ID, h.State, h.Error, h.Actor, h.Started, h.Ended = j.ID, string(j.State), casefile.Printable(j.Error), j.Actor, startOf(j), endOf(j)
	if j.State != job.Running {
		h.Now = ""
	}
	return h
}

// hunts lists the hunts, newest first.
func (js *jobs) hunts(ctx context.Context) ([]Hunt, error) {
	all, err := js.store.List(ctx, job.Filter{Kinds: []string{kindHunt}})
	list := make([]Hunt, len(all))
	for i, j := range all {
		list[i] = huntOf(j)
	}
	return list, err
}

// found returns the hits of a hunt that were kept, and what the places said.
func (js *jobs) found(ctx context.Context, id string) (hits []Hit, places []HuntPlace, err error) {
	lines, err := js.store.Lines(ctx, id)
	places = []HuntPlace{}
	for _, line := range lines {
		var l huntLine
		switch err := json.Unmarshal(line, &l); {
		case err != nil:
			return nil, nil, err
		case l.Hit != nil:
			hits = append(hits, *l.Hit)
		case l.Place != nil:
			places = append(places, *l.Place)
		}
	}
	return hits, places, err
}

// hunt searches as a job's order says.
func (w *Worker) hunt(ctx context.Context, t *job.Task, ask HuntAsk) error {
	run, err := w.core.Hunt(ctx, ask)
	if err != nil {
		return err
	}
	p := newProgress[Hunt](t)
	p.change(func(h *Hunt) { *h = Hunt{Case: ask.Case, LeftOut: []string{}} }) // an attempt before this one counts for nothing
	err = run(ctx, HuntWatch{
		Wanted: func(n int, leftOut []string) {
			p.change(func(h *Hunt) { h.Indicators, h.LeftOut = n, append([]string{}, leftOut...) })
		},
		Now:      func(where string) { p.change(func(h *Hunt) { h.Now = where }) },
		Read:     func(done, total int64) { p.change(func(h *Hunt) { h.Read, h.Total = max(h.Read, done), total }) },
		Searched: func(place HuntPlace) { t.Keep(huntLine{Place: &place}) },
		Hit: func(hit Hit) {
			p.change(func(h *Hunt) {
				if h.Hits++; h.Kept < mostHits {
					h.Kept++
					t.Keep(huntLine{Hit: &hit})
				}
			})
		},
	})
	if err == nil {
		err = ctx.Err() // what was cut off says what it read, and no more
	}
	return err
}
