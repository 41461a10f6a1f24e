package custom

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clew/internal/source"
)

// A request is a template: what is asked goes in where it holds a placeholder,
// escaped as its place wants it. Scheme and host hold none, so that no value
// chooses who is asked.
type request struct {
	host   string
	method string
	path   template // escaped by its author, from the scheme to the question mark
	query  []template
	header http.Header
	form   map[string]string // posted, nil for none
	json   any               // posted, nil for none
}

// compileRequest reads where an endpoint's requests go and what is in them.
func compileRequest(spec endpointSpec, next *pager) (*request, error) {
	r := &request{method: spec.Method, header: http.Header{}, form: spec.Form, json: spec.JSON}
	if err := r.compileURL(spec.URL); err != nil {
		return nil, err
	}
	if err := r.compileBody(); err != nil {
		return nil, err
	}
	for name, value := range spec.Header {
		if err := checkHeader(name, value); err != nil {
			return nil, err
		}
		r.header.Set(name, value)
	}
	return r, r.checkHoles(next)
}

// compileURL takes an address apart. Only https is spoken.
func (r *request) compileURL(text string) error {
	plain := cut(text).fill(position{value: "x", cursor: "x"}, asIs)
	u, err := url.Parse(plain)
	switch {
	case text == "":
		return errors.New("missing")
	case err != nil || u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("%.200q does not begin with https:// and a host", text)
	case u.User != nil || strings.Contains(text, "#"):
		return fmt.Errorf("%.200q: neither user nor fragment belongs in it", text)
	case !strings.HasPrefix(text, "https://"+strings.ToLower(u.Host)):
		return fmt.Errorf("%.200q: the host is written out in lower case; placeholders go behind it", text)
	case strings.ContainsAny(plain, "{} \t\r\n"):
		return fmt.Errorf("%.200q: placeholders are %s; other braces are written %%7B and %%7D, blanks %%20", text, strings.Join(holes, ", "))
	case hasDots(plain):
		return fmt.Errorf("%.200q leads out of its own folder", text)
	}
	path, query, _ := strings.Cut(text, "?")
	r.host, r.path = u.Host, cut(path)
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" {
			r.query = append(r.query, cut(pair))
		}
	}
	return nil
}

// hasDots reports whether an address has a segment that goes nowhere or upwards.
func hasDots(address string) bool {
	path, _, _ := strings.Cut(address, "?")
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// compileBody settles method and type of what is posted, if anything is.
func (r *request) compileBody() error {
	kind := ""
	switch {
	case r.form != nil && r.json != nil:
		return errors.New("form and json: one body is enough")
	case r.form != nil:
		kind = "application/x-www-form-urlencoded"
	case r.json != nil:
		kind = "application/json"
		if _, err := json.Marshal(filled(r.json, position{})); err != nil {
			return fmt.Errorf("json: %w", err)
		}
	}
	switch {
	case r.method == "" && kind != "":
		r.method = http.MethodPost
	case r.method == "":
		r.method = http.MethodGet
	case r.method != http.MethodGet && r.method != http.MethodPost:
		return fmt.Errorf("method %.20q is neither GET nor POST", r.method)
	case r.method == http.MethodGet && kind != "":
		return errors.New("a GET has no body: leave method out, or say POST")
	}
	if kind != "" {
		r.header.Set("Content-Type", kind)
	}
	return nil
}

// ownHeaders are set by the client, or would hold what does not belong in a file.
var ownHeaders = []string{
	"Authorization", "Proxy-Authorization", "Cookie", "Host", "Content-Length", "Transfer-Encoding", "Connection",
	"Te", "Trailer", "Upgrade", "Accept-Encoding", "User-Agent",
}

func checkHeader(name, value string) error {
	switch {
	case !headerForm.MatchString(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return fmt.Errorf("header %.40q is none of printable text", name)
	case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("header %s is not set here: a key is named under key", name)
	}
	return nil
}

// checkHoles wants the value in the request, and of the other placeholders the
// one that paging needs.
func (r *request) checkHoles(next *pager) error {
	used := append(r.path.holes(), holesIn(r.json)...)
	for _, pair := range r.query {
		used = append(used, pair.holes()...)
	}
	for _, value := range r.form {
		used = append(used, cut(value).holes()...)
	}
	if !slices.Contains(used, valueHole) {
		return fmt.Errorf("nothing of the value is in the request: put %s where it belongs", valueHole)
	}
	for _, hole := range holes[1:] {
		switch has, needs := slices.Contains(used, hole), next.hole() == hole; {
		case needs && !has:
			return fmt.Errorf("next goes by %s, but %s is not in the request", next.by, hole)
		case has && !needs:
			return fmt.Errorf("%s is in the request, but next does not go by it", hole)
		}
	}
	return nil
}

// holesIn returns the placeholders in the texts of a JSON value.
func holesIn(v any) (found []string) {
	switch v := v.(type) {
	case string:
		return cut(v).holes()
	case []any:
		for _, member := range v {
			found = append(found, holesIn(member)...)
		}
	case map[string]any:
		for _, member := range v {
			found = append(found, holesIn(member)...)
		}
	}
	return found
}

// fill returns the request about a value at a place in the list.
func (r *request) fill(p position) (source.Request, error) {
	address := r.path.fill(p, url.PathEscape)
	if hasDots(address) {
		return source.Request{}, fmt.Errorf("%.80q cannot be put into an address", p.value)
	}
	var pairs []string
	for _, pair := range r.query {
		if p.cursor != "" || !strings.HasSuffix(strings.Join(pair, ""), "="+cursorHole) { // the first page has none
			pairs = append(pairs, pair.fill(p, url.QueryEscape))
		}
	}
	if len(pairs) > 0 {
		address += "?" + strings.Join(pairs, "&")
	}
	body, err := r.fillBody(p)
	return source.Request{Method: r.method, URL: address, Header: r.header.Clone(), Body: body}, err
}

func (r *request) fillBody(p position) ([]byte, error) {
	switch {
	case r.json != nil:
		return json.Marshal(filled(r.json, p))
	case r.form != nil:
		form := url.Values{}
		for name, value := range r.form {
			if p.cursor != "" || value != cursorHole {
				form.Set(name, cut(value).fill(p, asIs))
			}
		}
		return []byte(form.Encode()), nil
	}
	return nil, nil
}

// filled returns a copy of a JSON value with the placeholders in its texts
// filled. A text that is the placeholder of a number and nothing else becomes
// the number; a member that is an empty cursor is left out.
func filled(v any, p position) any {
	switch v := v.(type) {
	case string:
		if v == pageHole || v == offsetHole {
			return p.number
		}
		return cut(v).fill(p, asIs)
	case []any:
		list := make([]any, len(v))
		for i, member := range v {
			list[i] = filled(member, p)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			if p.cursor != "" || member != any(cursorHole) {
				object[name] = filled(member, p)
			}
		}
		return object
	}
	return v
}
