// Package zeek reads Zeek's own logs in their column form, of every generation:
// any separator, renamed fields, labelled columns. Its JSON form is read like
// other JSON, by format/jsonlog.
//
// Format: https://docs.zeek.org/en/master/log-formats.html, and the ASCII
// writer's options (LogAscii::) for what can be changed.
package zeek

import (
	"bytes"
	"strconv"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads Zeek TSV.
type Reader struct{}

// Name is "zeek".
func (Reader) Name() string { return "zeek" }

// Header reads the lines that begin with a hash.
func (Reader) Header(line []byte, before *format.Schema) (*format.Schema, bool) {
	if len(line) < 2 || line[0] != '#' {
		return before, false
	}
	text := string(bytes.TrimRight(line, "\r\n"))
	if rest, ok := strings.CutPrefix(text, "#separator "); ok {
		return (*format.Schema)(nil).With(func(s *format.Schema) {
			s.Format, s.Separator, s.SetSep, s.Unset, s.Empty = "zeek", unescape(rest), ",", "-", "(empty)"
		}), true
	}
	separator := "\t"
	if before != nil && before.Format == "zeek" {
		separator = before.Separator
	}
	key, rest, ok := strings.Cut(text, separator)
	if !ok {
		return before, before != nil && before.Format == "zeek"
	}
	change := func(set func(s *format.Schema)) (*format.Schema, bool) {
		return before.With(func(s *format.Schema) {
			if s.Format != "zeek" { // a rotated file whose first line was lost
				*s = format.Schema{Format: "zeek", Separator: "\t", SetSep: ",", Unset: "-", Empty: "(empty)"}
			}
			set(s)
		}), true
	}
	switch key {
	case "#set_separator":
		return change(func(s *format.Schema) { s.SetSep = rest })
	case "#empty_field":
		return change(func(s *format.Schema) { s.Empty = rest })
	case "#unset_field":
		return change(func(s *format.Schema) { s.Unset = rest })
	case "#path":
		return change(func(s *format.Schema) { s.Log = rest })
	case "#fields":
		return change(func(s *format.Schema) { s.Columns = strings.Split(rest, s.Separator) })
	case "#types", "#open", "#close":
		return before, true
	}
	return before, before != nil && before.Format == "zeek"
}

// Parse reads one line by the columns in force.
func (Reader) Parse(text []byte, c format.Context, out *format.Record) bool {
	s := c.Schema
	if s == nil || s.Format != "zeek" || len(s.Columns) == 0 || len(text) == 0 || text[0] == '#' {
		return false
	}
	if !strings.Contains(string(text), s.Separator) && len(s.Columns) > 1 {
		return false
	}
	out.Format, out.Kind = strings.TrimSuffix("zeek/"+s.Log, "/"), format.ZeekKinds[s.Log]
	rest := string(text)
	for i, name := range s.Columns {
		cell, after, more := strings.Cut(rest, s.Separator)
		if i == len(s.Columns)-1 {
			more = false // a separator inside the last column belongs to it
		}
		if cell != s.Unset && cell != s.Empty {
			Add(out, s.Log, name, unescape(cell), s.SetSep)
		}
		if !more {
			break
		}
		rest = after
	}
	out.Finish()
	return true
}

// Add adds one column of the log called path.
func Add(out *format.Record, path, name, value, setSep string) {
	if name == "ts" || name == "t" {
		if t, ok := format.Seconds(value); ok {
			out.SetInstant(t, 0)
			return
		}
	}
	m := MeaningOf(path, name)
	if setSep != "" && strings.Contains(value, setSep) && isSet(m) {
		for member := range strings.SplitSeq(value, setSep) {
			out.AddAs(name, member, m)
		}
		return
	}
	out.AddAs(name, value, m)
}

// isSet reports whether fields of that meaning may hold several values, where
// the set separator is no part of the value.
func isSet(m format.Meaning) bool {
	switch m {
	case format.Answer, format.CertName, format.CertHash, format.Client, format.Server, format.EmailTo, format.File:
		return true
	}
	return false
}

// own are the fields of Zeek that mean something else than the same name does
// in other products.
var own = map[string]format.Meaning{
	"x509 fingerprint": format.CertHash, "known_certs subject": format.CertName, "files md5": format.FileHash,
	"x509 san.dns": format.CertName, "smtp from": format.EmailFrom, "smtp to": format.EmailTo, "smtp helo": format.Host, "smtp path": format.Forwarded,
	"files tx_hosts": format.Server, "files rx_hosts": format.Client, "files source": format.Other,
	"software host": format.MachineIP, "known_hosts host": format.MachineIP, "known_services host": format.MachineIP, "known_certs host": format.MachineIP,
	"dhcp client_addr": format.Client, "dhcp server_addr": format.Server, "dhcp assigned_addr": format.Client, "dhcp requested_addr": format.Client,
	"dhcp host_name": format.Machine, "dhcp domain": format.Other, "dhcp client_fqdn": format.Machine, "dhcp mac": format.Hardware,
	"notice src": format.Client, "notice dst": format.Server, "notice sub": format.Message, "notice msg": format.Message, "notice note": format.Signature,
	"kerberos client": format.User, "kerberos service": format.Other, "ftp user": format.User, "ftp command": format.Other, "ftp arg": format.URL,
	"ocsp serialNumber": format.Other, "ssl subject": format.CertName, "ssl issuer": format.CertName, "dpd service": format.Other,
	"http origin": format.Referrer, "http proxied": format.Forwarded, "http info_msg": format.Message, "http username": format.User,
	"intel seen.indicator": format.Other, "conn service": format.Other, "rdp cookie": format.User, "quic server_name": format.SNI,
	"smtp last_reply": format.Message, "smtp first_received": format.Message, "smtp second_received": format.Message, "http tags": format.Other,
	"ssh host_key": format.Other, "ntlm hostname": format.Machine, "ntlm domainname": format.Other, "ntlm username": format.User,
}

// MeaningOf returns what the column means in the log called path.
func MeaningOf(path, name string) format.Meaning {
	if m, ok := own[path+" "+name]; ok {
		return m
	}
	return format.MeaningOf(name)
}

// unescape undoes \xNN, the only escape the writer uses.
func unescape(text string) string {
	if !strings.Contains(text, `\x`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x' {
			if n, err := strconv.ParseUint(text[i+2:i+4], 16, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
