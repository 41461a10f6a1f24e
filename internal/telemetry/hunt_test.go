package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// write puts text into a file of the test and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLines says of one line of each format what it means.
func TestLines(t *testing.T) {
	const at = "2026-01-02T03:04:05Z"
	for name, c := range map[string]struct {
		line, indicator                                string
		field, kind, contact, direction, action, asset string
		time                                           string
	}{
		"eve_dns":           {`{"timestamp":"2026-01-02T03:04:05.000000+0000","event_type":"dns","src_ip":"10.0.0.5","dest_ip":"10.0.0.53","dns":{"type":"query","rrname":"a.evil.example"}}`, "evil.example", "dns.rrname", "dns", "lookup", "internal", "", "10.0.0.5", at},
		"eve_blocked":       {`{"timestamp":"2026-01-02T03:04:05.000000+0000","event_type":"alert","src_ip":"203.0.113.9","dest_ip":"10.0.0.5","alert":{"action":"blocked","signature":"x"}}`, "203.0.113.9", "src_ip", "alert", "scan", "inbound", "blocked", "10.0.0.5", at},
		"sysmon_xml":        {`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>3</EventID><TimeCreated SystemTime="2026-01-02T03:04:05.0000000Z"/><Computer>PC7.corp.test</Computer></System><EventData><Data Name="SourceIp">10.0.0.5</Data><Data Name="DestinationIp">198.51.100.7</Data><Data Name="User">CORP\ann</Data><Data Name="Image">C:\a.exe</Data></EventData></Event>`, "198.51.100.7", "Event.EventData.DestinationIp", "connection", "outbound", "outbound", "", "PC7.corp.test", at},
		"dnsmasq":           {"Jan  2 03:04:05 dnsmasq[7]: query[A] www.evil.example from 10.0.0.5", "evil.example", "query", "dns", "lookup", "", "", "10.0.0.5", at},
		"windows_dns":       {"1/2/2026 3:04:05 AM 0E70 PACKET  000000A0 UDP Rcv 10.0.0.5 5b47   Q [0001   D   NOERROR] A      (3)www(4)evil(7)example(0)", "www.evil.example", "query", "dns", "lookup", "", "", "10.0.0.5", at},
		"squid":             {"1767323045.000      5 10.0.0.5 TCP_DENIED/403 6 CONNECT evil.example:443 - NONE/- -", "evil.example", "target", "web", "outbound", "outbound", "blocked", "10.0.0.5", at},
		"combined":          {`203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 1 "-" "x"`, "203.0.113.9", "client", "web", "inbound", "inbound", "", "", at},
		"referrer":          {`10.0.0.5 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 1 "http://evil.example/a" "x"`, "evil.example", "referrer", "web", "present", "outbound", "", "10.0.0.5", at},
		"cef":               {"Jan  2 03:04:05 fw CEF:0|V|P|1|2|x|3|rt=1767323045000 src=10.0.0.5 dst=198.51.100.7 act=deny request=http://evil.example/a", "http://evil.example/a", "request", "web", "outbound", "outbound", "blocked", "10.0.0.5", at},
		"own_address_asked": {`{"ts":1767323045,"uid":"C1","id.orig_h":"203.0.113.9","id.resp_h":"192.0.2.80","method":"GET","host":"192.0.2.80","uri":"/a?cmd=wget+http://203.0.113.9/x"}`, "203.0.113.9", "uri", "web", "inbound", "external", "", "192.0.2.80", at},
		"vpc_flow":          {"2 1 eni-1 203.0.113.9 10.0.0.5 1 22 6 1 1 1767323045 1767323046 REJECT OK", "203.0.113.0/24", "srcaddr", "connection", "scan", "inbound", "blocked", "10.0.0.5", at},
		"gcp":               {`{"insertId":"a","logName":"projects/p/logs/compute.googleapis.com%2Fvpc_flows","timestamp":"2026-01-02T03:04:05Z","jsonPayload":{"connection":{"src_ip":"10.0.0.5","dest_ip":"198.51.100.7"}}}`, "198.51.100.7", "jsonPayload.connection.dest_ip", "connection", "outbound", "outbound", "", "10.0.0.5", at},
		"cloudflare":        {`{"ClientIP":"203.0.113.9","ClientRequestHost":"shop.example","ClientRequestURI":"/","EdgeStartTimestamp":"2026-01-02T03:04:05Z","RayID":"1","SecurityAction":"block"}`, "203.0.113.9", "ClientIP", "web", "scan", "inbound", "blocked", "", at},
		"ocsf":              {`{"class_uid":4003,"category_uid":4,"time":1767323045000,"query":{"hostname":"evil.example"},"src_endpoint":{"ip":"10.0.0.5"},"answers":[{"rdata":"198.51.100.7"}]}`, "evil.example", "query.hostname", "dns", "lookup", "", "", "10.0.0.5", at},
		"ecs":               {`{"@timestamp":"2026-01-02T03:04:05Z","host":{"name":"pc7"},"process":{"hash":{"sha256":"00000000000000000000000000000000000000000000000000000000000000aa"},"name":"a.exe"}}`, "00000000000000000000000000000000000000000000000000000000000000aa", "process.hash.sha256", "process", "present", "", "", "pc7", at},
		"escaped":           {`{"timestamp":"2026-01-02T03:04:05Z","event_type":"http","src_ip":"10.0.0.5","dest_ip":"198.51.100.7","http":{"hostname":"evil\u002eexample","url":"\/a"}}`, "evil.example", "http.hostname", "web", "outbound", "outbound", "", "10.0.0.5", at},
		"url_apart":         {`{"timestamp":"2026-01-02T03:04:05Z","event_type":"http","src_ip":"10.0.0.5","dest_ip":"198.51.100.7","http":{"hostname":"evil.example","url":"\/a\/b"}}`, "http://evil.example/a/b", "host and path", "web", "outbound", "outbound", "", "10.0.0.5", at},
		"prose":             {"2026-01-02 03:04:05 job: fetched evil.example again", "evil.example", "text", "other", "present", "", "", "", at},
		"no_time":           {"a line about evil.example", "evil.example", "text", "other", "present", "", "", "", ""},
		"csv":               {"time,src_ip,dst_ip,action\n2026-01-02T03:04:05Z,10.0.0.5,198.51.100.7,allow", "198.51.100.7", "dst_ip", "connection", "outbound", "outbound", "allowed", "10.0.0.5", at},
		"wrong_ext":         {`{"timestamp":"2026-01-02T03:04:05Z","src_ip":"10.0.0.5","dest_ip":"198.51.100.7","event_type":"flow"}`, "198.51.100.7", "dest_ip", "connection", "outbound", "outbound", "", "10.0.0.5", at},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "a.evtx.gz", c.line+"\n") // a name that says something else
			if err := os.Chtimes(path, time.Time{}, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
			found, coverage := hunt(t, telemetry.Options{Indicators: indicators(c.indicator)}, path)
			if len(found) != 1 {
				t.Fatalf("%d hits in %+v", len(found), coverage)
			}
			s := found[0]
			when := ""
			if !s.Time.IsZero() {
				when = s.Time.Format(time.RFC3339)
			}
			want := []string{c.field, c.kind, c.contact, c.direction, c.action, c.asset, c.time}
			got := []string{s.Field, s.Kind, s.Contact, s.Direction.String(), s.Action.String(), s.Asset.String(), when}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(- want, + got)\n%s%+v", diff, s)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			panic(err)
		}
		return d
	}
	path := write(t, "a.log", "2026-01-02 03:04:05 from evil.example\na line about evil.example\n")
	for name, c := range map[string]struct {
		first, last string
		want        string
	}{
		"no_window":  {"0001-01-01", "0001-01-01", "hit hit"},
		"inside":     {"2026-01-01", "2026-01-03", "hit hit"},
		"in_slack":   {"2026-01-03", "2026-01-05", "hit hit"},
		"before":     {"2026-03-01", "0001-01-01", "hit-outside-window hit"},
		"after":      {"0001-01-01", "2025-11-01", "hit-outside-window hit"},
		"open_ended": {"2025-01-01", "0001-01-01", "hit hit"},
	} {
		t.Run(name, func(t *testing.T) {
			wanted := indicators("evil.example")
			wanted[0].First, wanted[0].Last = day(c.first), day(c.last)
			found, _ := hunt(t, telemetry.Options{Indicators: wanted, Slack: 5 * 24 * time.Hour}, path)
			var got []string
			for _, s := range found {
				got = append(got, s.Verdict)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

// TestOrder: whatever the number of workers and files, the same sightings in the
// same order.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	for f := range 9 {
		var text strings.Builder
		for i := range 9000 {
			fmt.Fprintf(&text, "2026-01-02T03:04:%02dZ line %d of a log with words that fill it up to some length", i%60, i)
			if i%700 == f {
				text.WriteString(" evil.example")
			}
			text.WriteString("\n")
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.log", f)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one, first := hunt(t, telemetry.Options{Indicators: indicators("evil.example"), Workers: 1}, dir)
	many, second := hunt(t, telemetry.Options{Indicators: indicators("evil.example"), Workers: 8}, dir)
	if diff := cmp.Diff(one, many); diff != "" || len(one) != 9*13 {
		t.Errorf("%d sightings; (- one worker, + eight)\n%s", len(one), diff)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	if got := first.Totals(); got.Lines != 81_000 || got.Sightings != int64(len(one)) {
		t.Errorf("%+v", got)
	}
	for _, s := range one {
		if !strings.Contains(s.Record, fmt.Sprintf("line %d ", s.Line-1)) {
			t.Fatalf("line %d is %q", s.Line, s.Record)
		}
	}
}

// TestHostile: nothing in a log keeps the rest from being searched.
func TestHostile(t *testing.T) {
	long := strings.Repeat("x", 50<<20) + " evil.example " + strings.Repeat("y", 1<<20)
	for name, text := range map[string]string{
		"long_line":       "a\n" + long + "\nb evil.example\n",
		"nul":             "a\x00evil.example\x00\nevil.example\n",
		"no_utf8":         "\xff\xfe\xfd evil.example \xc3\x28\nevil.example\n",
		"no_line_end":     "evil.example\nevil.example",
		"only_returns":    "evil.example\r\nevil.example\r\n",
		"clock_backwards": "2026-01-02T03:04:05Z evil.example\n2020-01-02T03:04:05Z evil.example\n",
		"truncated_json":  `{"dest_ip":"198.51.100.7","host":"evil.example` + "\n" + `{"host":"evil.example"}`,
		"terminal":        "\x1b]0;evil.example\x07\nevil.example\n",
	} {
		t.Run(name, func(t *testing.T) {
			found, coverage := hunt(t, telemetry.Options{Indicators: indicators("evil.example")}, write(t, "x", text))
			if len(found) != 2 || !coverage.Complete() {
				t.Errorf("%d hits, %v", len(found), coverage.Missing())
			}
			if name == "clock_backwards" {
				if total := coverage.Totals(); total.First.Year() != 2020 || total.Last.Year() != 2026 {
					t.Errorf("%s to %s", total.First, total.Last)
				}
			}
		})
	}
}

// TestNothingIsClaimedOfWhatWasNotRead: a broken file is no clean one.
func TestNothingIsClaimedOfWhatWasNotRead(t *testing.T) {
	found, coverage := hunt(t, telemetry.Options{Indicators: indicators("evil.example")}, write(t, "a.gz", "\x1f\x8bnot gzip at all"))
	if len(found) != 0 || coverage.Complete() || len(coverage.Missing()) != 1 {
		t.Errorf("%+v", coverage)
	}
}

func TestStops(t *testing.T) {
	path := write(t, "a", strings.Repeat("evil.example\n", 100_000))
	h, err := telemetry.New(telemetry.Options{Indicators: indicators("evil.example")})
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	n := 0
	_, err = h.Run(context.Background(), inputs(t, path), func(telemetry.Sighting) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Run(ctx, inputs(t, path), func(telemetry.Sighting) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFindings(t *testing.T) {
	found, _ := hunt(t, telemetry.Options{Indicators: indicators("evil.example", "203.0.113.9")}, write(t, "a", `2026-01-02T03:04:05Z evil.example
{"timestamp":"2026-01-03T03:04:05Z","event_type":"dns","src_ip":"10.0.0.5","dest_ip":"10.0.0.53","dns":{"rrname":"evil.example"}}
{"timestamp":"2026-01-03T03:04:06Z","event_type":"dns","src_ip":"10.0.0.6","dest_ip":"10.0.0.53","dns":{"rrname":"evil.example"}}
{"timestamp":"2026-01-03T03:04:06Z","event_type":"flow","src_ip":"203.0.113.9","dest_ip":"10.0.0.6"}
`))
	f := telemetry.NewFindings([]match.Indicator{indicators("evil.example")[0], indicators("203.0.113.9")[0]})
	for _, s := range found {
		f.Add(s)
	}
	all := f.All()
	if len(all) != 2 || !f.Seen() || all[0].Count != 3 || all[1].Contact() != telemetry.ContactInbound {
		t.Fatalf("%+v", all)
	}
	if diff := cmp.Diff([]telemetry.Tally{{Name: "2026-01-02", Count: 1}, {Name: "2026-01-03", Count: 2}}, all[0].Timeline()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]telemetry.Tally{{Name: "10.0.0.5", Count: 1}, {Name: "10.0.0.6", Count: 1}}, all[0].Assets()); diff != "" {
		t.Error(diff)
	}
}

// "until that day" takes in its last second, with its fractions.
func TestThePeriodEndsWithItsLastSecond(t *testing.T) {
	path := write(t, "a.log", "2026-01-31T23:59:59.900Z evil.example\n2026-02-01T00:00:00Z evil.example\n2026-01-01T00:00:00Z evil.example\n")
	found, _ := hunt(t, telemetry.Options{
		Indicators: indicators("evil.example"), Since: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC),
	}, path)
	if len(found) != 1 || found[0].Line != 1 {
		t.Errorf("found %+v", found)
	}
}

// TestGrowing: a hit in a log that grows is told when its line is there, however
// short the log is so far.
func TestGrowing(t *testing.T) {
	h, err := telemetry.New(telemetry.Options{Indicators: indicators("evil.example"), Eager: true})
	if err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	found := make(chan int64, 1)
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(context.Background(), []logfile.Input{logfile.Named("growing.log", read, time.Time{})}, func(s telemetry.Sighting) error {
			found <- s.Line
			return nil
		})
		ended <- err
	}()
	for line := int64(1); line <= 3; line++ {
		for _, part := range []string{"Nov 27 10:00:01 gw named[1]: client 10.0.0.5#123: query: www.ev", "il.example IN A\n"} {
			if _, err := io.WriteString(write, part); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case got := <-found:
			if got != line {
				t.Fatalf("line %d, want %d", got, line)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("line %d was not told while the log grew", line)
		}
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
