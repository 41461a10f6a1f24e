package all_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
)

// dotted finds what may be an address, by nothing but its looks: the measure is
// independent of every reader.
var dotted = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)

// noTime are logs whose own records have no time: canonified baselines, and
// lines of BIND without print-time.
var noTime = map[string]bool{"zeek-dialects": true, "bind9": true}

// notLogs lie beside the logs.
var notLogs = map[string]bool{"README.md": true, "labels.config": true, "known_hits.tsv": true}

// TestRealLogs reads every record of the real logs that have no expectations
// beside them: nearly all must be of a known format, have a time, and give every
// address in them as a field.
func TestRealLogs(t *testing.T) {
	root := shared(t)
	counts := map[string]*folderCount{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || notLogs[d.Name()] || strings.Contains(path, "/vendor/") {
			return err
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(path, root+"/"), "/")
		if folder == "dns" || folder == "proxy" || folder == "web" {
			folder = filepath.Base(filepath.Dir(path))
		}
		if counts[folder] == nil {
			counts[folder] = &folderCount{}
		}
		return counts[folder].read(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	sort.Strings(names)
	var table strings.Builder
	table.WriteString("| logs | records | of a known format | with a time | addresses in the text | in a field |\n|---|---|---|---|---|---|\n")
	for _, name := range names {
		c := counts[name]
		fmt.Fprintf(&table, "| %s | %d | %s | %s | %d | %s |\n", name, c.records, percent(c.known, c.records), percent(c.timed, c.records), c.addresses, percent(c.found, c.addresses))
		if c.known*100 < c.records*98 {
			t.Errorf("%s: %s of the records are of a known format; the first that is not: %s", name, percent(c.known, c.records), c.unknown)
		}
		if c.found*100 < c.addresses*98 {
			t.Errorf("%s: %s of the addresses are in a field; the first that is not: %s", name, percent(c.found, c.addresses), c.lost)
		}
		if c.timed*100 < c.records*98 && !noTime[name] {
			t.Errorf("%s: %s of the records have a time; the first that has not: %s", name, percent(c.timed, c.records), c.timeless)
		}
	}
	t.Logf("real logs\n%s", table.String())
}

type folderCount struct {
	records, known, timed, addresses, found int
	unknown, lost, timeless                 string
}

func (c *folderCount) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	var rec format.Record
	return logfile.Members(file, func(_ string, r *bufio.Reader) error {
		return logfile.Blocks(r, logfile.Options{Header: all.Header, Binary: all.Binary}, func(b logfile.Block) error {
			for _, text := range split(b) {
				if len(bytes.TrimSpace(text)) == 0 || text[0] == '#' {
					continue
				}
				known := all.Parse(text, format.Context{Schema: b.Schema, Ref: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, &rec)
				c.count(path, text, &rec, known)
			}
			return nil
		})
	})
}

func split(b logfile.Block) [][]byte {
	if b.Records == nil {
		return bytes.Split(b.Text, []byte("\n"))
	}
	var out [][]byte
	for i, s := range b.Records {
		end := len(b.Text)
		if i+1 < len(b.Records) {
			end = b.Records[i+1].At
		}
		out = append(out, b.Text[s.At:end])
	}
	return out
}

func (c *folderCount) count(path string, text []byte, rec *format.Record, known bool) {
	at := fmt.Sprintf("%s: %.300q", filepath.Base(path), text)
	c.records++
	if known && rec.Format != "text" {
		c.known++
	} else if c.unknown == "" {
		c.unknown = at
	}
	if !rec.Time.IsZero() {
		c.timed++
	} else if c.timeless == "" {
		c.timeless = at
	}
	if len(rec.Fields) >= format.MaxFields {
		return // searched as text beyond the bound
	}
	for _, token := range dotted.FindAllString(string(text), -1) {
		if _, err := netip.ParseAddr(token); err != nil {
			continue
		}
		c.addresses++
		if inField(rec, token) {
			c.found++
		} else if c.lost == "" {
			c.lost = token + " in " + at
		}
	}
}

func inField(rec *format.Record, token string) bool {
	for _, f := range rec.Fields {
		if f.Name != "text" && strings.Contains(f.Value, token) {
			return true
		}
	}
	return false
}
