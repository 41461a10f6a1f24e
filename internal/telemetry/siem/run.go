package siem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// A Runner asks one search.
type Runner struct {
	Name   string
	Search Search
	Door   source.Door
	Header map[string]string // further headers of each request
	Now    time.Time         // what a product keeps is counted back from here; zero: the end of the period
	Limits Limits            // what the settings narrow the product's limits to; zero fields leave them
	// Leave is called with the values of a query before it leaves this machine:
	// the disclosure ledger. nil for no one.
	Leave func(ctx context.Context, values []observable.Value) error
}

// An Answer says what was asked, and what was not answered.
type Answer struct {
	From, To time.Time
	Queries  int
	Records  int
	// Unanswered says for an indicator, by index, why the product's silence on it
	// means nothing. An indicator that is not here and has no sighting was not seen.
	Unanswered map[int]string
	// More is how many answers were cut short at a single value: there are hits,
	// and more of them than are shown.
	More int
}

// Ask asks for the indicators of o in the period of o and hands over what the log
// readers see in the answers. The error is that of emit or ctx; trouble with the
// product is in the answer.
func (r *Runner) Ask(ctx context.Context, o telemetry.Options, emit func(telemetry.Sighting) error) (Answer, error) {
	a := Answer{From: o.Since, To: o.Until, Unanswered: map[int]string{}}
	hunter, err := telemetry.New(o)
	if err != nil && !errors.Is(err, match.ErrNone) {
		return a, err
	}
	for _, r := range hunter.Refused { // what the readers do not look for is not asked either
		a.Unanswered[r.Indicator] = "not looked for: " + r.Reason
	}
	var asked []int
	for i, indicator := range o.Indicators {
		if !r.asks(indicator.Value) {
			a.Unanswered[i] = "a " + indicator.Value.Kind().String() + " is not asked of this search"
		} else if a.Unanswered[i] == "" {
			asked = append(asked, i)
		}
	}
	since, whole := r.kept(o.Since, o.Until)
	if !whole {
		a.unanswered(asked, "the product keeps nothing from before "+since.UTC().Format(time.DateOnly))
	}
	var records []string
	for _, span := range r.spans(since, o.Until) {
		all := collection{count: map[string]int{}}
		for _, batch := range r.batches(o, asked, span) {
			if err := r.batch(ctx, o, batch, span, &a, &all); err != nil {
				return a, err
			}
		}
		records = append(records, all.records...)
	}
	a.Records = len(records)
	if len(records) == 0 {
		return a, nil
	}
	coverage, err := hunter.Run(ctx, []logfile.Input{logfile.Records(SourceName(r.Name), records, o.Until)}, emit)
	for _, why := range coverage.Missing() {
		a.unanswered(asked, why)
	}
	return a, err
}

// unanswered says of some indicators why silence on them means nothing.
func (a *Answer) unanswered(indicators []int, why string) {
	for _, i := range indicators {
		a.Unanswered[i] = why
	}
}

// Queries returns what Ask would ask first, for an analyst to paste.
func (r *Runner) Queries(o telemetry.Options) []Query {
	var asked []int
	for i, indicator := range o.Indicators {
		if r.asks(indicator.Value) {
			asked = append(asked, i)
		}
	}
	var queries []Query
	since, _ := r.kept(o.Since, o.Until)
	for _, span := range r.spans(since, o.Until) {
		for _, batch := range r.batches(o, asked, span) {
			q := r.Search.Query(values(o, batch), span[0], span[1], r.limits().Rows)
			q.From, q.To = span[0], span[1]
			queries = append(queries, q)
		}
	}
	return queries
}

// asks reports whether a value can be asked of the product.
func (r *Runner) asks(v observable.Value) bool {
	_, ok := Searchable(v)
	return ok && !slices.Contains(r.Search.Limits().Lacks, v.Kind())
}

func (r *Runner) limits() Limits {
	l := r.Search.Limits()
	if n := r.Limits.Values; n > 0 && n < l.Values {
		l.Values = n
	}
	if n := r.Limits.Rows; n > 0 && n < l.Rows {
		l.Rows = n
	}
	return l
}

// kept returns from when on the product can answer for a period, and whether that
// is all of it. An hour more or less passes: "the last 30 days" was said before
// the question leaves.
func (r *Runner) kept(from, to time.Time) (since time.Time, whole bool) {
	keeps, now := r.limits().Keeps, r.Now
	if now.IsZero() {
		now = to
	}
	if oldest := now.Add(-keeps); keeps > 0 && from.Before(oldest.Add(-time.Hour)) {
		return oldest, false
	}
	return from, true
}

