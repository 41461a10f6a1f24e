package censys

import (
	"encoding/json"
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// envelope is around every reply of versions 2 and 3; a lookup of version 3 has
// the asset one level further down.
type envelope struct {
	Result json.RawMessage `json:"result"`
}

func open(reply source.Reply) (json.RawMessage, error) {
	var e envelope
	if err := source.DecodeJSON(reply, &e); err != nil {
		return nil, err
	}
	if len(e.Result) == 0 {
		return nil, fmt.Errorf("%w: no \"result\" in it", source.ErrBadReply)
	}
	var inner struct {
		Resource json.RawMessage `json:"resource"`
	}
	if json.Unmarshal(e.Result, &inner) == nil && len(inner.Resource) > 0 {
		return inner.Resource, nil
	}
	return e.Result, nil
}

// read fills v from an asset.
func read(asset json.RawMessage, v any) error {
	return source.DecodeJSON(source.Reply{Body: asset}, v)
}

func decodeHost(reply source.Reply) (p source.Page, err error) {
	asset, err := open(reply)
	if err != nil {
		return p, err
	}
	var h host
	if err := read(asset, &h); err != nil {
		return p, err
	}
	address, err := observable.New(observable.IP, h.IP)
	if err != nil {
		return p, fmt.Errorf("%w: no address in it", source.ErrBadReply)
	}
	p.Rows = 1
	h.keep(&p, address, reply.At)
	return p, nil
}

// decodeWebProperty reads what a name shows on one port: like a service of a host.
func decodeWebProperty(domain observable.Value) func(source.Reply) (source.Page, error) {
	return func(reply source.Reply) (p source.Page, err error) {
		asset, err := open(reply)
		if err != nil {
			return p, err
		}
		var w struct {
			Hostname *string `json:"hostname"`
			service
		}
		if err := read(asset, &w); err != nil {
			return p, err
		}
		if w.Hostname == nil {
			return p, fmt.Errorf("%w: no \"hostname\" in it", source.ErrBadReply)
		}
		p.Rows = 1
		w.keep(&p, domain)
		return p, nil
	}
}

// decodeCertificate reads a certificate of version 3, or of version 1, which
// has no envelope.
func decodeCertificate(reply source.Reply) (p source.Page, err error) {
	var c certificate
	asset, err := open(reply)
	if err != nil {
		asset = reply.Body
	}
	if read(asset, &c) != nil || !c.known() {
		if err == nil {
			err = fmt.Errorf("%w: no certificate in it", source.ErrBadReply)
		}
		return p, err
	}
	p.Rows, p.Observations = 1, c.record(reply.At).Observations()
	return p, nil
}

// found is a page of a search: hits of version 3 are wrapped in their kind,
// those of version 2 are hosts; results of version 1 are certificates, flat.
type found struct {
	Hits  source.Rows[hit] `json:"hits"`
	Total source.Number    `json:"total_hits"`
	Token string           `json:"next_page_token"`

	V2Total source.Number `json:"total"`
	V2Links struct {
		Next string `json:"next"`
	} `json:"links"`
}

type hit struct {
	Host        *asset[host]        `json:"host_v1"`
	Certificate *asset[certificate] `json:"certificate_v1"`
	Web         *asset[webHit]      `json:"webproperty_v1"`
	host
}

type asset[T any] struct {
	Resource T `json:"resource"`
}

type webHit struct {
	Hostname string `json:"hostname"`
	service
}

func decodeSearch(s search, reply source.Reply) (p source.Page, token string, err error) {
	if old, ok, err := decodeFlat(reply); ok || err != nil {
		return old, "", err
	}
	result, err := open(reply)
	if err != nil {
		return p, "", err
	}
	var f found
	if err := read(result, &f); err != nil {
		return p, "", err
	}
	if err := f.Hits.Require("hits"); err != nil {
		return p, "", err
	}
	f.Hits.Count(&p)
	p.Held, p.More = max(f.Total, f.V2Total), f.V2Links.Next != ""
	p.Total(s.relation, s.shared, p.Held)
	for _, h := range f.Hits.Items {
		if !s.keep(&p, h, reply) {
			p.Dropped++
		}
	}
	return p, f.Token, nil
}

// keep adds what a hit says and, where it does not repeat it, that it has what
// was searched for. It reports whether the hit was of use.
func (s search) keep(p *source.Page, h hit, reply source.Reply) bool {
	before := len(p.Observations)
	var subject observable.Value
	switch {
	case h.Certificate != nil:
		c := h.Certificate.Resource.record(reply.At)
		subject, _ = c.Value()
		p.Observations = append(p.Observations, c.Observations()...)
	case h.Web != nil:
		name, err := observable.New(observable.Domain, h.Web.Resource.Hostname)
		if err != nil {
			return false
		}
		subject = name
		h.Web.Resource.keep(p, name)
	default:
		if h.Host != nil {
			h.host = h.Host.Resource
		}
		address, err := observable.New(observable.IP, h.IP)
		if err != nil {
			return false
		}
		subject = address
		h.host.keep(p, address, reply.At)
	}
	for _, o := range p.Observations[before:] {
		if o.Subject == subject && o.Relation == s.relation && o.Object == s.shared {
			return true
		}
	}
	if s.relation != 0 && !subject.IsZero() {
		p.Add(subject, s.relation, s.shared.Kind(), s.shared.Text(), observation.Window{Last: reply.At})
	}
	return len(p.Observations) > before
}

// decodeFlat reads a search of version 1, if reply is one.
func decodeFlat(reply source.Reply) (p source.Page, ok bool, err error) {
	var flat struct {
		Results source.Rows[struct {
			SHA256  string `json:"parsed.fingerprint_sha256"`
			Subject string `json:"parsed.subject_dn"`
			Issuer  string `json:"parsed.issuer_dn"`
		}] `json:"results"`
		Metadata struct {
			Count source.Number `json:"count"`
		} `json:"metadata"`
	}
	if err := source.DecodeJSON(reply, &flat); err != nil {
		return p, false, err
	}
	if !flat.Results.Given {
		return p, false, nil
	}
	flat.Results.Count(&p)
	p.Held = flat.Metadata.Count
	for _, r := range flat.Results.Items {
		c := certificate{SHA256: r.SHA256, Subject: r.Subject, Issuer: r.Issuer}
		p.Observations = append(p.Observations, c.record(reply.At).Observations()...)
	}
	return p, true, nil
}
