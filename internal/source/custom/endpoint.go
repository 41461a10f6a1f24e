package custom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// maxOutputs bounds what the programs make of one reply.
const maxOutputs = 500_000

// An endpoint is one request template, and the programs over its replies.
type endpoint struct {
	name    string
	accepts []observable.Kind
	answers []observation.Relation
	request *request
	form    form
	value   *program // what of a value goes into the request; nil for its text
	rows    *program // the list of rows; nil for the reply itself
	each    *program // over each row
	whole   *program // over the reply
	next    *pager   // nil for a reply without further pages
	pages   int
}

// about returns the endpoint as it is asked about a value. An error says why it
// is not.
func (e *endpoint) about(ctx context.Context, v observable.Value) (source.Endpoint, error) {
	here, err := e.start(ctx, v)
	if err != nil {
		return source.Endpoint{}, err
	}
	return source.Endpoint{
		Name: e.name, Request: here.request, Pages: e.pages,
		Decode: func(reply source.Reply) (source.Page, error) {
			r := e.read(ctx, here, reply)
			here = r.next
			return r.page, r.err
		},
	}, nil
}

// A place is one page of an endpoint's answer about a value.
type place struct {
	value   observable.Value
	at      position
	page    int // from 1
	before  int // rows on the pages before
	request source.Request
}

// start returns the first page about a value.
func (e *endpoint) start(ctx context.Context, v observable.Value) (place, error) {
	text, err := e.written(ctx, v)
	if err != nil {
		return place{}, err
	}
	at := position{value: text}
	if e.next != nil {
		at.number = e.next.first
	}
	request, err := e.request.fill(at)
	return place{value: v, at: at, page: 1, request: request}, err
}

// written returns what of a value goes into requests.
func (e *endpoint) written(ctx context.Context, v observable.Value) (string, error) {
	if e.value == nil {
		return v.Text(), nil
	}
	m, done := newMeter(ctx)
	defer done()
	out, err := e.value.first(m, v.Text(), variables{value: v.Text(), kind: v.Kind().String()})
	if err != nil {
		return "", fmt.Errorf("endpoint %s: value: %w", e.name, err)
	}
	text, ok := textOf(out)
	if !ok || text == "" || len(text) > maxText {
		return "", fmt.Errorf("endpoint %s does not take this one", e.name)
	}
	return text, nil
}

// A reading is what the programs made of one reply.
type reading struct {
	page    source.Page
	err     error
	next    place // without request there is none
	notes   []Note
	unnoted int // notes beyond maxNotes

	here    place
	at      time.Time
	content content
	known   variables
	outputs int
	meter   *meter
}

// read runs the programs over one reply. What they made before an error is kept.
func (e *endpoint) read(ctx context.Context, here place, reply source.Reply) *reading {
	meter, done := newMeter(ctx)
	defer done()
	r := &reading{here: here, at: reply.At, meter: meter, known: variables{page: here.page, before: here.before, url: here.request.URL}}
	if !here.value.IsZero() {
		r.known.value, r.known.kind = here.value.Text(), here.value.Kind().String()
	}
	if !reply.At.IsZero() {
		r.known.received = reply.At.UTC().Format(time.RFC3339)
	}
	if r.content, r.err = e.form.read(reply); r.err == nil {
		r.err = e.understand(r)
	}
	if r.err == nil && e.next != nil {
		r.err = e.turn(r)
	}
	return r
}

// understand makes facts of what the reply holds.
func (e *endpoint) understand(r *reading) error {
	if r.content.long > 0 {
		r.note(0, "%d texts of more than %d bytes were left out", r.content.long, maxText)
	}
	if err := e.findRows(r); err != nil {
		return err
	}
	r.known.reply = r.content.whole
	if err := e.mapRows(r); err != nil {
		return err
	}
	if e.whole != nil {
		if err := e.whole.run(r.meter, r.content.whole, r.known, func(out any) error { return e.take(r, 0, out) }); err != nil {
			return err
		}
	}
	if e.form == asLines && r.page.Rows > 0 && r.kept() == 0 {
		// Text has no frame: an error in words looks like a row.
		return fmt.Errorf("%w: no line of it was understood", source.ErrBadReply)
	}
	return nil
}

