// Package zeek reads Zeek's dns, ssl, x509, files and http logs, tab-separated
// or as JSON lines: one's own passive DNS and certificates. Other logs are read
// over.
//
// Source: https://docs.zeek.org/en/master/logs/, and the writers' options
// (separators, unset and empty fields, \x escapes, JSON times).
//
// What a client claims is not kept as a fact of the DNS: neither Host headers
// nor server names of TLS say where a name resolves to.
package zeek

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clew/internal/ingest"
)

// Format is Zeek's logs. Files of one import are joined: a digest in files.log
// with the URL in http.log and with the server in ssl.log that showed it.
type Format struct{ join *join }

// New returns the format for one import.
func New() Format { return Format{newJoin()} }

// Name implements [ingest.Format].
func (Format) Name() string { return "zeek" }

// Likely reports whether head begins with the header of a log, or with a JSON
// object that has the fields of one.
func (Format) Likely(head []byte) bool {
	for bytes.HasPrefix(head, []byte("#")) {
		if bytes.HasPrefix(head, []byte("#separator ")) || bytes.HasPrefix(head, []byte("#fields\t")) {
			return true
		}
		_, head, _ = bytes.Cut(head, []byte{'\n'})
	}
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil || members["ts"] == nil {
		return false
	}
	return members["uid"] != nil || members["fuid"] != nil || members["_path"] != nil || members["@stream"] != nil ||
		members["certificate.serial"] != nil || members["certificate_serial"] != nil
}

// Wanted reports whether a file of a folder is worth opening, by its name: Zeek
// writes a log for each of some eighty protocols.
func (Format) Wanted(name string) bool {
	for _, log := range []string{"dns", "ssl", "x509", "files", "http"} {
		if strings.Contains(strings.ToLower(name), log) {
			return true
		}
	}
	return false
}

// Decoder implements [ingest.LineFormat].
func (f Format) Decoder() ingest.Decoder {
	if f.join == nil {
		f.join = newJoin()
	}
	return &decoder{join: f.join, separator: "\t", set: ",", empty: "(empty)", unset: "-"}
}

// decoder reads the lines of one log. A log may change its header on the way,
// where several were joined.
type decoder struct {
	join *join
	row  row
	at   []column // of each cell; none before the header

	known []string // names of the fields of a JSON line that clew reads

	separator    string
	set          string // between the elements of a cell
	empty, unset string
}

var errNoHeader = errors.New("a line of values before any #fields")

// Line implements [ingest.Decoder].
func (d *decoder) Line(line []byte, out *ingest.Out) {
	var err error
	switch line[0] {
	case '#':
		d.header(string(line))
		return
	case '{':
		err = d.readJSON(line)
	default:
		err = d.readCells(line)
	}
	if err != nil {
		out.Reject("%w", err)
		return
	}
	d.tell(out)
}

// End implements [ingest.Decoder].
func (*decoder) End(*ingest.Out) error { return nil }

// header takes a line that begins with #.
func (d *decoder) header(line string) {
	if text, ok := strings.CutPrefix(line, "#separator "); ok {
		if text = unescape(text); text != "" {
			d.separator = text
		}
		return
	}
	parts := strings.Split(line, d.separator)
	switch {
	case len(parts) < 2:
	case parts[0] == "#set_separator" && parts[1] != "":
		d.set = unescape(parts[1])
	case parts[0] == "#empty_field":
		d.empty = parts[1]
	case parts[0] == "#unset_field":
		d.unset = parts[1]
	case parts[0] == "#fields":
		d.at = d.at[:0]
		for _, name := range parts[1:] {
			d.at = append(d.at, columnNamed(name))
		}
		d.row.setFields(d.at)
	}
}

func (d *decoder) readCells(line []byte) error {
	if len(d.at) == 0 {
		return errNoHeader
	}
	d.row.clear()
	n := 0
	for more := true; more; n++ {
		var cell []byte
		cell, line, more = bytes.Cut(line, []byte(d.separator))
		if n >= len(d.at) || d.at[n] == none {
			continue
		}
		if text := string(cell); text != d.unset && text != d.empty {
			d.row.set(d.at[n], text, d.set)
		}
	}
	if n < len(d.at) {
		return fmt.Errorf("line of %d values, its header names %d", n, len(d.at))
	}
	return nil
}

func (d *decoder) readJSON(line []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return err
	}
	d.row.clear()
	d.row.fields = [columns]bool{}
	d.known = d.known[:0]
	for name := range members {
		if columnNamed(name) != none {
			d.known = append(d.known, name)
		}
	}
	slices.Sort(d.known) // two spellings of one field in one line come in one order
	for _, name := range d.known {
		c := columnNamed(name)
		d.row.fields[c] = true
		if err := d.row.setJSON(c, members[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// unescape reads \x09 as the byte it stands for.
func unescape(text string) string {
	if !strings.Contains(text, `\x`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if i+4 <= len(text) && text[i] == '\\' && text[i+1] == 'x' {
			hi, lo := digit(text[i+2]), digit(text[i+3])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func digit(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
