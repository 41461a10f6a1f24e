package indicators

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observable/extract"
)

// json reads one document, or a line each.
func (c *collector) json(text []byte) {
	d := json.NewDecoder(bytes.NewReader(text))
	c.list.Format = "json"
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			if !errors.Is(err, io.EOF) {
				c.skip(string(text[:min(len(text), 80)]), "JSON ends here: "+err.Error())
			}
			return
		}
		c.value(v, time.Time{})
	}
}

// value finds bundles, events, attributes and indicators wherever they are.
func (c *collector) value(v any, dated time.Time) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			c.value(x, dated)
		}
	case map[string]any:
		c.object(v, dated)
	}
}

func (c *collector) object(o map[string]any, dated time.Time) {
	text := func(key string) string { s, _ := o[key].(string); return s }
	kind := text("type")
	switch {
	case kind == "bundle" && o["objects"] != nil:
		c.list.Format = "stix"
		c.value(o["objects"], dated)
	case kind == "indicator" && text("pattern") != "":
		c.list.Format = "stix"
		c.pattern(text("pattern"), when(text("valid_from")), when(text("valid_until")), text("name"))
	case stixKinds[kind] != 0 && text("value") != "":
		c.known(stixKinds[kind], text("value"), dated, time.Time{}, "")
	case kind == "file" && o["hashes"] != nil:
		if hashes, ok := o["hashes"].(map[string]any); ok {
			for _, h := range hashes {
				if s, ok := h.(string); ok {
					c.text(s, dated, time.Time{}, "")
				}
			}
		}
	case o["Event"] != nil || o["response"] != nil:
		c.list.Format = "misp"
		c.value(o["Event"], dated)
		c.value(o["response"], dated)
	case o["Attribute"] != nil || o["Object"] != nil:
		c.list.Format = "misp"
		if t := when(text("date") + "T00:00:00Z"); !t.IsZero() {
			dated = t
		}
		c.value(o["Attribute"], dated)
		c.value(o["Object"], dated)
	case kind != "" && text("value") != "" && o["category"] != nil:
		c.attribute(kind, text("value"), first(when(text("first_seen")), dated), when(text("last_seen")), text("comment"))
	case text("kind") != "" && text("value") != "": // what clew prints
		if k, ok := observable.KindNamed(text("kind")); ok {
			c.known(k, text("value"), when(text("first_seen")), when(text("last_seen")), text("label"))
		}
		c.value(o["findings"], dated)
	default:
		c.loose(o, dated)
	}
}

func first(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// loose reads an object of no known schema: by names of its members, as a CSV
// row is read, and deeper.
func (c *collector) loose(o map[string]any, dated time.Time) {
	var names, cells []string
	for _, name := range sortedKeys(o) {
		switch x := o[name].(type) {
		case string:
			names, cells = append(names, name), append(cells, x)
		case map[string]any, []any:
			c.value(x, dated)
		}
	}
	if columns := columnsOf(names); len(columns.values) > 0 {
		c.row(cells, columns)
	}
}

func sortedKeys(o map[string]any) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// stixKinds are the observables of STIX whose value is one indicator.
var stixKinds = map[string]observable.Kind{
	"domain-name": observable.Domain, "ipv4-addr": observable.IP, "ipv6-addr": observable.IP, "url": observable.URL, "email-addr": observable.Email,
}

// known adds a value whose kind is known.
func (c *collector) known(kind observable.Kind, text string, first, last time.Time, label string) {
	v, err := observable.ParseAs(kind, text)
	if err != nil && kind == observable.IP {
		v, err = observable.ParseAs(observable.Prefix, text)
	}
	if err != nil {
		c.skip(text, err.Error())
		return
	}
	c.add(v, first, last, label)
}

// pattern reads the comparisons of a STIX pattern: [domain-name:value =
// 'evil.example' OR …]. What an indicator means by joining them is not kept: each
// is worth a look.
func (c *collector) pattern(pattern string, first, last time.Time, label string) {
	found, hash := false, false
	for rest := pattern; ; {
		path, after, ok := strings.Cut(rest, "'")
		if !ok {
			break
		}
		value, size := quoted(after)
		rest = after[size:]
		if strings.HasSuffix(path, "hashes.") { // the quoted name of the algorithm
			hash = true
			continue
		}
		if i := strings.LastIndexAny(path, "[( "); i >= 0 && strings.Contains(path, "=") {
			path = strings.TrimSpace(path[:strings.LastIndexByte(path, '=')])
			path = path[strings.LastIndexAny(path, "[( ")+1:]
		}
		switch object, _, _ := strings.Cut(path, ":"); {
		case stixKinds[object] != 0:
			c.known(stixKinds[object], value, first, last, label)
			found = true
		case hash, strings.Contains(path, "hashes"), strings.Contains(path, "fingerprint"):
			found, hash = c.text(value, first, last, label) || found, false
		}
	}
	if !found {
		c.skip(pattern, "the pattern holds no value to look for")
	}
}

func quoted(text string) (value string, size int) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case text[i] == '\'':
			return b.String(), i + 1
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), len(text)
}

// attribute reads an attribute of MISP. Types that join two values give both.
func (c *collector) attribute(kind, value string, first, last time.Time, label string) {
	found := false
	for part := range strings.SplitSeq(value, "|") {
		switch {
		case strings.HasPrefix(kind, "filename") && part == value[:len(part)] && strings.Contains(value, "|"):
			continue
		case mispKinds[kind] != 0:
			if v, err := observable.ParseAs(mispKinds[kind], part); err == nil {
				c.add(v, first, last, label)
				found = true
			}
		case looked(kind):
			found = c.text(part, first, last, label) || found
		}
	}
	if !found && (mispKinds[kind] != 0 || looked(kind)) {
		c.skip(value, "no "+kind)
	}
}

// mispKinds are types whose values need their kind said.
var mispKinds = map[string]observable.Kind{
	"domain": observable.Domain, "hostname": observable.Domain, "url": observable.URL, "email-src": observable.Email, "email-dst": observable.Email, "email": observable.Email,
	"x509-fingerprint-sha1": observable.Cert, "x509-fingerprint-sha256": observable.Cert, "x509-fingerprint-md5": observable.Cert, "jarm-fingerprint": observable.JARM, "ja3-fingerprint-md5": observable.JA3,
}

// looked reports whether values of a MISP type are looked for in logs.
func looked(kind string) bool {
	for _, mark := range []string{"ip-", "domain", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "hostname", "ja3-", "link", "uri"} {
		if strings.Contains(kind, mark) {
			return kind != "link" && kind != "uri"
		}
	}
	return false
}

// Prose finds the indicators in a report: for files that are no list.
func Prose(r io.Reader) (List, error) {
	result, err := extract.Extract(r, extract.Options{Distinct: true})
	if err != nil {
		return List{}, err
	}
	list := List{Format: string(result.Type)}
	c := collector{list: &list, at: map[observable.Value]int{}}
	for _, f := range result.Found {
		c.add(f.Value, time.Time{}, time.Time{}, "")
	}
	return list, nil
}
