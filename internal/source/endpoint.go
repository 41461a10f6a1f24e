package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"clew/internal/corpus"
	"clew/internal/observation"
)

// maxPages bounds the pages of one endpoint, whatever the question asks for.
const maxPages = 100

// An Endpoint is one thing a provider can be asked, and how its replies read.
type Endpoint struct {
	Name    string
	Request Request
	// Decode reads one reply. It is pure and must survive any bytes.
	Decode func(Reply) (Page, error)
	// Pages is how many pages are read unless the question sets a limit; 0 means one.
	Pages int
	// Any404 takes a 404 for "nothing known" even when its body is a web page.
	Any404 bool
	// Credits and TTL hold for its requests where they do not say otherwise.
	Credits int
	TTL     time.Duration
}

// fill completes a request with what holds for all requests of e.
func (e Endpoint) fill(r Request) Request {
	if r.Endpoint == "" {
		r.Endpoint = e.Name
	}
	if r.Credits == 0 {
		r.Credits = e.Credits
	}
	if r.TTL == 0 {
		r.TTL = e.TTL
	}
	return r
}

// A Page is what one reply said.
type Page struct {
	Observations []observation.Observation
	Totals       []corpus.Total // AsOf is filled from the reply
	Dropped      int            // rows that were no fact of the vocabulary
	Rows         int            // results on this page
	Held         Number         // results the provider says it holds over all pages, 0 when it does not say
	More         bool           // it holds more than this page, though Next may be unknown
	Next         Request        // the next page; without URL there is none
	Note         string         // what the provider says it left out, in a few words, "" for nothing
}

// Follow asks each endpoint in turn, page by page, and gathers what came. An
// endpoint that fails costs its own answer and is named in Parts; only when the
// provider turns the whole question down are the rest left unasked.
func Follow(ctx context.Context, ask Asker, q Question, endpoints ...Endpoint) (Answer, error) {
	var answer Answer
	for i, e := range endpoints {
		part, err := follow(ctx, ask, q, e, &answer)
		answer.Parts = append(answer.Parts, part)
		if !closesTheDoor(err) {
			continue
		}
		for _, rest := range endpoints[i+1:] {
			answer.Parts = append(answer.Parts, Part{
				Endpoint: rest.Name, State: NotAsked, Reason: "not asked after " + e.Name + " was turned down",
			})
		}
		break
	}
	answer.Missing = missing(answer.Parts)
	return answer, nil
}

// With returns a and b as one answer, for connectors that learn from one
// endpoint what to ask of the next.
func (a Answer) With(b Answer) Answer {
	a.Observations = append(a.Observations, b.Observations...)
	a.Totals = append(a.Totals, b.Totals...)
	a.Parts = append(a.Parts, b.Parts...)
	a.Dropped += b.Dropped
	a.Missing = missing(a.Parts)
	return a
}

// closesTheDoor reports whether asking the same provider again is no use: it has
// no quota left or does not know the key. A 403 may concern one endpoint only,
// and so may a quota.
func closesTheDoor(err error) bool {
	var status *StatusError
	var quota *QuotaError
	if errors.As(err, &quota) {
		return quota.Endpoint == ""
	}
	return errors.Is(err, ErrQuota) || errors.As(err, &status) && status.Status == 401
}

// follow reads one endpoint into answer.
func follow(ctx context.Context, ask Asker, q Question, e Endpoint, answer *Answer) (Part, error) {
	var rows, kept, found, dropped int
	var held Number
	more, note := false, ""
	for page, request := 1, e.Request; ; page++ {
		reply, err := ask.Ask(ctx, e.fill(request))
		if err == nil {
			err = checkStatus(reply, e.Any404)
		}
		var p Page
		if err == nil {
			p, err = e.Decode(reply)
		}
		kept += answer.collect(reply, p)
		found, dropped = found+len(p.Observations), dropped+p.Dropped
		note = cmp.Or(note, p.Note)
		rows, held, more = rows+p.Rows, max(held, p.Held), p.More || p.Next.URL != ""
		switch {
		case errors.Is(err, errNothing):
			return PartOf(e.Name, kept, 0, nil), nil
		case err != nil && page > 1:
			err = fmt.Errorf("page %d: %w", page, err)
			return PartOf(e.Name, kept, shortBy(rows, held, true), err), err
		case err != nil:
			return PartOf(e.Name, kept, 0, err), err
		case p.Next.URL == "" || enough(q, e, page, found):
			part := PartOf(e.Name, kept, shortBy(rows, held, more), nil)
			if miscounted(rows, held) && !more {
				part.Reason = fmt.Sprintf("it counts %d and sent %d: nobody knows whether that was all", held, rows)
			}
			if n := max(rows, dropped); part.State == Empty && n > 0 {
				part.Reason = fmt.Sprintf("nothing of use in what it knows (rows: %d)", n)
			}
			if note != "" {
				part.Reason = strings.TrimPrefix(part.Reason+"; "+note, "; ")
			}
			return part, nil
		case !sameHost(request.URL, p.Next.URL):
			err := fmt.Errorf("%w: its next page is on another host", ErrBadReply)
			return PartOf(e.Name, kept, shortBy(rows, held, true), err), err
		}
		request = p.Next
	}
}

// collect keeps what a page said, stamped with the reply it came from.
func (a *Answer) collect(reply Reply, p Page) (kept int) {
	if len(p.Observations)+len(p.Totals) > 0 {
		evidence := reply.Evidence()
		for _, o := range p.Observations {
			o.Evidence = evidence
			a.Observations = append(a.Observations, o)
		}
		for _, t := range p.Totals {
			t.AsOf = reply.At
			a.Totals = append(a.Totals, t)
		}
	}
	a.Dropped += p.Dropped
	return len(p.Observations) + len(p.Totals)
}

func enough(q Question, e Endpoint, page, found int) bool {
	if page >= maxPages {
		return true
	}
	if q.Limit > 0 {
		return found >= q.Limit
	}
	return page >= max(e.Pages, 1)
}

// miscounted reports whether a provider counts fewer results than it sent. Then
// its count says nothing of how many it holds.
func miscounted(rows int, held Number) bool { return held > 0 && held < Number(rows) }

// shortBy says how many results are missing. A provider that counts fewer than
// it sent is not believed to have sent all, nor one whose count is absurd.
func shortBy(rows int, held Number, more bool) int {
	switch {
	case held > Number(rows) && held < math.MaxInt32:
		return int(held) - rows
	case more || held > Number(rows) || miscounted(rows, held):
		return MissingUnknown
	}
	return 0
}

func sameHost(from, to string) bool {
	a, errA := url.Parse(from)
	b, errB := url.Parse(to)
	return errA == nil && errB == nil && a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

// missing adds up what the parts are short of.
func missing(parts []Part) int {
	sum := 0
	for _, p := range parts {
		if p.Missing == MissingUnknown {
			return MissingUnknown
		}
		sum += p.Missing
	}
	return sum
}