// kept is how many facts and totals there are.
func (r *reading) kept() int { return len(r.page.Observations) + len(r.page.Totals) }

// findRows settles which rows a reply has. Anything but a list is no list that
// is empty: the reply is not understood.
func (e *endpoint) findRows(r *reading) error {
	c := &r.content
	if e.form == asJSON && e.each != nil {
		list := c.whole
		if e.rows != nil {
			var err error
			if list, err = e.rows.first(r.meter, c.whole, r.known); err != nil {
				return err
			}
		}
		rows, ok := list.([]any)
		switch {
		case !ok && e.rows != nil:
			return fmt.Errorf("%w: rows gives %s, not a list", source.ErrBadReply, describe(list))
		case !ok:
			return fmt.Errorf("%w: %s, not a list of rows", source.ErrBadReply, describe(list))
		case len(rows) > maxRows:
			return fmt.Errorf("%w: more than %d rows", source.ErrBadReply, maxRows)
		}
		c.rows = rows
	}
	r.page.Rows, r.page.Dropped = len(c.rows)+c.odd, c.odd
	if c.odd > 0 {
		r.note(0, "%d lines are no row", c.odd)
	}
	r.known.rows = r.page.Rows
	return nil
}

// mapRows runs the program over each row. A row it cannot read costs itself; if
// it can read none, the reply is not what it was written for.
func (e *endpoint) mapRows(r *reading) error {
	if e.each == nil {
		return nil
	}
	var failed int
	var last error
	for i, row := range r.content.rows {
		kept, outputs := r.kept(), r.outputs
		err := e.each.run(r.meter, row, r.known, func(out any) error { return e.take(r, i+1, out) })
		switch {
		case err != nil && (r.meter.Err() != nil || errors.Is(err, errTooMany)):
			return err
		case err != nil:
			failed, last = failed+1, err
			r.note(i+1, "%v", err)
		case r.outputs == outputs:
			r.note(i+1, "map gives nothing for it")
		}
		if r.kept() == kept {
			r.page.Dropped++
		}
	}
	if failed > 0 && failed == len(r.content.rows) {
		return fmt.Errorf("every row: %w", last)
	}
	return nil
}

var errTooMany = fmt.Errorf("%w: more than %d facts", source.ErrBadReply, maxOutputs)

// take keeps one output of a program; row is 0 for the reply as a whole. What is
// no fact is dropped and noted.
func (e *endpoint) take(r *reading, row int, out any) error {
	if r.outputs++; r.outputs > maxOutputs {
		return errTooMany
	}
	object, ok := out.(map[string]any)
	if !ok {
		r.note(row, "%s where an object belongs", describe(out))
		return nil
	}
	o := output(object)
	shape, err := o.shape()
	if err == nil {
		for _, text := range o.unreadableTimes() {
			r.note(row, "%.80q is no time: left unknown", text)
		}
		err = e.keep(r, shape, o)
	}
	if err != nil {
		r.note(row, "%v", err)
	}
	return nil
}

// keep reads an output of that shape.
func (e *endpoint) keep(r *reading, shape string, o output) error {
	switch shape {
	case "holders":
		relation, object, n, err := o.total()
		if err == nil {
			err = e.answered(relation)
		}
		if err == nil {
			r.page.Total(relation, object, n)
		}
		return err
	case "held":
		r.page.Held = countOf(o["held"])
		return nil
	case "missing":
		if n := countOf(o["missing"]); n > 0 {
			r.page.Held = source.Number(r.here.before+r.page.Rows) + n
		}
		r.page.More = r.page.More || o["missing"] == any(true)
		return nil
	}
	facts, err := o.facts(shape, r.at)
	for _, f := range facts {
		if wrong := e.answered(f.Relation); wrong != nil {
			err = wrong
			continue
		}
		r.page.Observations = append(r.page.Observations, f)
	}
	return err
}

// answered holds programs to what the source says of itself.
func (e *endpoint) answered(relation observation.Relation) error {
	if slices.Contains(e.answers, relation) {
		return nil
	}
	return fmt.Errorf("%s is not among the relations the source answers", relation)
}
