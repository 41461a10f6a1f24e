// Package columns reads lines whose fields have a place and no name: CSV and
// W3C extended logs, whose header names the columns, and the exports of products
// that leave the header out, whose manuals do.
package columns

import (
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
)

// Headered reads W3C extended logs and CSV with a header line.
type Headered struct{}

// Name is "columns".
func (Headered) Name() string { return "columns" }

// Header reads "#Fields: …", the other directives of a W3C log, and the first
// line of a CSV file.
func (Headered) Header(line []byte, before *format.Schema) (*format.Schema, bool) {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > 1 && line[0] == '#' {
		return directive(string(line), before)
	}
	if before != nil {
		return before, false
	}
	return csvHeader(line)
}

func directive(line string, before *format.Schema) (*format.Schema, bool) {
	key, rest, ok := strings.Cut(line[1:], ":")
	rest = strings.TrimSpace(rest)
	switch ours := before != nil && before.Format == "w3c"; {
	case ok && key == "Fields":
		return before.With(func(s *format.Schema) {
			s.Format, s.Separator, s.Unset = "w3c", "", "-"
			if strings.Contains(rest, "\t") {
				s.Separator = "\t"
			} else if strings.Contains(rest, ",") && !strings.Contains(rest, " ") {
				s.Separator = ","
			}
			s.Columns = s.Columns[:0:0]
			if s.Separator == "" {
				s.Columns = strings.Fields(rest)
			} else {
				for name := range strings.SplitSeq(rest, s.Separator) {
					s.Columns = append(s.Columns, strings.TrimSpace(name))
				}
			}
		}), true
	case ok && key == "Software":
		return before.With(func(s *format.Schema) { s.Format, s.Log = "w3c", rest }), true
	case ok && key == "Date":
		return before.With(func(s *format.Schema) { s.Format, s.Date = "w3c", rest }), true
	case ours, ok && (key == "Version" || key == "Remark" || key == "Start-Date" || key == "End-Date" || key == "Time Format"):
		return before, true
	}
	return before, false
}

// csvHeader reports whether line names columns: several cells, no two alike,
// all of them words, and at least two that mean something to us.
func csvHeader(line []byte) (*format.Schema, bool) {
	if len(line) > 16<<10 || bytes.ContainsAny(line, "{}=<>") {
		return nil, false
	}
	for _, comma := range []byte{',', ';', '\t', '|'} {
		if bytes.Count(line, []byte{comma}) < 2 {
			continue
		}
		cells := format.Comma(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")), comma)
		known, seen := 0, map[string]bool{}
		for _, c := range cells {
			c = strings.TrimSpace(c)
			if !isName(c) || seen[c] {
				known = -1 << 20
			}
			seen[c] = true
			if format.MeaningOf(c) != format.Other {
				known++
			}
		}
		if known >= 2 {
			return &format.Schema{Format: "csv", Separator: string(comma), Columns: cells}, true
		}
	}
	return nil, false
}

// isName reports whether a cell could head a column: it begins with a letter
// and is neither an address, a time nor a sentence.
func isName(cell string) bool {
	if cell == "" || len(cell) > 64 || strings.Count(cell, " ") > 4 {
		return false
	}
	if c := cell[0] | 0x20; c < 'a' || c > 'z' {
		return cell[0] == '@' || cell[0] == '_'
	}
	return !strings.ContainsAny(cell, ":/\\@=") && strings.Count(cell, ".") < 3
}

// Parse reads one line by the columns in force.
func (Headered) Parse(text []byte, c format.Context, out *format.Record) bool {
	s := c.Schema
	if s == nil || (s.Format != "w3c" && s.Format != "csv") || len(s.Columns) == 0 || len(text) == 0 || text[0] == '#' {
		return false
	}
	var cells []string
	if s.Separator == "" {
		cells = format.Words(text)
	} else {
		cells = format.Comma(text, s.Separator[0])
	}
	// A line of another format in the same file has another number of cells.
	if len(cells) < 2 || len(cells) > len(s.Columns)+8 || len(cells)*3 < len(s.Columns) {
		return false
	}
	out.Format = s.Format
	for i, cell := range cells {
		if i >= len(s.Columns) {
			out.AddAs("beyond the columns", cell, format.Other)
			continue
		}
		add(out, s, s.Columns[i], cell)
	}
	if s.Date != "" && out.First(format.Time) != "" && out.Time.IsZero() {
		day, _, _ := strings.Cut(s.Date, " ")
		out.SetTime(day+" "+out.First(format.Time), 50)
	}
	out.Finish()
	return true
}

func add(out *format.Record, s *format.Schema, name, cell string) {
	if s.Format == "w3c" {
		if m, ok := w3c[strings.ToLower(name)]; ok {
			if m == format.URL {
				cell = strings.ReplaceAll(cell, "+", " ")
			}
			out.AddAs(name, cell, m)
			return
		}
	}
	out.AddAs(name, cell, format.MeaningOf(name))
}

// w3c are the names of the W3C extended log format ("Extended Log File Format",
// WD-logfile-960323), and of the products that use it: c is the client, s the
// server, r the remote side, cs from client to server.
var w3c = map[string]format.Meaning{
	"date": format.Time, "time": format.Time, "c-ip": format.Client, "s-ip": format.Server, "r-ip": format.Server, "cs-host": format.Host, "cs(host)": format.Host,
	"cs-uri": format.URL, "cs-uri-stem": format.URL, "cs-uri-query": format.URL, "cs-uri-path": format.URL, "cs(referer)": format.Referrer, "cs(user-agent)": format.Agent, "cs-username": format.User,
	"s-computername": format.Reporter, "s-dns": format.Reporter, "x-forwarded-for": format.Forwarded, "c-dns": format.Machine, "r-dns": format.Host, "r-host": format.Host, "cs(cookie)": format.Other,
	"src-ip": format.Client, "dst-ip": format.Server, "action": format.Outcome, "sc-filter-result": format.Outcome, "s-action": format.Outcome, "cs-method": format.Other, "path": format.Way,
	"s-supplier-ip": format.Server, "s-supplier-name": format.Host, "cs-referer": format.Referrer, "user-agent": format.Agent, "c-user": format.User, "cs(x-forwarded-for)": format.Forwarded,
	"cs-userdn": format.User, "x-cs-dns": format.Query, "sc-status": format.Number, "s-port": format.Number, "cs-version": format.Other, "s-sitename": format.Other,
}
