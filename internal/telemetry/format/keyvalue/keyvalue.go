// Package keyvalue reads lines of key=value pairs: FortiOS, FortiProxy,
// Stormshield, Check Point's exporter, Blue Coat ProxySG for Splunk, Zscaler NSS,
// Linux netfilter and whatever else writes that way.
package keyvalue

import (
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads key=value lines.
type Reader struct{}

// Name is "keyvalue".
func (Reader) Name() string { return "keyvalue" }

// least is how many pairs a line must have to be of this format: fewer are
// found in any prose.
const least = 3

// Parse reads one line.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	if bytes.Count(text, []byte("=")) < least {
		return false
	}
	head := text[:bytes.IndexByte(text, '=')]
	product := productOf(text)
	if product == "" && (len(head) > 200 || bytes.ContainsAny(head, "{<")) {
		return false
	}
	p := products[product]
	n := format.Pairs(text, func(k, v string) {
		if m, known := p.meanings[k]; known {
			out.AddAs(k, v, m)
		} else if p.special == nil || !p.special(out, k, v) {
			out.Add(k, v)
		}
	})
	if product == "netfilter" {
		rule(out, string(head))
	}
	if n < least {
		return false
	}
	out.Format = strings.TrimSuffix("keyvalue/"+product, "/")
	// What stands before the first pair is often the time and the device.
	if !out.Has(format.Time) {
		for i, w := range strings.Fields(string(head)) {
			if i < 3 && len(w) > 18 {
				out.SetTime(w[:19], 1<<19)
			}
		}
	}
	out.Finish()
	return true
}

func productOf(text []byte) string {
	has := func(s string) bool { return bytes.Contains(text, []byte(s)) }
	switch {
	case has("IN=") && has("SRC=") && has("DST="):
		return "netfilter"
	case has("vd=") && (has("logid=") || has("log_id=")):
		return "fortios"
	case has("logtype=") && has("fw="):
		return "stormshield"
	case has("c-ip=") && has("cs-host="):
		return "proxysg"
	}
	return ""
}

// products are those whose names need more than the shared table. special takes
// what a meaning alone does not tell, and reports whether it did.
var products = map[string]struct {
	meanings map[string]format.Meaning
	special  func(out *format.Record, key, value string) bool
}{
	// "hostname" is the web site, "url" a path on it (Fortinet, "FortiOS Log
	// Message Reference").
	"fortios": {map[string]format.Meaning{
		"hostname": format.Host, "dstname": format.Machine, "srcname": format.Machine, "transip": format.NATClient, "tranip": format.NATServer,
		"sender": format.EmailFrom, "ip": format.MachineIP,
	}, fortios},
	// The kernel's LOG target.
	"netfilter": {map[string]format.Meaning{"SRC": format.Client, "DST": format.Server, "MAC": format.Hardware}, others},
	"stormshield": {special: func(out *format.Record, key, value string) bool {
		if key == "time" {
			out.SetTime(value, -1)
		}
		return false
	}},
}

func fortios(out *format.Record, key, value string) bool {
	switch key {
	case "eventtime": // the only one that is UTC in every version
		out.SetTime(value, -1)
	case "ui":
		_, from, _ := strings.Cut(strings.TrimSuffix(value, ")"), "(")
		out.AddAs(key, from, format.Client)
	case "from": // a sender, or a zone
		if strings.Contains(value, "@") {
			out.AddAs(key, value, format.EmailFrom)
			return true
		}
		return others(out, key, value)
	default:
		return false
	}
	return true
}

// others takes any field as one that says nothing by its name.
func others(out *format.Record, key, value string) bool {
	out.AddAs(key, value, format.Other)
	return true
}

// rule takes the verdict from the prefix that the firewall's rule writes, since
// the kernel itself does not say what became of the packet.
func rule(out *format.Record, prefix string) {
	for _, w := range strings.FieldsFunc(prefix, func(r rune) bool { return r == ' ' || r == ':' || r == '_' || r == '-' || r == ']' || r == '[' }) {
		if a := format.ActionOf(w); a != format.Unsaid && len(w) > 2 {
			out.Action = max(out.Action, a)
		}
	}
}
