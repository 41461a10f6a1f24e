package all_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/all"
)

// shared returns the folder of real data, or skips.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../../shared"
	}
	path := filepath.Join(append([]string{root, "data", "telemetry"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real logs: %v (set CLEW_SHARED)", err)
	}
	return path
}

// An expectation is what the authors of a parser for the product expect of one
// line.
type expectation struct {
	Line         int            `json:"line"`
	Test         string         `json:"test"`
	Reserialised bool           `json:"reserialised"`
	ECS          map[string]any `json:"ecs"`
}

// disputed are times on which we and the authors of the expectations differ.
var disputed = map[string]string{
	"test_event_login_1": "expected an hour before the epoch that the line holds", "test_event_login_2": "the same", "test_event_login_3": "the same",
	"test_sonar": "expected when the server stored the event; the line says when it happened", "test_virus_found2": "the same",
	"threat_cef": "expected rt; for the same message in the set cef its authors expect start", "url_cef": "the same",
	"globalprotect_csv": "expected when the collector received it; the line says when the firewall wrote it",
}

// roles maps the ECS field of the expectation to the meanings that say the same.
var roles = map[string][]format.Meaning{
	"source.ip": {format.Client, format.MachineIP}, "client.ip": {format.Client}, "source.nat.ip": {format.NATClient, format.Client},
	"destination.ip": {format.Server, format.Resolver, format.Host}, "server.ip": {format.Server, format.Reporter}, "destination.nat.ip": {format.NATServer, format.Server},
	"dns.question.name": {format.Query},
	"url.domain":        {format.Host, format.URL, format.SNI, format.Server}, "url.full": {format.URL}, "url.original": {format.URL},
	"file.hash.sha256": {format.FileHash}, "file.hash.sha1": {format.FileHash}, "file.hash.md5": {format.FileHash},
}

func TestVendorExpectations(t *testing.T) {
	dir := shared(t, "vendor")
	products, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	table := &bytes.Buffer{}
	fmt.Fprintf(table, "| product | lines | values | found | recall | in the right field | time |\n|---|---|---|---|---|---|---|\n")
	var sum tally
	for _, p := range products {
		name := p.Name()
		want := filepath.Join(dir, name, name+".expected.jsonl")
		if _, err := os.Stat(want); err != nil {
			continue
		}
		got := measure(t, filepath.Join(dir, name, name+".log"), want)
		fmt.Fprintf(table, "| %s | %d | %d | %d | %s | %s | %s |\n", name, got.lines, got.values, got.found, percent(got.found, got.values), percent(got.placed, got.placeable), percent(got.times, got.timed))
		sum.add(got)
		if got.values > 0 && float64(got.found) < 0.98*float64(got.values) {
			t.Errorf("%s: %s of the values are found, want 98 %%", name, percent(got.found, got.values))
		}
		if got.timed > 0 && float64(got.times) < 0.98*float64(got.timed) {
			t.Errorf("%s: %s of the times are right, want 98 %%", name, percent(got.times, got.timed))
		}
	}
	fmt.Fprintf(table, "| **all** | %d | %d | %d | %s | %s | %s |\n", sum.lines, sum.values, sum.found, percent(sum.found, sum.values), percent(sum.placed, sum.placeable), percent(sum.times, sum.timed))
	t.Logf("extraction recall\n%s", table)
}

type tally struct{ lines, values, found, placeable, placed, timed, times int }

func (t *tally) add(o tally) {
	t.lines += o.lines
	t.values += o.values
	t.found += o.found
	t.placeable += o.placeable
	t.placed += o.placed
	t.timed += o.timed
	t.times += o.times
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func measure(t *testing.T, log, want string) tally {
	t.Helper()
	var n tally
	lines := readLines(t, log)
	schemas := make([]*format.Schema, len(lines))
	var schema *format.Schema
	for i, line := range lines {
		schema, _ = all.Header(line, schema, i == 0)
		schemas[i] = schema
	}
	for _, raw := range readLines(t, want) {
		var e expectation
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		n.lines++
		var rec format.Record
		all.Parse(lines[e.Line-1], format.Context{Schema: schemas[e.Line-1], Ref: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, &rec)
		for field, value := range e.ECS {
			check(t, &n, log, e, rec, lines[e.Line-1], field, value)
		}
	}
	return n
}

func check(t *testing.T, n *tally, log string, e expectation, rec format.Record, line []byte, field string, value any) {
	if field == "@timestamp" {
		at, err := time.Parse(time.RFC3339, value.(string))
		if err != nil {
			return
		}
		if reason := disputed[e.Test]; reason != "" {
			t.Logf("%s:%d: time not compared: %s", filepath.Base(log), e.Line, reason)
			return
		}
		n.timed++
		if d := rec.Time.Sub(at); d > -time.Second && d < time.Second {
			n.times++
		} else {
			t.Logf("%s:%d (%s, %s): time %s, want %s", filepath.Base(log), e.Line, e.Test, rec.Format, rec.Time.Format(time.RFC3339Nano), value)
		}
		return
	}
	if !observableField(field) {
		return
	}
	for _, v := range values(value) {
		if !written(line, v) {
			continue // the parser's authors made it up of other values
		}
		n.values++
		if holds(rec, v) {
			n.found++
		} else {
			t.Logf("%s:%d (%s, %s): %s %q not found", filepath.Base(log), e.Line, e.Test, rec.Format, field, v)
		}
		if want, ok := roles[field]; ok {
			n.placeable++
			if holds(rec, v, want...) {
				n.placed++
			} else if os.Getenv("CLEW_ROLES") != "" {
				t.Logf("%s:%d (%s, %s): %s %q is not there but %s", filepath.Base(log), e.Line, e.Test, rec.Format, field, v, where(rec, v))
			}
		}
	}
}

// observableField reports whether an ECS field holds what indicators are of:
// addresses, names, URLs, hashes, e-mail addresses.
func observableField(field string) bool {
	switch field {
	case "related.ip", "related.hash", "related.hosts", "dns.question.name", "dns.answers", "dns.resolved_ip":
		return true
	}
	for _, end := range []string{".ip", ".address", ".domain", ".md5", ".sha1", ".sha256", "url.full", "url.original", ".server_name", ".alternative_names"} {
		if strings.HasSuffix(field, end) {
			return true
		}
	}
	return false
}

// values flattens what is expected of one field.
func values(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, values(x)...)
		}
		return out
	case map[string]any: // a DNS answer
		var out []string
		for _, key := range []string{"data", "name"} {
			if s, ok := v[key].(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// written reports whether the line holds the value at all, however it is
// escaped: a URL that was put together from its parts does not stand there.
func written(line []byte, v string) bool {
	low := strings.ToLower(v)
	text := strings.ToLower(string(line))
	if strings.Contains(text, low) {
		return true
	}
	var plain strings.Builder
	format.FlattenJSON(line, func(_, value string) { plain.WriteString(strings.ToLower(value) + "\n") })
	if strings.Contains(plain.String(), low) {
		return true
	}
	if u, err := url.QueryUnescape(text); err == nil && strings.Contains(u, low) {
		return true
	}
	return false
}

// holds reports whether a field, of one of the meanings if any are given, holds
// v as a whole word.
func holds(rec format.Record, v string, meanings ...format.Meaning) bool {
	addr, err := netip.ParseAddr(v)
	for _, f := range rec.Fields {
		if a, bad := netip.ParseAddr(f.Value); err == nil && bad == nil && a == addr && (len(meanings) == 0 || has(meanings, f.Meaning)) {
			return true
		}
		if len(meanings) > 0 && !has(meanings, f.Meaning) {
			continue
		}
		if f.Name == "text" || f.Meaning == format.Message && len(meanings) == 0 && f.Value != v && rec.Format == "text" {
			continue // read as prose is not read
		}
		if word(strings.ToLower(f.Value), strings.ToLower(strings.TrimSuffix(v, "."))) {
			return true
		}
	}
	return false
}

func has(ms []format.Meaning, m format.Meaning) bool {
	for _, x := range ms {
		if x == m {
			return true
		}
	}
	return false
}

// word reports whether v stands in text with nothing before or after it that
// would make it another name.
func word(text, v string) bool {
	for i := 0; ; {
		at := strings.Index(text[i:], v)
		if at < 0 || v == "" {
			return false
		}
		at += i
		before, after := at == 0 || !hostByte(text[at-1]), at+len(v) >= len(text) || !hostByte(text[at+len(v)]) || text[at+len(v)] == '.'
		if before && after {
			return true
		}
		i = at + 1
	}
}

func hostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}

func where(rec format.Record, v string) string {
	var names []string
	for _, f := range rec.Fields {
		if word(strings.ToLower(f.Value), strings.ToLower(v)) {
			names = append(names, f.Name+"="+f.Meaning.String())
		}
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

func readLines(t testing.TB, path string) [][]byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	var lines [][]byte
	in := bufio.NewScanner(file)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		lines = append(lines, bytes.Clone(in.Bytes()))
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
