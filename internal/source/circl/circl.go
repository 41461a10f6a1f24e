// Package circl asks CIRCL for passive DNS and passive SSL: what a name had for
// records, which names led to an address, and which certificates were seen on
// which addresses.
//
// Service: https://www.circl.lu/services/passive-dns/ and passive-ssl, account
// on request. Limits: docs/sources/circl.md.
// Visibility: CIRCL sees the query. It is told not to look the name up itself,
// so the owner of the indicator does not.
// Gaps: passive SSL has no times; names beside a common name are in the
// certificate only, which is asked for by its SHA-1.
package circl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"clew/internal/corpus"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	pdns = "https://www.circl.lu/pdns/query/"
	pssl = "https://www.circl.lu/v2pssl/"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "circl",
		Title:   "CIRCL passive DNS and SSL",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.Cert},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.MX, observation.TXT,
			observation.SOAContact, observation.PTR, observation.Serves, observation.SubjectDN, observation.Names,
			observation.IssuedBy, observation.Serial, observation.Key,
		},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: no limit is published, and access is a favour
		KeyEnv:    "CIRCL_LOGIN",
		KeyHeader: "Authorization",
		KeyHost:   "www.circl.lu",
		KeyScheme: "Basic",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	switch q.Value.Kind() {
	case observable.IP:
		return source.Follow(ctx, ask, q, passiveDNS(q.Value), certificatesOn(q.Value))
	case observable.Prefix:
		return source.Follow(ctx, ask, q, certificatesOn(q.Value))
	case observable.Cert:
		if len(q.Value.Text()) != 40 {
			return source.Answer{}, fmt.Errorf("%w: CIRCL knows certificates by their SHA-1 only", source.ErrNotOffered)
		}
		return source.Follow(ctx, ask, q, seenOn(q.Value), certificate(q.Value))
	}
	return source.Follow(ctx, ask, q, passiveDNS(q.Value))
}

// Names of headers, the vendor's own client (PyPDNS).
const (
	headerCursor  = "X-Dribble-Cursor"
	headerErrors  = "X-Dribble-Errors"
	pageOfRecords = "1000" // records of one page
)

// passiveDNS asks for the records about v. CIRCL may look a name up when it is
// asked about it; a header tells it not to.
func passiveDNS(v observable.Value) source.Endpoint {
	address := pdns + url.PathEscape(v.Text())
	names := map[observable.Value]bool{}
	request := func(cursor string) source.Request {
		header := http.Header{
			"Dribble-Disable-Active-Query": {"1"},
			"Dribble-Paginate-Count":       {pageOfRecords},
		}
		if cursor != "" {
			header.Set("Dribble-Paginate-Cursor", cursor)
		}
		return source.Request{URL: address, Header: header}
	}
	return source.Endpoint{
		Name:    "pdns/query",
		Request: request(""),
		Pages:   5,
		Decode: func(r source.Reply) (source.Page, error) {
			page, err := decodeRecords(r)
			for _, o := range page.Observations {
				if o.Relation == observation.ResolvesTo && o.Object == v {
					names[o.Subject] = true
				}
			}
			if cursor := r.Header.Get(headerCursor); cursor != "" && err == nil && page.Rows > 0 {
				page.Next = request(cursor)
			} else if err == nil && len(names) > 0 { // all of them are here: they can be counted
				page.Totals = append(page.Totals, corpus.Total{Relation: observation.ResolvesTo, Object: v, N: uint64(len(names))})
			}
			return page, err
		},
	}
}

func certificatesOn(v observable.Value) source.Endpoint {
	return source.Endpoint{
		Name:    "v2pssl/query",
		Request: source.Request{URL: pssl + "query/" + v.Text()},
		Decode:  decodeHosts,
	}
}

func seenOn(cert observable.Value) source.Endpoint {
	return source.Endpoint{
		Name:    "v2pssl/cquery",
		Request: source.Request{URL: pssl + "cquery/" + cert.Text()},
		Decode:  func(r source.Reply) (source.Page, error) { return decodeSeen(cert, r) },
	}
}

func certificate(cert observable.Value) source.Endpoint {
	return source.Endpoint{
		Name:    "v2pssl/cfetch",
		Request: source.Request{URL: pssl + "cfetch/" + cert.Text()},
		Decode:  func(r source.Reply) (source.Page, error) { return decodeCertificate(cert, r) },
	}
}
