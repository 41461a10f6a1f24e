package indicators

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"clew/internal/telemetry/format"
)

// Names of columns, in the spelling of format.Normal.
var (
	valueColumns = []string{
		"indicator", "indicators", "ioc", "iocs", "iocvalue", "value", "observable", "artifact", "domain", "domains", "hostname", "host", "fqdn", "ip", "ipaddress", "ipv4", "ipv6", "address", "dstip", "url", "urls",
		"uri", "md5", "sha1", "sha256", "sha512", "hash", "filehash", "md5hash", "sha1hash", "sha256hash", "email", "emailaddress", "fingerprint", "certsha1", "jarm", "ja3", "indicatorvalue", "data", "c2",
	}
	firstColumns = []string{"firstseen", "firstseenutc", "validfrom", "date", "dateadded", "added", "created", "firstsubmission", "timestamp", "reported", "datefirstseen", "listingdate"}
	lastColumns  = []string{"lastseen", "lastseenutc", "validuntil", "lastonline", "expires", "expiration", "datelastseen"}
	labelColumns = []string{"label", "malware", "family", "threat", "campaign", "actor", "signature", "description", "tag", "tags", "comment", "note", "reason", "name", "category", "malwareprintable"}
)

// csv reads a table and reports whether text is one: a line with the same
// separator in most lines, and a header that names a column of values, or cells
// that are indicators.
func (c *collector) csv(text []byte) bool {
	comma, ok := separator(text)
	if !ok {
		return false
	}
	var columns columnSet
	first := true
	c.list.Format = "csv"
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		cells := format.Comma(line, comma)
		if line[0] == '#' { // abuse.ch writes its header as a comment
			if header := columnsOf(format.Comma(bytes.TrimLeft(line, "# "), comma)); len(header.values) > 0 {
				columns, first = header, false
			}
			continue
		}
		if first {
			first = false
			if columns = columnsOf(cells); len(columns.values) > 0 {
				continue
			}
		}
		c.row(cells, columns)
	}
	return true
}

// separator returns the one that the first lines agree on.
func separator(text []byte) (byte, bool) {
	best, most := byte(0), 0
	for _, comma := range []byte{',', ';', '\t', '|'} {
		lines, with := 0, 0
		for line := range bytes.Lines(text[:min(len(text), 16<<10)]) {
			if line[0] == '#' || len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			lines++
			if bytes.IndexByte(line, comma) > 0 {
				with++
			}
			if lines == 20 {
				break
			}
		}
		if with > most && with*2 > lines {
			best, most = comma, with
		}
	}
	return best, most > 0
}

type columnSet struct {
	values, first, last, labels []int
}

func columnsOf(header []string) columnSet {
	var c columnSet
	for i, name := range header {
		switch n := format.Normal(strings.TrimSpace(name)); {
		case slices.Contains(valueColumns, n):
			c.values = append(c.values, i)
		case slices.Contains(firstColumns, n):
			c.first = append(c.first, i)
		case slices.Contains(lastColumns, n):
			c.last = append(c.last, i)
		case slices.Contains(labelColumns, n):
			c.labels = append(c.labels, i)
		}
	}
	return c
}

// row reads the columns of values, or every cell where no header names them.
func (c *collector) row(cells []string, columns columnSet) {
	at := func(where []int) string {
		for _, i := range where {
			if i < len(cells) && cells[i] != "" {
				return cells[i]
			}
		}
		return ""
	}
	first, last, label := when(at(columns.first)), when(at(columns.last)), at(columns.labels)
	if !last.IsZero() && last.Before(first) {
		last = time.Time{}
	}
	found := false
	if len(columns.values) > 0 {
		for _, i := range columns.values {
			if i < len(cells) && cells[i] != "" {
				found = c.text(cells[i], first, last, label) || found
			}
		}
	} else {
		for _, cell := range cells {
			found = c.text(cell, first, last, label) || found
		}
	}
	if !found {
		c.skip(strings.Join(cells, " "), "no cell is an indicator")
	}
}
