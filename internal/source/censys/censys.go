// Package censys asks the Censys Platform what it saw on an address, what a
// certificate says, and which hosts or certificates share a value.
//
// Service: https://api.platform.censys.io/v3, free token for lookups, paid plan
// for searches. Limits: docs/sources/censys.md.
// Visibility: Censys sees the query; nothing is scanned for it.
// Gaps: host history, passive DNS and rarity, which cost extra.
package censys

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base = "https://api.platform.censys.io/v3/global/"
	// Versions 1 and 2 have been switched off. Recordings of them are read.
	v2 = "https://search.censys.io/api/v2/hosts/"
	v1 = "https://www.censys.io/api/v1/"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:  "censys",
		Title: "Censys",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.Prefix, observable.Cert, observable.CertKey, observable.Serial,
			observable.JARM, observable.JA3S, observable.SSHKey, observable.Favicon, observable.BodyHash, observable.Title,
		},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.PTR, observation.InPrefix, observation.AnnouncedBy, observation.Serves,
			observation.Names, observation.SubjectDN, observation.IssuedBy, observation.Serial, observation.Key,
			observation.JARM, observation.JA3S, observation.SSHKey, observation.Favicon, observation.BodyHash, observation.Title,
		},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: credits are the limit, and a 429 says when to come back
		KeyEnv:    "CENSYS_API_TOKEN",
		KeyHeader: "Authorization",
		KeyScheme: "Bearer",
		KeyHost:   "api.platform.censys.io",
		Cost:      1,
	}
}

// Observe implements [source.Source]. Lookups come before searches, which a free
// token has not.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	v := q.Value
	switch v.Kind() {
	case observable.IP:
		return source.Follow(ctx, ask, q, lookup("host", v.Text(), v2+v.Text(), decodeHost))
	case observable.Domain:
		certificates := search{`cert.names="` + v.Text() + `"`, observation.Names, v}.endpoint()
		certificates.Request.Older = certificateSearch(v.Text())
		return source.Follow(ctx, ask, q, lookup("webproperty", v.Text()+":443", "", decodeWebProperty(v)), certificates)
	}
	s, err := searchFor(v)
	if err != nil {
		return source.Answer{}, err
	}
	hosts := s.endpoint()
	if sum, ok := strings.CutPrefix(s.query, bodySHA1); ok {
		hosts.Request.Older = hostSearch(`services.http.response.body_hash:"sha1:` + sum)
	}
	if v.Kind() == observable.Cert && len(v.Text()) == sha256Digits {
		return source.Follow(ctx, ask, q, lookup("certificate", v.Text(), v1+"view/certificates/"+v.Text(), decodeCertificate), hosts)
	}
	return source.Follow(ctx, ask, q, hosts)
}

// lookup asks for the one record of an asset. older is where an interface since
// replaced kept it, "" for nowhere.
func lookup(kind, id, older string, decode func(source.Reply) (source.Page, error)) source.Endpoint {
	request := source.Request{URL: base + "asset/" + kind + "/" + url.PathEscape(id)}
	if older != "" {
		request.Older = &source.Request{URL: older}
	}
	return source.Endpoint{Name: kind, Request: request, Decode: decode}
}

// hostSearch and certificateSearch put a query as versions 2 and 1 did.
func hostSearch(query string) *source.Request {
	return &source.Request{URL: v2 + "search?" + url.Values{"q": {query}}.Encode()}
}

func certificateSearch(query string) *source.Request {
	body, _ := json.Marshal(map[string]string{"query": query}) // a string always marshals
	return &source.Request{Method: http.MethodPost, URL: v1 + "search/certificates", Body: body}
}

// A search is a query and what the assets it finds have in common.
type search struct {
	query    string
	relation observation.Relation // 0 when the total counts no holders
	shared   observable.Value
}

const (
	md5Digits    = 32
	sha1Digits   = 40
	sha256Digits = 64

	web      = "host.services.endpoints.http."
	bodySHA1 = web + `body_hash_sha1="`
)

// searchFor writes the query for a value. A colon would match parts; the equals
// sign means the whole.
func searchFor(v observable.Value) (search, error) {
	field, text := "", v.Text()
	relation := observation.Relation(0)
	switch v.Kind() {
	case observable.Prefix:
		field = "host.ip"
	case observable.Cert:
		field, relation = "host.services.cert.fingerprint_"+digest(text), observation.Serves
	case observable.CertKey:
		if len(text) == sha256Digits {
			field, relation = "cert.parsed.subject_key_info.fingerprint_sha256", observation.Key
		}
	case observable.Serial:
		n, _ := new(big.Int).SetString(text, 16) // a Serial is hexadecimal
		field, relation, text = "cert.parsed.serial_number", observation.Serial, n.String()
	case observable.JARM:
		field, relation = "host.services.jarm.fingerprint", observation.JARM
	case observable.JA3S:
		field, relation = "host.services.tls.ja3s", observation.JA3S
	case observable.SSHKey:
		if sum, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(text, sshSHA256)); err == nil && len(sum)*2 == sha256Digits {
			field, relation, text = "host.services.ssh.server_host_key.fingerprint_sha256", observation.SSHKey, hex.EncodeToString(sum)
		}
	case observable.Favicon:
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			field, relation = web+"favicons.hash_shodan", observation.Favicon
		} else if len(text) == md5Digits {
			field, relation = web+"favicons.hash_md5", observation.Favicon
		}
	case observable.BodyHash:
		if len(text) == sha1Digits || len(text) == sha256Digits {
			field, relation = web+"body_hash_"+digest(text), observation.BodyHash
		}
	case observable.Title:
		field, relation = web+"html_title", observation.Title
	}
	if field == "" {
		return search{}, fmt.Errorf("%w: Censys keeps this %s in another form than %.20q", source.ErrNotOffered, v.Kind(), text)
	}
	return search{field + "=" + quote(text), relation, v}, nil
}

const sshSHA256 = "SHA256:"

// digest names the algorithm of a digest by its length.
func digest(text string) string {
	if len(text) == sha1Digits {
		return "sha1"
	}
	return "sha256"
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// endpoint asks for the assets, 100 a page.
func (s search) endpoint() source.Endpoint {
	request := func(token string) source.Request {
		ask := struct {
			Query string `json:"query"`
			Size  int    `json:"page_size"`
			Token string `json:"page_token,omitempty"`
		}{s.query, 100, token}
		body, _ := json.Marshal(ask) // strings and numbers always marshal
		return source.Request{
			Method: http.MethodPost, URL: base + "search/query", Body: body,
			Header: http.Header{"Content-Type": {"application/json"}},
		}
	}
	return source.Endpoint{
		Name:    "search",
		Request: request(""),
		Decode: func(r source.Reply) (source.Page, error) {
			p, token, err := decodeSearch(s, r)
			if token != "" {
				p.Next = request(token)
			}
			return p, err
		},
	}
}
