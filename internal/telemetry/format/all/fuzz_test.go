package all_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/all"
)

// seeds are one line of each format, with reserved names.
var seeds = []string{
	"#separator \\x09\n#fields\tts\tid.orig_h\tid.resp_h\tquery\n1700000000.5\t192.0.2.1\t198.51.100.2\tevil.example",
	`{"timestamp":"2026-01-02T03:04:05.6+0000","event_type":"dns","src_ip":"192.0.2.1","dns":{"rrname":"evil.example","answers":[{"rdata":"198.51.100.1"}]}}`,
	`<134>1 2026-01-02T03:04:05Z fw app 1 - [a b="c"] CEF:0|V|P|1|2|denied|3|src=192.0.2.1 dst=198.51.100.1 request=http://evil.example/a\=b cs1Label=X cs1=y`,
	"LEEF:2.0|V|P|1|2|^|src=192.0.2.1^dst=198.51.100.1^devTime=Jan 02 2026 03:04:05",
	`date=2026-01-02 time=03:04:05 devname="fw" logid="1" vd="root" srcip=192.0.2.1 dstip=198.51.100.1 hostname=""evil.example""`,
	`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>3</EventID></System><EventData><Data Name="DestinationIp">198.51.100.1</Data></EventData></Event>`,
	`%ASA-6-302013: Built inbound TCP connection 1 for outside:192.0.2.1/4 (192.0.2.1/4) to in:198.51.100.1/53 (198.51.100.1/53)`,
	"19-Oct-2026 05:34:02.425 client @0x7f 192.0.2.1#3076 (evil.example): query: evil.example IN A + (198.51.100.1)",
	"Jan  2 03:04:05 dnsmasq[7]: query[A] evil.example from 192.0.2.1", "[1:2] info: 192.0.2.1 evil.example. A IN",
	"6/5/2026 10:00:32 AM 0E70 PACKET 00A0 UDP Rcv 192.0.2.1 5b47 Q [0001 D NOERROR] A (4)evil(7)example(0)",
	`192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET /a HTTP/1.1" 200 1 "http://evil.example/" "ua" "198.51.100.1"`,
	"1767322845.123 5 192.0.2.1 TCP_MISS/200 6 GET http://evil.example/a u DIRECT/198.51.100.1 text/html",
	"2026/01/02 03:04:05 [error] 1#1: *1 x, client: 192.0.2.1, server: evil.example, request: \"GET / HTTP/1.1\"",
	"2 1 eni-1 192.0.2.1 198.51.100.1 1 2 6 1 1 1767322845 1767322846 REJECT OK", "1,2026/01/02 03:04:05,1,TRAFFIC,end,1,2026/01/02 03:04:05,192.0.2.1,198.51.100.1",
	`"2026-01-02 03:04:05","h","192.0.2.1","1","198.51.100.1","443","",""`, "time,src_ip,dst_ip\n2026-01-02T03:04:05Z,192.0.2.1,198.51.100.1", "#Fields: date time c-ip cs-host\n2026-01-02 03:04:05 192.0.2.1 evil.example",
	`[action:"Accept"; src:"192.0.2.1"; dst:"198.51.100.1"; time:"1767322845"; x:"y"]`, "from 192.0.2.1 to 198.51.100.1 at 2026-01-02 03:04:05",
}

// FuzzParse feeds every reader anything: no reader may panic, every record has a
// format, and the same text gives the same record.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, second := parseAll(text), parseAll(text)
		if len(first) != len(second) {
			t.Fatalf("%d records, then %d", len(first), len(second))
		}
		for i := range first {
			if first[i] != second[i] {
				t.Fatalf("record %d: %q, then %q", i, first[i], second[i])
			}
		}
	})
}

func parseAll(text []byte) []string {
	var out []string
	var rec format.Record
	var schema *format.Schema
	for i, line := range lines(text) {
		var header bool
		if schema, header = all.Header(line, schema, i == 0); header {
			continue
		}
		all.Parse(line, format.Context{Schema: schema, Ref: time.Unix(1767322845, 0)}, &rec)
		if rec.Format == "" || !utf8.ValidString(rec.Kind.String()) {
			panic("a record without a format")
		}
		s := rec.Format + rec.Time.String() + rec.Action.String() + rec.Direction.String()
		for _, field := range rec.Fields {
			s += "\x00" + field.Name + "\x00" + field.Value + field.Meaning.String()
		}
		out = append(out, s)
	}
	return out
}

func lines(text []byte) [][]byte {
	var out [][]byte
	start := 0
	for i, c := range text {
		if c == '\n' {
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

// TestSeedsAreRead holds every seed to its format, so that none falls through to
// the reader of prose.
func TestSeedsAreRead(t *testing.T) {
	for _, s := range seeds[:len(seeds)-1] {
		records := parseAll([]byte(s))
		if last := records[len(records)-1]; len(last) > 4 && last[:4] == "text" {
			t.Errorf("read as text: %s", s)
		}
	}
}
