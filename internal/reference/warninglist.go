package reference

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// maxExpression bounds one regular expression of a warninglist, in bytes. Go's
// expressions run in linear time, but their programs grow with their source.
const maxExpression = 2048

// A Skip is an entry of a warninglist that cannot be used, and why.
type Skip struct {
	Entry  string
	Reason string
}

// A WarninglistSummary says what became of one warninglist.
type WarninglistSummary struct {
	Name    string
	Type    string // string, substring, hostname, cidr or regex
	Role    string // what it is used for: suppress, benign or note
	Entries int
	Skipped []Skip
}

// warninglist is the MISP format. Source:
// https://github.com/MISP/misp-warninglists, schema.json.
type warninglist struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Version     json.RawMessage `json:"version"` // a number, in old lists a string
	Attributes  []string        `json:"matching_attributes"`
	List        []string        `json:"list"`
}

// AddWarninglist adds one list in MISP's warninglist format, plain or gzip.
// name is the list's folder in MISP's repository: it picks the role of the
// lists clew knows; any other list suppresses its values as links and as
// findings. A file name's .json and .gz do not count. An entry that cannot be
// used is reported and skipped.
func (s *Set) AddWarninglist(r io.Reader, name string) (WarninglistSummary, error) {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".json")
	data, err := readBounded(r)
	if err != nil {
		return WarninglistSummary{}, fmt.Errorf("warninglist %q: %w", name, err)
	}
	var w warninglist
	if err := json.Unmarshal(data, &w); err != nil {
		return WarninglistSummary{}, fmt.Errorf("warninglist %q is not MISP's format: %w", name, err)
	}
	role := roleOf(name)
	list := &List{
		Name:    name,
		Title:   w.Name,
		Version: strings.Trim(string(w.Version), `"`),
		Reason:  w.Description,
		Of:      World,
		about:   kindsOf(w.Attributes),
	}
	role.apply(list)
	compile, err := list.compiler(w.Type)
	if err != nil {
		return WarninglistSummary{}, fmt.Errorf("warninglist %q: %w", name, err)
	}
	summary := WarninglistSummary{Name: name, Type: w.Type, Role: role.name}
	for _, text := range w.List {
		if err := compile(&s.index, strings.TrimSpace(text)); err != nil {
			summary.Skipped = append(summary.Skipped, Skip{text, err.Error()})
			continue
		}
		list.Entries++
	}
	summary.Entries = list.Entries
	s.lists = append(s.lists, list)
	return summary, nil
}

// readBounded reads a list, unpacking gzip, and refuses one that is too large.
func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxListBytes+1))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(io.LimitReader(zr, maxListBytes+1)); err != nil {
			return nil, err
		}
	}
	if len(data) > maxListBytes {
		return nil, fmt.Errorf("larger than %d bytes", maxListBytes)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// compiler returns what adds one entry of a list of that type to an index.
func (l *List) compiler(kind string) (func(*index, string) error, error) {
	switch kind {
	case "string":
		return l.compileString, nil
	case "hostname":
		return l.compileHostname, nil
	case "substring":
		return l.compileSubstring, nil
	case "cidr":
		return l.compileCIDR, nil
	case "regex":
		return l.compileExpression, nil
	}
	return nil, fmt.Errorf("unknown type %q: expected string, substring, hostname, cidr or regex", kind)
}

// compileString adds an exact entry. A leading dot means "and below" even in
// lists of this type, as in MISP's list of Google's domains.
func (l *List) compileString(x *index, text string) error {
	switch {
	case text == "":
		return errors.New("empty entry")
	case strings.HasPrefix(text, "."):
		return l.compileHostname(x, text)
	}
	e := entry{list: l, text: text}
	if slices.Contains(l.about, observable.Domain) {
		push(x.exact, foldHost(text), e)
	}
	push(x.exact, strings.ToLower(text), e)
	return nil
}

func (l *List) compileHostname(x *index, text string) error {
	if foldHost(text) == "" || strings.ContainsAny(text, "# ") {
		return errors.New("not a host name")
	}
	push(x.domains, foldHost(text), entry{list: l, text: text})
	return nil
}

func (l *List) compileSubstring(x *index, text string) error {
	if text == "" {
		return errors.New("empty entry would match everything")
	}
	x.loose.addSubstring(entry{list: l, text: text})
	return nil
}

func (l *List) compileCIDR(x *index, text string) error {
	prefix, err := parsePrefix(text)
	if err != nil {
		return err
	}
	x.prefixes.add(prefix, entry{list: l, text: text})
	return nil
}

// compileExpression adds a PHP-style expression, /.../flags. Of the flags, i
// and s are kept; g, m and u change nothing for one line of text.
func (l *List) compileExpression(x *index, text string) error {
	if len(text) > maxExpression {
		return fmt.Errorf("expression of %d bytes, at most %d are read", len(text), maxExpression)
	}
	source, prefix := text, ""
	if end := strings.LastIndexByte(text, '/'); end > 0 && text[0] == '/' {
		source = text[1:end]
		for _, flag := range text[end+1:] {
			switch flag {
			case 'i', 's':
				prefix += string(flag)
			case 'g', 'm', 'u':
			default:
				return fmt.Errorf("unknown flag %q", flag)
			}
		}
	}
	if prefix != "" {
		prefix = "(?" + prefix + ")"
	}
	compiled, err := regexp.Compile(prefix + phpEscapes.Replace(source))
	if err != nil {
		return fmt.Errorf("expression not understood: %w", err)
	}
	x.loose.expressions = append(x.loose.expressions, expression{compiled, entry{list: l, text: text}})
	return nil
}

// phpEscapes are escapes of ordinary characters that Go's syntax refuses.
var phpEscapes = strings.NewReplacer(`\\`, `\\`, `\@`, `@`, `\/`, `/`, `\:`, `:`, `\"`, `"`, `\'`, `'`, `\#`, `#`, `\%`, `%`)

// kindsOf translates MISP's attribute types. An attribute clew has no kind for
// is left out.
func kindsOf(attributes []string) []observable.Kind {
	var kinds []observable.Kind
	for _, a := range attributes {
		for part := range strings.SplitSeq(a, "|") {
			if k, ok := attributeKind(part); ok && !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	if slices.Contains(kinds, observable.File) {
		kinds = append(kinds, observable.BodyHash) // the digest of a page is the digest of a file
	}
	slices.Sort(kinds)
	return kinds
}

func attributeKind(attribute string) (observable.Kind, bool) {
	switch attribute {
	case "domain", "hostname":
		return observable.Domain, true
	case "ip", "ip-src", "ip-dst":
		return observable.IP, true
	case "url", "uri":
		return observable.URL, true
	case "email", "email-src", "email-dst", "target-email", "whois-registrant-email", "dns-soa-email":
		return observable.Email, true
	case "phone-number", "whois-registrant-phone":
		return observable.Phone, true
	case "md5", "sha1", "sha256", "sha512":
		return observable.File, true
	case "filename":
		return observable.Filename, true
	case "x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256":
		return observable.Cert, true
	case "ssdeep":
		return observable.Ssdeep, true
	case "imphash":
		return observable.Imphash, true
	case "AS":
		return observable.ASN, true
	}
	return 0, false
}

// relationsTo returns every relation that leads to one of the kinds.
func relationsTo(kinds []observable.Kind) relationSet {
	var set relationSet
	for _, r := range observation.Relations() {
		for _, k := range r.Objects() {
			if slices.Contains(kinds, k) {
				set.add(r)
			}
		}
	}
	if slices.Contains(kinds, observable.Domain) {
		set.add(observation.NSSet)
	}
	return set
}
