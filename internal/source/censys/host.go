package censys

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// host is an address. Members that only version 2 has are named so.
type host struct {
	IP       string               `json:"ip"`
	Services source.Rows[service] `json:"services"`
	System   struct {
		ASN    source.Number `json:"asn"`
		Prefix string        `json:"bgp_prefix"`
	} `json:"autonomous_system"`
	Whois struct {
		Network struct {
			Prefixes source.Rows[string] `json:"cidrs"`
			Updated  string              `json:"updated"`
		} `json:"network"`
	} `json:"whois"`
	DNS struct {
		Reverse struct {
			Names source.Rows[string] `json:"names"`
			At    string              `json:"resolve_time"`
		} `json:"reverse_dns"`
		Forward map[string]forward `json:"forward_dns"`
		V2      map[string]forward `json:"records"`
	} `json:"dns"`
	V2Updated string `json:"last_updated_at"`
}

// forward is one name that resolved to the address.
type forward struct {
	At   string `json:"resolve_time"`
	V2At string `json:"resolved_at"`
}

func (h host) keep(p *source.Page, address observable.Value, asked time.Time) {
	seen := observation.Window{Last: cmp.Or(record.Moment(h.V2Updated), asked)}
	for name, f := range merged(h.DNS.Forward, h.DNS.V2) {
		if domain, err := observable.New(observable.Domain, name); err == nil {
			p.Add(domain, observation.ResolvesTo, observable.IP, address.Text(), record.At(record.Moment(cmp.Or(f.At, f.V2At))))
		}
	}
	for _, name := range h.DNS.Reverse.Names.Items {
		w := seen
		if at := record.Moment(h.DNS.Reverse.At); !at.IsZero() {
			w = record.At(at)
		}
		p.Add(address, observation.PTR, observable.Domain, name, w)
	}
	p.Add(address, observation.InPrefix, observable.Prefix, h.System.Prefix, seen)
	if h.System.ASN > 0 {
		p.Add(address, observation.AnnouncedBy, observable.ASN, "AS"+strconv.FormatInt(int64(h.System.ASN), 10), seen)
	}
	for _, prefix := range h.Whois.Network.Prefixes.Items {
		p.Add(address, observation.InPrefix, observable.Prefix, prefix, observation.Window{First: record.Moment(h.Whois.Network.Updated)})
	}
	p.Dropped += h.Services.Odd
	for _, s := range h.Services.Items {
		s.keep(p, address)
	}
}

func merged(a, b map[string]forward) map[string]forward {
	if len(a) == 0 {
		return b
	}
	return a
}

// service is one port of a host, or a web property.
type service struct {
	At   string `json:"scan_time"`
	V2At string `json:"observed_at"`

	Certificate source.Maybe[certificate] `json:"cert"`
	TLS         struct {                  // its certificates are of version 2
		Certificates struct {
			Leaf certificate `json:"leaf_data"`
		} `json:"certificates"`
		JA3S source.Text `json:"ja3s"` // of version 3; of each version of TLS there is one in the list
		Each source.Rows[struct {
			JA3S source.Text `json:"ja3s"`
		}] `json:"versions"`
	} `json:"tls"`
	JARM source.Maybe[struct {
		Fingerprint string `json:"fingerprint"`
		At          string `json:"scan_time"`
	}] `json:"jarm"`
	SSH source.Maybe[struct {
		Key struct {
			SHA256 string `json:"fingerprint_sha256"` // hexadecimal
		} `json:"server_host_key"`
	}] `json:"ssh"`
	Endpoints source.Rows[struct {
		At   string `json:"scan_time"`
		HTTP page3  `json:"http"`
	}] `json:"endpoints"`
	V2HTTP source.Maybe[struct {
		Response page2 `json:"response"`
	}] `json:"http"`
}

// page3 and page2 are a web page as versions 3 and 2 have it.
type page3 struct {
	Title    source.Text `json:"html_title"`
	SHA256   string      `json:"body_hash_sha256"`
	SHA1     string      `json:"body_hash_sha1"`
	Favicons source.Rows[struct {
		MD5    string      `json:"hash_md5"`
		Shodan source.Text `json:"hash_shodan"`
	}] `json:"favicons"`
}

type page2 struct {
	Title    source.Text `json:"html_title"`
	Hash     string      `json:"body_hash"` // "sha1:…"
	Favicons source.Rows[struct {
		MD5    string      `json:"md5_hash"`
		Shodan source.Text `json:"shodan_hash"`
	}] `json:"favicons"`
}

// keep adds what the service says of its host.
func (s service) keep(p *source.Page, host observable.Value) {
	at := record.Moment(cmp.Or(s.At, s.V2At))
	w := record.At(at)
	c := s.Certificate.Value
	if !c.known() {
		c = s.TLS.Certificates.Leaf
	}
	if c.known() {
		r := c.record(at)
		if value, ok := r.Value(); ok && p.Add(host, observation.Serves, observable.Cert, value.Text(), w) {
			p.Observations = append(p.Observations, r.Observations()...)
		}
	}
	for _, ja3s := range s.ja3s() {
		p.Add(host, observation.JA3S, observable.JA3S, ja3s, w)
	}
	jarm := s.JARM.Value
	if strings.Trim(jarm.Fingerprint, "0") != "" { // all zeros: no TLS was spoken
		p.Add(host, observation.JARM, observable.JARM, jarm.Fingerprint, record.At(cmp.Or(record.Moment(jarm.At), at)))
	}
	if sum, err := hex.DecodeString(s.SSH.Value.Key.SHA256); err == nil && len(sum) > 0 {
		p.Add(host, observation.SSHKey, observable.SSHKey, sshSHA256+base64.RawStdEncoding.EncodeToString(sum), w)
	}
	for _, e := range s.Endpoints.Items {
		e.HTTP.keep(p, host, record.At(cmp.Or(record.Moment(e.At), at)))
	}
	s.V2HTTP.Value.Response.keep(p, host, w)
}

// ja3s are the fingerprints of its answers, each once.
func (s service) ja3s() []string {
	all := []string{string(s.TLS.JA3S)}
	for _, version := range s.TLS.Each.Items {
		if !slices.Contains(all, string(version.JA3S)) {
			all = append(all, string(version.JA3S))
		}
	}
	return all
}

func (h page3) keep(p *source.Page, host observable.Value, w observation.Window) {
	p.Add(host, observation.Title, observable.Title, string(h.Title), w)
	p.Add(host, observation.BodyHash, observable.BodyHash, h.SHA256, w)
	p.Add(host, observation.BodyHash, observable.BodyHash, h.SHA1, w)
	for _, icon := range h.Favicons.Items {
		p.Add(host, observation.Favicon, observable.Favicon, icon.MD5, w)
		p.Add(host, observation.Favicon, observable.Favicon, string(icon.Shodan), w)
	}
}

func (h page2) keep(p *source.Page, host observable.Value, w observation.Window) {
	p.Add(host, observation.Title, observable.Title, string(h.Title), w)
	p.Add(host, observation.BodyHash, observable.BodyHash, strings.TrimPrefix(h.Hash, "sha1:"), w)
	for _, icon := range h.Favicons.Items {
		p.Add(host, observation.Favicon, observable.Favicon, icon.MD5, w)
		p.Add(host, observation.Favicon, observable.Favicon, string(icon.Shodan), w)
	}
}
