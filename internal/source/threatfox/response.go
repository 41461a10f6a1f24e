package threatfox

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// answer is the one envelope. With "no_result" data is missing or a text.
type answer struct {
	Status string          `json:"query_status"`
	Data   json.RawMessage `json:"data"`
}

// indicator is one row. Times end in UTC; last_seen is mostly null.
type indicator struct {
	IOC     string              `json:"ioc"`
	Type    string              `json:"ioc_type"`
	Threat  string              `json:"threat_type"`
	First   source.Text         `json:"first_seen"`
	Last    source.Text         `json:"last_seen"`
	Family  string              `json:"malware_printable"`
	Samples source.Rows[sample] `json:"malware_samples"`
}

type sample struct {
	At     source.Text `json:"time_stamp"`
	SHA256 string      `json:"sha256_hash"`
	MD5    string      `json:"md5_hash"`
}

func decode(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var a answer
	if err := source.DecodeJSON(reply, &a); err != nil {
		return page, err
	}
	switch a.Status {
	case "ok":
	case "no_result", "no_results":
		return page, nil
	case "unknown_auth_key", "auth_key_required":
		return page, fmt.Errorf("%w: ThreatFox says %s", source.ErrDenied, a.Status)
	default:
		return page, fmt.Errorf("%w: ThreatFox says %.80q", source.ErrBadReply, a.Status)
	}
	var rows source.Rows[indicator]
	if err := json.Unmarshal(a.Data, &rows); err != nil {
		return page, fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	rows.Count(&page)
	for _, i := range rows.Items {
		if !i.keep(&page, asked) {
			page.Dropped++
		}
	}
	return page, nil
}

// keep adds the facts of one row, and reports whether there were any.
func (i indicator) keep(page *source.Page, asked observable.Value) bool {
	relation, ok := i.relation()
	object, err := i.value()
	if !ok || err != nil {
		return false
	}
	if asked.Kind() == observable.File {
		window := record.Between(string(i.First), string(i.Last), record.Moment(string(i.Last)))
		page.Family(asked, i.Family, window)
		return add(page, asked, relation, object, window)
	}
	if !concerns(object, asked) { // the search matches parts of words
		return false
	}
	kept := page.Family(object, i.Family, record.Between(string(i.First), string(i.Last), record.Moment(string(i.Last))))
	for _, s := range i.Samples.Items {
		digest := s.SHA256
		if digest == "" {
			digest = s.MD5
		}
		file, err := observable.New(observable.File, digest)
		if err != nil {
			page.Dropped++
			continue
		}
		at := record.At(record.Moment(string(s.At)))
		page.OneFile(file, s.MD5)
		page.Family(file, i.Family, at)
		kept = add(page, file, relation, object, at) || kept
	}
	return kept
}

// add keeps what a file has to do with a host, or with a link and its host.
func add(page *source.Page, file observable.Value, r observation.Relation, object observable.Value, w observation.Window) bool {
	if host, ok := observable.Host(object); ok && host != object {
		page.Add(file, r, host.Kind(), host.Text(), w)
	}
	return page.Add(file, r, object.Kind(), object.Text(), w)
}

// relation says what the indicator is to the files it came from.
func (i indicator) relation() (observation.Relation, bool) {
	switch i.Threat {
	case "botnet_cc":
		return observation.ConfigC2, true
	case "payload_delivery":
		return observation.DownloadedFrom, true
	}
	return 0, false
}

func (i indicator) value() (observable.Value, error) {
	switch i.Type {
	case "ip:port":
		if addr, err := netip.ParseAddrPort(i.IOC); err == nil {
			return observable.New(observable.IP, addr.Addr().String())
		}
		return observable.New(observable.IP, i.IOC)
	case "domain":
		return observable.New(observable.Domain, i.IOC)
	}
	return observable.New(observable.URL, i.IOC)
}

// concerns reports whether an indicator is the value asked about, on its host,
// or below it.
func concerns(v, asked observable.Value) bool {
	if v == asked {
		return true
	}
	host, ok := observable.Host(v)
	return ok && asked.Kind() != observable.URL && (host == asked ||
		asked.Kind() == observable.Domain && strings.HasSuffix(host.Text(), "."+asked.Text()))
}
