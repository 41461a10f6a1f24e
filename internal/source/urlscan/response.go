package urlscan

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

func escapeQuotes(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}

// scan is what search rows and results have in common. Members come and go:
// their own manual says so. Times are RFC 3339, UTC.
type scan struct {
	Task struct {
		Time string `json:"time"`
		URL  string `json:"url"`
	} `json:"task"`
	Page struct {
		URL    string      `json:"url"`
		Domain string      `json:"domain"`
		IP     string      `json:"ip"`
		PTR    string      `json:"ptr"`
		ASN    string      `json:"asn"`
		Server source.Text `json:"server"`
		Title  source.Text `json:"title"`
	} `json:"page"`
	DOM struct {
		Hash string `json:"hash"`
	} `json:"dom"`
	Verdicts source.Maybe[verdicts] `json:"verdicts"`
}

// searchRow is one page found. sort is what the next page of results starts after.
type searchRow struct {
	scan
	ID   string            `json:"_id"`
	Sort []json.RawMessage `json:"sort"`
}

type searchAnswer struct {
	Results source.Rows[searchRow] `json:"results"`
	Total   source.Number          `json:"total"` // counts to 10,000 only
	More    bool                   `json:"has_more"`
}

// cursor is where a search stands.
type cursor struct {
	after  string // search_after of the next page, "" at the end
	newest string // identifier of the first result on the domain asked about
}

func decodeSearch(asked observable.Value, reply source.Reply) (source.Page, cursor, error) {
	var answer searchAnswer
	var at cursor
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, at, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, at, err
	}
	rows := answer.Results.Items
	f := facts{Page: source.Page{Dropped: answer.Results.Odd, Rows: len(rows) + answer.Results.Odd, More: answer.More}}
	if !answer.More {
		f.Held = answer.Total // with More set, it is only as far as they count
	}
	for _, row := range rows {
		kept := len(f.Observations)
		domain := f.scan(row.scan)
		if under(domain, asked) && at.newest == "" {
			at.newest = row.ID
		}
		f.contact(row.scan, domain, asked)
		if len(f.Observations) == kept {
			f.Dropped++
		}
	}
	if asked.Kind() == observable.Domain && answer.Total > 0 && len(rows) > 0 {
		f.loaders(asked, answer.Total)
	}
	if len(rows) > 0 && (answer.More || answer.Total > source.Number(len(rows))) {
		at.after = sortKey(rows[len(rows)-1].Sort)
	}
	return f.Page, at, nil
}

// sortKey joins a row's sort values as search_after wants them.
func sortKey(values []json.RawMessage) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = strings.Trim(string(v), `"`)
	}
	return strings.Join(parts, ",")
}

// facts collects what one reply says.
type facts struct{ source.Page }

func (f *facts) add(subject observable.Value, relation observation.Relation, kind observable.Kind, text string, w observation.Window) {
	object, err := observable.New(kind, text)
	o := observation.Observation{Subject: subject, Relation: relation, Object: object, Window: w, Count: 1}
	if err == nil && o.Check() == nil {
		f.Observations = append(f.Observations, o)
	}
}

// scan keeps what a visit saw of the page itself, and returns its domain. The
// facts are the domain's, not the URL's: pivots lead from domain to domain.
func (f *facts) scan(s scan) observable.Value {
	w := record.At(record.Moment(s.Task.Time))
	if address, err := observable.New(observable.IP, s.Page.IP); err == nil {
		f.add(address, observation.AnnouncedBy, observable.ASN, s.Page.ASN, w)
		f.add(address, observation.PTR, observable.Domain, s.Page.PTR, w)
	}
	domain, err := observable.New(observable.Domain, s.Page.Domain)
	if err != nil {
		return observable.Value{}
	}
	f.add(domain, observation.ResolvesTo, observable.IP, s.Page.IP, w)
	f.add(domain, observation.Title, observable.Title, string(s.Page.Title), w)
	f.add(domain, observation.Banner, observable.Text, string(s.Page.Server), w)
	f.add(domain, observation.BodyHash, observable.BodyHash, s.DOM.Hash, w)
	s.Verdicts.Value.keep(f, domain, w)
	if from, ok := hostOf(s.Task.URL); ok {
		f.add(from, observation.RedirectsTo, observable.Domain, domain.Text(), w)
	}
	return domain
}

