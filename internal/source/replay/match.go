package replay

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"clew/internal/source"
)

// key is a request with everything taken out that does not choose the answer.
type key struct {
	method string // GET, POST, … or WHOIS, DNS
	place  string // host and path; of WHOIS the server, "" for any
	ask    string // query parameters in order; of WHOIS and DNS the question
	body   string
}

// Parameters that say how an answer is served, not which it is.
var servingParameters = []string{
	"limit", "size", "page_size", "pagesize", "per_page", "timeout", "sort", "order", "sort_order",
	"apikey", "api_key", "key", "output", "format", "sourceapp",
}

// keyOfRow returns the key a row is filed under; ok is false when the row names
// no concrete request.
func keyOfRow(row Row) (key, bool) {
	if strings.ContainsAny(row.URL, "{}…<>") || strings.ContainsAny(row.RequestBody, "…<>") {
		return key{}, false
	}
	method := strings.ToUpper(row.Method)
	switch method {
	case "WHOIS":
		return keyOfWhoisRow(row.URL)
	case "DNS":
		rrtype, name, ok := strings.Cut(row.URL, " ") // "TXT shop.example"
		return keyOfDNS(name, rrtype), ok
	}
	if method == "" {
		method = "GET"
	}
	return keyOfHTTP(method, row.URL, []byte(row.RequestBody))
}

// keysOf returns the keys a request may be filed under, the most exact first.
func keysOf(request source.Request) []key {
	keys := keysAsAsked(request)
	if request.Older != nil {
		keys = append(keys, keysOf(*request.Older)...)
	}
	return keys
}

func keysAsAsked(request source.Request) []key {
	method := strings.ToUpper(request.Method)
	if method == "" {
		method = "GET"
	}
	if u, err := url.Parse(request.URL); err == nil && u.Scheme == "whois" {
		server := strings.TrimSuffix(strings.ToLower(u.Host), ":43")
		question := whoisQuestion(strings.TrimPrefix(u.Path, "/"))
		return []key{
			{method: "WHOIS", place: server, ask: question},
			{method: "WHOIS", ask: question}, // recorded without saying at which server
		}
	}
	if _, name, rrtype, err := source.ParseDNSRequest(request.URL); err == nil {
		return keysOfDNS(name, rrtype)
	}
	if k, ok := keyOfHTTP(method, request.URL, request.Body); ok {
		return []key{k}
	}
	return nil
}

func keyOfDNS(name, rrtype string) key {
	return key{method: "DNS", ask: strings.ToLower(rrtype + " " + strings.TrimSuffix(name, "."))}
}

// dohServers are resolvers whose answers over HTTPS are recorded by their address.
var dohServers = []string{"https://dns.google/resolve", "https://cloudflare-dns.com/dns-query"}

// keysOfDNS returns the keys of a DNS question, whichever resolver was asked and
// however: for the type itself, or for all types at once.
func keysOfDNS(name, rrtype string) []key {
	keys := []key{keyOfDNS(name, rrtype)}
	for _, t := range []string{rrtype, "ALL", "ANY", "255"} {
		for _, server := range dohServers {
			if k, ok := keyOfHTTP("GET", server+"?"+url.Values{"name": {name}, "type": {t}}.Encode(), nil); ok {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

func keyOfHTTP(method, address string, body []byte) (key, bool) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return key{}, false
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return key{}, false
	}
	host := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(u.Host), ":443"), ":80")
	return key{
		method: method,
		place:  host + strings.TrimSuffix(u.Path, "/"),
		ask:    canonicalQuery(query),
		body:   canonicalBody(body),
	}, true
}

// canonicalQuery sorts the parameters that choose the answer. The first page is
// the same whether asked for by number or not.
func canonicalQuery(query url.Values) string {
	for name, values := range query {
		first := name == "page" && slices.Equal(values, []string{"1"}) ||
			(name == "offset" || name == "skip") && slices.Equal(values, []string{"0"})
		empty := strings.Join(values, "") == ""
		if slices.Contains(servingParameters, strings.ToLower(name)) || first || empty {
			delete(query, name)
			continue
		}
		slices.Sort(values)
	}
	return query.Encode()
}

// canonicalBody compares JSON by its structure, forms like a query, and
// everything else byte by byte.
func canonicalBody(body []byte) string {
	body = bytes.TrimSpace(body)
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err == nil && !decoder.More() {
		if text, err := json.Marshal(v); err == nil { // sorts the members
			return string(text)
		}
	}
	if query, err := url.ParseQuery(string(body)); err == nil && bytes.ContainsRune(body, '=') {
		return canonicalQuery(query)
	}
	return string(body)
}

// keyOfWhoisRow reads the three ways a WHOIS exchange is written down:
// "server:43 question", whois://server/question, and whois://question or
// whois://tld-registry/question where the server is not named.
func keyOfWhoisRow(text string) (key, bool) {
	if server, question, ok := strings.Cut(text, " "); ok {
		host, port, _ := strings.Cut(server, ":")
		if port != "43" || strings.Contains(question, " ") {
			return key{}, false
		}
		return key{method: "WHOIS", place: strings.ToLower(host), ask: whoisQuestion(question)}, true
	}
	rest, ok := strings.CutPrefix(text, "whois://")
	if !ok || rest == "" {
		return key{}, false
	}
	server, question, named := strings.Cut(rest, "/")
	switch {
	case !named:
		return key{method: "WHOIS", ask: whoisQuestion(server)}, true
	case strings.HasSuffix(server, "-registry"):
		return key{method: "WHOIS", ask: whoisQuestion(question)}, true
	}
	return key{method: "WHOIS", place: strings.TrimSuffix(strings.ToLower(server), ":43"), ask: whoisQuestion(question)}, true
}

// whoisQuestion takes off the flags that servers want before a name or address:
// "domain git.example", "-T dn,ace name", "n + 192.0.2.1", "name/e".
func whoisQuestion(line string) string {
	fields := strings.Fields(strings.ToLower(line))
	if len(fields) == 0 {
		return ""
	}
	return strings.TrimSuffix(fields[len(fields)-1], "/e")
}
