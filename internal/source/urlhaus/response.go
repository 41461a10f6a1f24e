package urlhaus

import (
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// status is in every answer, HTTP 200 or not. Counts and flags are texts, lists
// may be null.
type status struct {
	Status string `json:"query_status"`
}

// check returns whether there is an answer to read, or why there is none.
func (s status) check() (known bool, err error) {
	switch s.Status {
	case "ok":
		return true, nil
	case "no_results":
		return false, nil
	case "unknown_auth_key", "auth_key_required":
		return false, fmt.Errorf("%w: URLhaus says %s", source.ErrDenied, s.Status)
	}
	return false, fmt.Errorf("%w: URLhaus says %.80q", source.ErrBadReply, s.Status)
}

type host struct {
	status
	Count source.Number `json:"url_count"`
	URLs  source.Rows[struct {
		URL string `json:"url"`
	}] `json:"urls"` // the newest first, at most 100
}

// decodeHost returns the links on a host, newest first, and how many URLhaus
// knows in all. A link alone is no fact: it names its host itself.
func decodeHost(reply source.Reply) (links []string, held int, err error) {
	var answer host
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return nil, 0, err
	}
	if known, err := answer.check(); !known {
		return nil, 0, err
	}
	if err := answer.URLs.Require("urls"); err != nil {
		return nil, 0, err
	}
	for _, u := range answer.URLs.Items {
		if v, err := observable.New(observable.URL, u.URL); err == nil {
			links = append(links, v.Text())
		}
	}
	if answer.Count > 0 && answer.Count < 1<<31 {
		held = int(answer.Count)
	}
	return links, held, nil
}

// file is what URLhaus knows of a payload. Days have no time.
type file struct {
	SHA256  string `json:"response_sha256"`
	MD5     string `json:"response_md5"`
	First   string `json:"firstseen"`
	Name    string `json:"filename"`
	Imphash string `json:"imphash"`
	Ssdeep  string `json:"ssdeep"`
	TLSH    string `json:"tlsh"`
	Family  string `json:"signature"` // null when not known
}

type linked struct {
	status
	URL      string            `json:"url"`
	Threat   string            `json:"threat"`
	Payloads source.Rows[file] `json:"payloads"`
}

// decodeLink reads what was fetched from a link.
func decodeLink(reply source.Reply) (page source.Page, err error) {
	var answer linked
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if known, err := answer.check(); !known {
		return page, err
	}
	from, err := observable.New(observable.URL, answer.URL)
	if err != nil {
		return page, fmt.Errorf("%w: it names no link", source.ErrBadReply)
	}
	answer.Payloads.Count(&page)
	if answer.Threat != "" {
		page.Judge(from, "listed for "+answer.Threat, observation.Window{})
	}
	for _, p := range answer.Payloads.Items {
		v, err := observable.New(observable.File, p.SHA256)
		if err != nil {
			v, err = observable.New(observable.File, p.MD5)
		}
		if err != nil {
			page.Dropped++
			continue
		}
		window := record.Between(p.First, p.First, reply.At)
		fetched(&page, v, from, window)
		page.OneFile(v, p.MD5)
		p.describe(&page, v, window)
	}
	return page, nil
}

// fetched keeps where a file came from: the link, and its host.
func fetched(page *source.Page, v, from observable.Value, w observation.Window) bool {
	if host, ok := observable.Host(from); ok {
		page.Add(v, observation.DownloadedFrom, host.Kind(), host.Text(), w)
	}
	return page.Add(v, observation.DownloadedFrom, observable.URL, from.Text(), w)
}

func (f file) describe(page *source.Page, v observable.Value, w observation.Window) {
	page.Add(v, observation.Filename, observable.Filename, f.Name, w)
	page.Add(v, observation.Imphash, observable.Imphash, f.Imphash, w)
	page.Add(v, observation.Ssdeep, observable.Ssdeep, f.Ssdeep, w)
	page.Add(v, observation.TLSH, observable.TLSH, f.TLSH, w)
	page.Family(v, f.Family, w)
}

type payload struct {
	status
	SHA256  string        `json:"sha256_hash"`
	First   string        `json:"firstseen"`
	Last    string        `json:"lastseen"`
	Imphash string        `json:"imphash"`
	Ssdeep  string        `json:"ssdeep"`
	TLSH    string        `json:"tlsh"`
	Family  string        `json:"signature"`
	Count   source.Number `json:"url_count"`
	URLs    source.Rows[struct {
		URL   string `json:"url"`
		Name  string `json:"filename"`
		First string `json:"firstseen"`
		Last  string `json:"lastseen"`
	}] `json:"urls"`
}

// decodePayload reads where a file was fetched from. Asked by MD5, the facts are
// those of that value and of the SHA-256 that others name the file by.
func decodePayload(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer payload
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if known, err := answer.check(); !known {
		return page, err
	}
	if err := answer.URLs.Require("urls"); err != nil {
		return page, err
	}
	answer.URLs.Count(&page)
	page.Held = answer.Count
	values := []observable.Value{asked}
	if v, err := observable.New(observable.File, answer.SHA256); err == nil && v != asked {
		page.OneFile(v, asked.Text())
		values = append(values, v)
	}
	for _, v := range values {
		about := file{Imphash: answer.Imphash, Ssdeep: answer.Ssdeep, TLSH: answer.TLSH, Family: answer.Family}
		about.describe(&page, v, record.Between(answer.First, answer.Last, reply.At))
		for _, u := range answer.URLs.Items {
			window := record.Between(u.First, u.Last, reply.At)
			from, err := observable.New(observable.URL, u.URL)
			if err != nil || !fetched(&page, v, from, window) {
				page.Dropped++
				continue
			}
			page.Add(v, observation.Filename, observable.Filename, u.Name, window)
		}
	}
	return page, nil
}
