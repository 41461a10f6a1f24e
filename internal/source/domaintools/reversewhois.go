package domaintools

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// reverseWhois asks which domains are registered with an e-mail address. A
// report may cost extra, by its length: a quote comes first and is free.
type reverseWhois struct{ email observable.Value }

func (w reverseWhois) request(mode string) source.Request {
	return source.Request{URL: base + "reverse-whois?" + url.Values{
		"terms": {w.email.Text()}, "scope": {"current"}, "mode": {mode},
	}.Encode()}
}

// ask quotes the report, and takes it where that costs nothing.
func (w reverseWhois) ask(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var offer quote
	quoted, err := source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "reverse-whois quote",
		Request: w.request("quote"),
		Decode: func(r source.Reply) (page source.Page, err error) {
			offer, err = decodeQuote(r)
			page.Total(observation.RegistrantEmail, w.email, offer.Count.Current)
			return page, err
		},
	})
	state := quoted.Parts[0].State
	switch {
	case err != nil || state != source.Answered && state != source.NotRecorded:
		return quoted, err
	case state == source.Answered && !offer.free():
		part := source.PartOf("reverse-whois", 0, int(min(offer.Count.Current, 1<<30)), nil)
		part.Reason = fmt.Sprintf("%d domains: the report costs extra and was not bought", offer.Count.Current)
		return quoted.With(source.Answer{Parts: []source.Part{part}}), nil
	}
	report, err := source.Follow(ctx, sizeRefused{ask}, q, source.Endpoint{
		Name:    "reverse-whois",
		Request: w.request("purchase"),
		Decode:  func(r source.Reply) (source.Page, error) { return decodeReverseWhois(w.email, r) },
	})
	return quoted.With(report), err
}

// sizeRefused tells a report that is too large, which DomainTools answers with
// the status of a server that is busy, from one that is.
type sizeRefused struct{ source.Asker }

// Ask implements [source.Asker].
func (s sizeRefused) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	reply, err := s.Asker.Ask(ctx, r)
	if err == nil && reply.Status == http.StatusServiceUnavailable && bytes.Contains(reply.Body, []byte("exceeds the maximum")) {
		return reply, fmt.Errorf("%w: the report is larger than DomainTools gives", source.ErrNotOffered)
	}
	return reply, err
}

// quote is what a report would hold and cost. A price is that of the list, the
// cost what this account pays for it: 0 where the contract includes it.
type quote struct {
	Count amounts  `json:"domain_count"`
	Price amounts  `json:"report_price"`
	Cost  *amounts `json:"report_cost"`
}

// free reports whether taking the report costs nothing. Without a cost, the
// price of the list decides.
func (q quote) free() bool {
	if q.Cost != nil {
		return q.Cost.Current == 0
	}
	return q.Price.Current == 0
}

// amounts are by what is searched: records of now, or old ones too.
type amounts struct {
	Current source.Number `json:"current"`
}

func decodeQuote(reply source.Reply) (quote, error) {
	return decodeResponse[quote](reply, "domain_count")
}

// decodeReverseWhois reads a report: names, and nothing else about them.
func decodeReverseWhois(email observable.Value, reply source.Reply) (page source.Page, err error) {
	report, err := decodeResponse[struct {
		quote
		Domains source.Rows[string] `json:"domains"`
	}](reply, "domains")
	if err != nil {
		return page, err
	}
	report.Domains.Count(&page)
	page.Held = report.Count.Current
	page.Total(observation.RegistrantEmail, email, report.Count.Current)
	keepHolders(&page, report.Domains.Items, observation.RegistrantEmail, email, observation.Window{Last: reply.At})
	return page, nil
}
