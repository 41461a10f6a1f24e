// Package cef reads the Common Event Format and LEEF's older sister dialects of
// it: the header with or without "CEF:", values with blanks in them, custom
// fields named by their labels.
//
// Format: "ArcSight Common Event Format (CEF) Implementation Standard", v25.
package cef

import (
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads CEF.
type Reader struct{}

// Name is "cef".
func (Reader) Name() string { return "cef" }

// headerFields are how many bars end the header: version, vendor, product,
// device version, event class, name, severity.
const headerFields = 7

// Parse reads one message; the syslog envelope is off already.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	if i := bytes.Index(text, []byte("CEF:")); i >= 0 && i < 256 {
		text = text[i+4:]
	} else if len(text) < 3 || !bytes.HasPrefix(bytes.TrimLeft(text, " "), []byte("0|")) {
		return false
	}
	header, extension, ok := split(bytes.TrimLeft(text, " "))
	if !ok {
		return false
	}
	out.Format = strings.TrimSpace("cef/" + header[1] + " " + header[2])
	out.AddAs("name", header[5], format.Signature)
	if out.Action == format.Unsaid {
		if a := format.ActionOf(header[5]); a == format.Blocked {
			out.Action = a
		}
	}
	labels := map[string]string{}
	var pairs [][2]string
	format.Extension(extension, func(key, value string) {
		if base, ok := strings.CutSuffix(key, "Label"); ok {
			labels[base] = value
			return
		}
		pairs = append(pairs, [2]string{key, value})
	})
	for _, p := range pairs {
		add(out, p[0], p[1], labels[p[0]])
	}
	out.Finish()
	return true
}

// add takes a custom field by its label, the others by their key.
func add(out *format.Record, key, value, label string) {
	if label != "" {
		m := format.MeaningOf(label)
		if m == format.Other || m == format.Time {
			m = format.MeaningOf(key)
		}
		out.AddAs(key+" ("+label+")", value, m)
		return
	}
	switch key {
	case "deviceDirection":
		value = map[string]string{"0": "inbound", "1": "outbound"}[value]
	case "cat", "reason", "app", "name":
		out.AddAs(key, value, format.Other)
		return
	}
	for _, prefix := range []string{"FTNTFGT", "FortinetFortiGate", "PanOS", "ESA", "CybereasonCEFgenerator", "UNIFI", "ad."} {
		if rest, ok := strings.CutPrefix(key, prefix); ok && rest != "" {
			out.AddAs(key, value, vendorMeaning(rest))
			return
		}
	}
	out.Add(key, value)
}

// vendorMeaning is what the vendor's own field means once its prefix is off.
// Only names that a standard field does not repeat are worth a meaning.
func vendorMeaning(name string) format.Meaning {
	switch format.Normal(name) {
	case "qname":
		return format.Query
	case "ipaddr":
		return format.Answer
	case "tz":
		return format.Zone
	case "eventtime", "utctime":
		return format.Time
	case "cat", "type", "subtype", "level":
		return format.Other
	}
	return format.MeaningOf(name)
}

func split(text []byte) (header [headerFields]string, extension []byte, ok bool) {
	field, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '|':
			header[field] = format.UnescapeCEF(string(text[start:i]))
			start = i + 1
			if field++; field == headerFields {
				return header, text[start:], true
			}
		}
	}
	if field == headerFields-1 { // the severity without its bar: no extension
		header[field] = format.UnescapeCEF(string(text[start:]))
		return header, nil, true
	}
	return header, nil, false
}