// spans cuts the period into what the product answers about at once. A query takes
// in the whole last second, so the next span begins behind it.
func (r *Runner) spans(from, to time.Time) (all [][2]time.Time) {
	if !from.Before(to) {
		return nil
	}
	span := r.limits().Span
	for span > 0 && to.Sub(from) > span {
		all = append(all, [2]time.Time{from, from.Add(span)})
		from = from.Add(span + time.Second)
	}
	return append(all, [2]time.Time{from, to})
}

// values returns what a query for some indicators asks for. A URL is asked for by
// its host, which is asked for once however many indicators lie on it.
func values(o telemetry.Options, batch []int) []observable.Value {
	all := make([]observable.Value, 0, len(batch))
	known := map[observable.Value]bool{}
	for _, n := range batch {
		v := o.Indicators[n].Value
		term := v
		if v.Kind() == observable.URL {
			if host, ok := observable.Host(v); ok {
				term = host
			}
		}
		if !known[term] {
			known[term] = true
			all = append(all, v)
		}
	}
	return all
}

// batches packs as many indicators into a query as the product takes.
func (r *Runner) batches(o telemetry.Options, asked []int, span [2]time.Time) (all [][]int) {
	l := r.limits()
	var pack func(batch []int)
	pack = func(batch []int) {
		if len(batch) > 1 && l.Bytes > 0 && len(r.Search.Query(values(o, batch), span[0], span[1], l.Rows).Text) > l.Bytes {
			pack(batch[:len(batch)/2])
			pack(batch[len(batch)/2:])
			return
		}
		all = append(all, batch)
	}
	for len(asked) > 0 {
		n := min(len(asked), l.Values)
		pack(asked[:n])
		asked = asked[n:]
	}
	return all
}

// A collection holds the records of one span. A record with indicators of two
// batches is in the answers to both, and is one record: of each text as many are
// kept as one answer holds at most.
type collection struct {
	records []string
	count   map[string]int
}

func (c *collection) add(page []string) {
	here := map[string]int{}
	for _, record := range page {
		if here[record]++; here[record] > c.count[record] {
			c.count[record]++
			c.records = append(c.records, record)
		}
	}
}

// batch asks for some indicators. An answer that was cut short says nothing of
// those that are not in it, so each half is asked for again.
func (r *Runner) batch(ctx context.Context, o telemetry.Options, batch []int, span [2]time.Time, a *Answer, all *collection) error {
	page, err := r.ask(ctx, values(o, batch), span, a)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(batch) > 1 && (page.Truncated || errors.Is(err, source.ErrBadReply)):
		if err := r.batch(ctx, o, batch[:len(batch)/2], span, a, all); err != nil {
			return err
		}
		return r.batch(ctx, o, batch[len(batch)/2:], span, a, all)
	}
	all.add(page.Records)
	if page.Truncated {
		a.More++
	}
	why := page.Partial
	if err != nil {
		why = err.Error()
	}
	if why != "" {
		a.unanswered(batch, why)
	}
	return nil
}

func (r *Runner) ask(ctx context.Context, values []observable.Value, span [2]time.Time, a *Answer) (Page, error) {
	rows := r.limits().Rows
	q := r.Search.Query(values, span[0], span[1], rows)
	q.Request.Source, q.Request.Anew, q.Request.TTL = SourceName(r.Name), true, -1
	if q.Request.Header == nil {
		q.Request.Header = http.Header{}
	}
	for name, value := range r.Header {
		q.Request.Header.Set(name, value)
	}
	reply, err := r.Door.Pass(ctx, q.Request, func(ctx context.Context) error {
		a.Queries++
		if r.Leave == nil {
			return nil
		}
		return r.Leave(ctx, values)
	})
	if err != nil {
		return Page{}, err
	}
	switch reply.Status {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return Page{}, fmt.Errorf("%w: status %d", source.ErrDenied, reply.Status)
	case http.StatusTooManyRequests:
		return Page{}, fmt.Errorf("%w: status %d", source.ErrQuota, reply.Status)
	default:
		return Page{}, fmt.Errorf("status %d: %.200s", reply.Status, reply.Body)
	}
	page, err := r.Search.Read(reply, rows)
	for i, record := range page.Records {
		page.Records[i] = strings.NewReplacer("\r", " ", "\n", " ").Replace(record)
	}
	return page, err
}

// SourceName is the name under which a search is known to the client and the
// disclosure ledger.
func SourceName(name string) string { return "siem:" + name }
