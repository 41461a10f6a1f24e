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
	n := 0
	switch product {
	case "fortios":
		n = format.Pairs(text, func(k, v string) { fortios(out, k, v) })
	case "netfilter":
		n = format.Pairs(text, func(k, v string) { netfilter(out, k, v) })
		rule(out, string(head))
	case "stormshield":
		n = format.Pairs(text, func(k, v string) {
			if k == "time" {
				out.SetTime(v, -1)
			}
			out.Add(k, v)
		})
	default:
		n = format.Pairs(text, out.Add)
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

// fortios knows what FortiOS calls its fields (Fortinet, "FortiOS Log Message
// Reference"): "hostname" is the web site, "url" a path on it.
func fortios(out *format.Record, key, value string) {
	switch key {
	case "eventtime": // the only one that is UTC in every version
		out.SetTime(value, -1)
	case "ui":
		_, from, _ := strings.Cut(strings.TrimSuffix(value, ")"), "(")
		out.AddAs(key, from, format.Client)
	case "hostname":
		out.AddAs(key, value, format.Host)
	case "dstname", "srcname":
		out.AddAs(key, value, format.Machine)
	case "transip":
		out.AddAs(key, value, format.NATClient)
	case "tranip":
		out.AddAs(key, value, format.NATServer)
	case "sender":
		out.AddAs(key, value, format.EmailFrom)
	case "ip":
		out.AddAs(key, value, format.MachineIP)
	case "from":
		if strings.Contains(value, "@") {
			out.AddAs(key, value, format.EmailFrom)
			return
		}
		out.AddAs(key, value, format.Other)
	default:
		out.Add(key, value)
	}
}

// netfilter knows the fields of the kernel's LOG target.
func netfilter(out *format.Record, key, value string) {
	switch key {
	case "SRC":
		out.AddAs(key, value, format.Client)
	case "DST":
		out.AddAs(key, value, format.Server)
	case "MAC":
		out.AddAs(key, value, format.Hardware)
	default:
		out.AddAs(key, value, format.Other)
	}
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