// contact keeps that a page elsewhere talked to the domain asked about: that is
// why the search found it.
func (f *facts) contact(s scan, page, asked observable.Value) {
	from, _ := hostOf(s.Task.URL)
	if asked.Kind() != observable.Domain || page.IsZero() || sameOwner(page, asked) || sameOwner(from, asked) {
		return
	}
	f.add(page, observation.Resource, observable.Text, asked.Text(), record.At(record.Moment(s.Task.Time)))
}

// loaders keeps how many scans talked to the domain: an upper bound of the pages
// that load from it.
func (f *facts) loaders(domain observable.Value, n source.Number) {
	object, err := observable.New(observable.Text, domain.Text())
	if err == nil {
		f.Totals = append(f.Totals, corpus.Total{Relation: observation.Resource, Object: object, N: uint64(n)})
	}
}

// sameOwner reports whether two names lie under one registered domain.
func sameOwner(a, b observable.Value) bool {
	x, okX := observable.RegistrableDomain(a)
	y, okY := observable.RegistrableDomain(b)
	return a == b || okX && okY && x == y
}

// under reports whether name is domain or lies below it.
func under(name, domain observable.Value) bool {
	return name == domain || strings.HasSuffix(name.Text(), "."+domain.Text())
}

func hostOf(address string) (observable.Value, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return observable.Value{}, false
	}
	host, err := observable.New(observable.Domain, u.Hostname())
	return host, err == nil
}

// resultAnswer is a whole result: the scan, and each request the page made.
type resultAnswer struct {
	scan
	Data *struct {
		Requests source.Rows[exchange] `json:"requests"`
	} `json:"data"`
}

// exchange is one request and the reply to it.
type exchange struct {
	Request struct {
		Type    string `json:"type"` // Document, Script, Stylesheet, Image, …
		Request struct {
			URL string `json:"url"`
		} `json:"request"`
	} `json:"request"`
	Response struct {
		Hash string `json:"hash"` // SHA-256 of the body
		ASN  struct {
			IP    string      `json:"ip"`
			ASN   source.Text `json:"asn"` // without "AS"
			Route string      `json:"route"`
		} `json:"asn"`
		RDNS struct {
			PTR string `json:"ptr"`
		} `json:"rdns"`
	} `json:"response"`
}

func decodeResult(reply source.Reply) (source.Page, error) {
	var answer resultAnswer
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if answer.Data == nil {
		var none source.Rows[exchange]
		return source.Page{}, none.Require("data")
	}
	f := facts{Page: source.Page{Rows: 1, Dropped: answer.Data.Requests.Odd}}
	domain := f.scan(answer.scan)
	w := record.At(record.Moment(answer.Task.Time))
	var loaded []string
	for i, x := range answer.Data.Requests.Items {
		host, ok := hostOf(x.Request.Request.URL)
		f.server(host, x, w)
		switch {
		case domain.IsZero() || !ok:
		case i == 0 && x.Request.Type == "Document":
			f.add(domain, observation.BodyHash, observable.BodyHash, x.Response.Hash, w)
		case !sameOwner(host, domain):
			loaded = append(loaded, host.Text())
		}
	}
	slices.Sort(loaded)
	for _, host := range slices.Compact(loaded) {
		f.add(domain, observation.Resource, observable.Text, host, w)
	}
	return f.Page, nil
}

// server keeps where one reply came from.
func (f *facts) server(host observable.Value, x exchange, w observation.Window) {
	address, err := observable.New(observable.IP, x.Response.ASN.IP)
	if err != nil {
		return
	}
	if !host.IsZero() {
		f.add(host, observation.ResolvesTo, observable.IP, address.Text(), w)
	}
	f.add(address, observation.PTR, observable.Domain, x.Response.RDNS.PTR, w)
	f.add(address, observation.InPrefix, observable.Prefix, x.Response.ASN.Route, w)
	if n, err := strconv.ParseUint(string(x.Response.ASN.ASN), 10, 32); err == nil {
		f.add(address, observation.AnnouncedBy, observable.ASN, "AS"+strconv.FormatUint(n, 10), w)
	}
}
