package custom

import (
	"errors"
	"fmt"
	"net/url"

	"clew/internal/source"
)

// maxPages is the most an endpoint may be told to read without being asked for.
const maxPages = 100

// A pager leads from one page of results to the next.
type pager struct {
	by    string
	from  *program // of link and cursor: where the next page is, null or "" at the end
	more  *program // whether there is one; nil for not said
	first int      // number of the first page
	size  int      // rows of a full page, 0 when not known

	secret string // query parameter of the key
}

// The ways pages are counted.
const (
	byLink   = "link"
	byCursor = "cursor"
	byPage   = "page"
	byOffset = "offset"
)

// compileNext returns nil for an endpoint without pages.
func compileNext(spec *nextSpec, defs definition) (p *pager, err error) {
	if spec == nil {
		return nil, nil
	}
	p = &pager{by: spec.By, size: spec.Size}
	if p.from, err = compileProgram(spec.From, defs); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if p.more, err = compileProgram(spec.More, defs); err != nil {
		return nil, fmt.Errorf("more: %w", err)
	}
	counted := p.by == byPage || p.by == byOffset
	switch {
	case !counted && p.by != byLink && p.by != byCursor:
		return nil, fmt.Errorf("by %.20q is none of link, cursor, page, offset", p.by)
	case !counted && p.from == nil:
		return nil, fmt.Errorf("by %s needs from: a jq program for where the next page is", p.by)
	case counted && p.from != nil:
		return nil, fmt.Errorf("by %s counts by itself: from is for link and cursor", p.by)
	case !counted && (spec.First != nil || p.size != 0):
		return nil, fmt.Errorf("by %s counts nothing: first and size are for page and offset", p.by)
	case p.size < 0 || spec.First != nil && *spec.First < 0:
		return nil, errors.New("first and size are counts")
	}
	if p.by == byPage {
		p.first = 1
	}
	if spec.First != nil {
		p.first = *spec.First
	}
	return p, nil
}

// hole returns the placeholder that paging needs in the request, "" for none.
func (p *pager) hole() string {
	if p == nil {
		return ""
	}
	return map[string]string{byCursor: cursorHole, byPage: pageHole, byOffset: offsetHole}[p.by]
}

// turn settles the next page after a reading, if there is one.
func (e *endpoint) turn(r *reading) error {
	if e.next.more != nil {
		more, err := e.next.more.first(r.meter, r.content.whole, r.known)
		if err != nil || more == nil || more == any(false) {
			return err
		}
	}
	next := r.here
	next.page, next.before = r.here.page+1, r.here.before+r.page.Rows
	on, err := e.next.step(r, &next)
	if err != nil || !on {
		return err
	}
	if e.next.by != byLink {
		if next.request, err = e.request.fill(next.at); err != nil {
			return fmt.Errorf("%w: next page: %w", source.ErrBadReply, err)
		}
	}
	r.next, r.page.Next = next, next.request
	return nil
}

// step moves next to where the following page is; false at the end.
func (p *pager) step(r *reading, next *place) (bool, error) {
	if p.from == nil {
		if r.page.Rows == 0 || r.page.Rows < p.size {
			return false, nil
		}
		switch {
		case p.by == byPage:
			next.at.number++
		case p.size > 0:
			next.at.number += p.size
		default:
			next.at.number += r.page.Rows
		}
		return true, nil
	}
	out, err := p.from.first(r.meter, r.content.whole, r.known)
	if err != nil {
		return false, err
	}
	text, ok := textOf(out)
	switch {
	case out == nil || text == "" && ok:
		return false, nil
	case !ok || len(text) > maxText:
		return false, fmt.Errorf("%w: next page: %s, not a text", source.ErrBadReply, describe(out))
	case p.by == byCursor:
		next.at.cursor = text
		return true, nil
	}
	next.request.URL, err = follow(r.here.request.URL, text, p.secret)
	return true, err
}

// follow resolves a link found in a reply, without the key that some providers
// repeat in it. That it stays on its host is [source.Follow]'s to see to.
func follow(from, link, secret string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	to, err := base.Parse(link)
	if err != nil || to.User != nil {
		return "", fmt.Errorf("%w: next page: %.200q is no address", source.ErrBadReply, link)
	}
	to.Fragment = ""
	if query := to.Query(); secret != "" && query.Has(secret) {
		query.Del(secret)
		to.RawQuery = query.Encode()
	}
	return to.String(), nil
}
