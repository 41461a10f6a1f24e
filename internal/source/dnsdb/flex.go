package dnsdb

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// shortestLabel is the label that flexible search is asked for at least, in
// letters: shorter ones are words and parts of words that thousands register.
const shortestLabel = 6

// namesake is flexible search for a registered label under any other suffix, as
// "evil-login.*". The answers are names and no more: neither times nor records,
// and nobody says how many there are.
func namesake(v observable.Value) (source.Endpoint, bool) {
	registrable, ok := observable.RegistrableDomain(v)
	label, labelled := observable.Label(v)
	if !ok || registrable != v || !labelled || len(label) < shortestLabel {
		return source.Endpoint{}, false
	}
	return source.Endpoint{
		Name: "glob/rrnames",
		Request: source.Request{
			URL:    base + "/glob/rrnames/" + url.PathEscape(label) + ".*?limit=" + strconv.Itoa(defaultRows),
			Header: request("").Header,
		},
		Decode: func(r source.Reply) (source.Page, error) { return decodeNames(label, r) },
	}, true
}

// found is one object of a flexible search among names.
type found struct {
	Name string `json:"rrname"`
	Type string `json:"rrtype"`
}

// decodeNames keeps the label that each name found was registered with, and what
// host names lie below. The pattern matches "evil-login.other.example" too, whose
// label is another: dropped.
func decodeNames(label string, reply source.Reply) (page source.Page, err error) {
	s, err := readStream(reply)
	page = source.Page{Rows: len(s.objects), More: s.limited}
	for _, object := range s.objects {
		var f found
		if json.Unmarshal(object, &f) != nil {
			page.Dropped++
			continue
		}
		if f.Name == "" && err == nil {
			return page, fmt.Errorf("%w: an object without a name in it", source.ErrBadReply)
		}
		if !keepName(&page, label, f) {
			page.Dropped++
		}
	}
	return page, err
}

func keepName(page *source.Page, label string, f found) bool {
	v, err := observable.New(observable.Domain, strings.TrimSuffix(f.Name, "."))
	if err != nil {
		return false
	}
	if own, ok := observable.Label(v); !ok || own != label {
		return false
	}
	registrable, ok := observable.RegistrableDomain(v)
	if !ok {
		return false
	}
	kept := page.Add(registrable, observation.Label, observable.Text, label, observation.Window{})
	if registrable != v {
		page.Add(v, observation.SubdomainOf, observable.Domain, registrable.Text(), observation.Window{})
	}
	return kept
}
