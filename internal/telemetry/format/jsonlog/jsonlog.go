// Package jsonlog reads logs that are JSON objects, one a record: Suricata EVE,
// Zeek's JSON in all its dresses, Windows events of several producers, ECS,
// OCSF, cloud and EDR exports. What a field means is looked up by its name;
// products that use a name differently are listed in product.go.
package jsonlog

import (
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads JSON objects.
type Reader struct{}

// Name is "json".
func (Reader) Name() string { return "json" }

// Parse reads one object. Text before it, such as a relay's envelope, is
// skipped when it is short.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	start := bytes.IndexByte(text, '{')
	if start < 0 || start > maxPrefix {
		return false
	}
	trimmed := bytes.TrimLeft(text, " \t\r\n\xef\xbb\xbf")
	if len(trimmed) == 0 || trimmed[0] != '{' && !bytes.Contains(text[start:min(len(text), start+64)], []byte(`"`)) {
		return false
	}
	p := productOf(text[start:])
	n := 0
	format.FlattenJSON(text[start:], func(path, value string) {
		n++
		add(out, p, path, value)
	})
	if n == 0 {
		return false
	}
	out.Format = "json"
	if p != nil {
		out.Format += "/" + p.name
		if p.name == "defender" && out.Direction == format.Inbound {
			swapSides(out)
		}
		if p.kind != nil {
			out.Kind = p.kind(out)
		}
	}
	out.Finish()
	if out.Kind == format.UnknownKind && p != nil {
		out.Kind = p.def
	}
	return true
}

// swapSides makes the remote side the client: the product names sides by where
// its agent runs, not by who opened the connection.
func swapSides(out *format.Record) {
	for i := range out.Fields {
		switch f := &out.Fields[i]; f.Meaning {
		case format.Client:
			f.Meaning = format.Server
		case format.Server:
			f.Meaning = format.Client
		}
	}
}

// maxPrefix is how much may stand before the object on its line.
const maxPrefix = 512

func add(out *format.Record, p *product, path, value string) {
	if len(path) > 512 {
		path = path[:512]
	}
	if p != nil {
		if m, ok := p.meanings[path]; ok {
			take(out, path, value, m)
			return
		}
		if p.special != nil && p.special(out, path, value) {
			return
		}
	}
	m := format.MeaningOf(path)
	take(out, path, value, m)
}

func take(out *format.Record, path, value string, m format.Meaning) {
	switch m {
	case format.Message:
		out.AddAs(path, value, m)
		if strings.Contains(value, "\n") {
			format.Lines(value, func(key, value string) { inMessage(out, path, key, value) })
		}
		return
	case format.FileHash, format.ProcessHash:
		if strings.Contains(value, "=") && len(value) > 33 { // SHA1=…,MD5=…
			for part := range strings.SplitSeq(value, ",") {
				name, hash, _ := strings.Cut(part, "=")
				out.AddAs(path+"."+strings.TrimSpace(name), strings.TrimSpace(hash), m)
			}
			return
		}
	case format.Answer:
		if strings.Contains(value, ";") {
			for part := range strings.SplitSeq(value, ";") {
				out.AddAs(path, answer(part), m)
			}
			return
		}
	}
	out.AddAs(path, value, m)
}

// answer reads one result as Windows writes it: "type:  5 cdn.example",
// "::ffff:192.0.2.1".
func answer(text string) string {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "type:"); ok {
		words := strings.Fields(rest)
		if len(words) > 1 {
			return words[1]
		}
	}
	return strings.TrimPrefix(text, "::ffff:")
}

// inMessage takes a "Key: value" line of an event in words. It only adds what
// the event's own fields do not hold: the words repeat them.
func inMessage(out *format.Record, path, key, value string) {
	m := format.MeaningOf(key)
	switch {
	case m == format.Other || m == format.Number || m == format.Message:
		return
	case m == format.Time && format.Normal(key) != "utctime":
		return
	}
	for _, f := range out.Fields {
		if f.Value == value && f.Meaning == m {
			return
		}
	}
	take(out, path+"."+key, value, m)
}
