// Package suricata reads the dns, tls and fileinfo events of Suricata's EVE JSON;
// other events are read over.
//
// Source: https://docs.suricata.io/en/latest/output/eve/eve-json-format.html: dns
// events of versions 1 to 3, tls with and without the certificate itself.
package suricata

import (
	"encoding/base64"
	"io"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// Format is EVE JSON, one event a line or written out over several.
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "suricata" }

// Likely reports whether head begins with an event.
func (Format) Likely(head []byte) bool {
	return document.HasMembers(head, [][]string{{"event_type", "timestamp", "src_ip"}, {"event_type", "timestamp", "flow_id"}})
}

// event is one event, with the members clew reads.
type event struct {
	Time   string `json:"timestamp"`
	Type   string `json:"event_type"`
	Server string `json:"dest_ip"`
	Client string `json:"src_ip"`
	DNS    *dns   `json:"dns"`
	TLS    *tls   `json:"tls"`
	HTTP   *struct {
		Host string `json:"hostname"`
		URL  string `json:"url"`
		Port int    `json:"http_port"`
	} `json:"http"`
	File *struct {
		Name   string `json:"filename"`
		SHA256 string `json:"sha256"`
		SHA1   string `json:"sha1"`
		MD5    string `json:"md5"`
		State  string `json:"state"`
	} `json:"fileinfo"`
}

// dns is an event of version 1, which has one answer, or of a later one, with a
// list of them. In version 3 the question is in a list too; nobody needs it.
type dns struct {
	Type    string   `json:"type"`
	Name    string   `json:"rrname"`
	Kind    string   `json:"rrtype"`
	Data    string   `json:"rdata"`
	Code    string   `json:"rcode"`
	Answers []answer `json:"answers"`
}

type answer struct {
	Name string `json:"rrname"`
	Kind string `json:"rrtype"`
	Data string `json:"rdata"`
	SOA  *struct {
		Mailbox string `json:"rname"`
	} `json:"soa"`
}

type tls struct {
	Subject     string   `json:"subject"`
	Issuer      string   `json:"issuerdn"`
	Serial      string   `json:"serial"`
	Fingerprint string   `json:"fingerprint"` // SHA-1
	Name        string   `json:"sni"`
	NotBefore   string   `json:"notbefore"`
	NotAfter    string   `json:"notafter"`
	Alternative []string `json:"subjectaltname"`
	Certificate string   `json:"certificate"` // base64 of the DER, where configured
	Chain       []string `json:"chain"`
	JA3         digest   `json:"ja3"`
	JA3S        digest   `json:"ja3s"`
	JA4         string   `json:"ja4"`
}

// digest is a fingerprint beside the text that it is of.
type digest struct {
	Hash string `json:"hash"`
}

// Read implements [ingest.DocumentFormat].
func (Format) Read(r io.Reader, out *ingest.Out) error {
	return document.Objects(r, out, nil, func(e *event) {
		if e.Type == "" {
			out.Reject("no event: it has no event_type")
			return
		}
		state := map[string]func(observation.Window) []observation.Observation{
			"dns": e.lookup, "tls": e.handshake, "fileinfo": e.file,
		}[e.Type]
		if state == nil {
			out.Skip()
			return
		}
		at, _, ok := record.ParseTime(e.Time)
		if !ok {
			out.Reject("timestamp %q is no time", e.Time)
			return
		}
		out.KeepAll(state(record.At(at)))
	})
}

func (e *event) lookup(w observation.Window) []observation.Observation {
	if e.DNS == nil || e.DNS.Type == "query" || e.DNS.Type == "request" {
		return nil
	}
	answers := e.DNS.Answers
	if e.DNS.Data != "" {
		answers = append(answers, answer{Name: e.DNS.Name, Kind: e.DNS.Kind, Data: e.DNS.Data})
	}
	var facts []observation.Observation
	for _, a := range answers {
		if a.SOA != nil {
			a.Data = a.SOA.Mailbox
		}
		if o, ok := (record.DNS{Name: a.Name, Type: a.Kind, Data: a.Data, Window: w}).Observation(); ok {
			facts = append(facts, o)
		}
	}
	return facts
}

// certificate returns the server's: by its bytes where they are there.
func (t *tls) certificate() record.Certificate {
	encoded := t.Certificate
	if encoded == "" && len(t.Chain) > 0 {
		encoded = t.Chain[0]
	}
	if der, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(der) > 0 {
		if c, ok := record.ParseDER(der); ok {
			return c
		}
	}
	c := record.Certificate{
		SHA1: t.Fingerprint, Subject: t.Subject, Issuer: t.Issuer, Serial: t.Serial,
		NotBefore: record.Moment(t.NotBefore), NotAfter: record.Moment(t.NotAfter), Names: t.Alternative,
	}
	for part := range strings.SplitSeq(record.DN(t.Subject), ", ") {
		if name, ok := strings.CutPrefix(part, "CN="); ok {
			c.Names = append(c.Names, name)
		}
	}
	return c
}

func (e *event) handshake(w observation.Window) []observation.Observation {
	if e.TLS == nil {
		return nil
	}
	c := e.TLS.certificate()
	shown, ok := c.Value()
	f := record.Facts{Window: w}
	for _, host := range []string{e.Server, e.TLS.Name} {
		server, isHost := record.Host(host)
		if isHost && ok {
			f.Link(server, observation.Serves, shown)
		}
		if isHost {
			record.Handshake{JA3: e.TLS.JA3.Hash, JA3S: e.TLS.JA3S.Hash, JA4: e.TLS.JA4}.With(&f, server)
		}
	}
	if !ok {
		return f.All
	}
	c.Seen = w.Last
	return append(f.All, c.Observations()...)
}

// file reads what was fetched from where. Of a file that was cut the digest is
// none of the file's.
func (e *event) file(w observation.Window) []observation.Observation {
	if e.File == nil || e.File.State == "TRUNCATED" || e.File.State == "ERROR" {
		return nil
	}
	f := record.File{SHA256: e.File.SHA256, SHA1: e.File.SHA1, MD5: e.File.MD5, Window: w}
	if e.HTTP != nil && e.HTTP.Host != "" && strings.HasPrefix(e.HTTP.URL, "/") {
		if v, err := observable.New(observable.URL, "http://"+e.HTTP.Host+e.HTTP.URL); err == nil {
			f.From = []string{v.Text()}
		}
	}
	if name := e.File.Name; !strings.HasPrefix(name, "/") { // of HTTP it is the path asked for
		f.Names = []string{name}
	} else if base := name[strings.LastIndexByte(name, '/')+1:]; strings.Contains(base, ".") {
		f.Names = []string{base}
	}
	return f.Observations()
}
