package fetch

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/source"
)

var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func headers(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

func TestAnnounced(t *testing.T) {
	in := func(d time.Duration) time.Time { return monday.Add(d) }
	midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		headers []string
		want    []announcement
	}{
		"nothing": {nil, nil},
		"urlscan": {
			[]string{"X-Rate-Limit-Window: minute", "X-Rate-Limit-Limit: 120", "X-Rate-Limit-Remaining: 119", "X-Rate-Limit-Reset: 2026-03-02T12:00:43.000Z", "X-Rate-Limit-Reset-After: 43"},
			[]announcement{{source.Minute, 120, 119, in(43 * time.Second)}},
		},
		"urlscan_by_day_without_reset_after": {
			[]string{"X-Rate-Limit-Window: day", "X-Rate-Limit-Limit: 500", "X-Rate-Limit-Remaining: 0", "X-Rate-Limit-Reset: 2026-03-03T00:00:00.000Z"},
			[]announcement{{source.Day, 500, 0, midnight}},
		},
		"dnsdb_block_quota": {
			[]string{"X-RateLimit-Limit: 500", "X-RateLimit-Remaining: 475", "X-RateLimit-Reset: n/a", "X-RateLimit-Expires: 1772539200"},
			[]announcement{{"", 500, 475, time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)}},
		},
		"dnsdb_daily_quota": {
			[]string{"X-RateLimit-Limit: 1000", "X-RateLimit-Remaining: 999", "X-RateLimit-Reset: 1772496000"},
			[]announcement{{"", 1000, 999, midnight}},
		},
		"dnsdb_unlimited": {[]string{"X-RateLimit-Limit: unlimited", "X-RateLimit-Remaining: n/a"}, nil},
		"securitytrails": {
			[]string{"X-Ratelimit-Limit-Second: 5", "X-Ratelimit-Remaining-Second: 4"},
			[]announcement{{source.Second, 5, 4, in(time.Second)}},
		},
		"hybrid_analysis": {
			[]string{`Api-Limits: {"limits":{"minute":200,"hour":2000},"used":{"minute":6,"hour":2000},"limit_reached":false}`},
			[]announcement{{source.Hour, 2000, 0, in(time.Hour)}, {source.Minute, 200, 194, in(time.Minute)}},
		},
		"abuseipdb": {
			[]string{"X-RateLimit-Limit: 1000", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1772496000"},
			[]announcement{{"", 1000, 0, midnight}},
		},
		"seconds_from_now": {
			[]string{"RateLimit-Limit: 100, 100;w=60", "RateLimit-Remaining: 50", "RateLimit-Reset: 30"},
			[]announcement{{source.Minute, 100, 50, in(30 * time.Second)}},
		},
		"policy_by_name": {
			[]string{`RateLimit-Policy: "burst";q=10;w=1, "daily";q=900;w=86400`, `RateLimit: "daily";r=899;t=3600, "burst";r=9;t=1`},
			[]announcement{{source.Second, 10, 9, in(time.Second)}, {source.Day, 900, 899, in(time.Hour)}},
		},
		"all_in_one": {
			[]string{"RateLimit: limit=10, remaining=3, reset=7", "RateLimit-Policy: 10;w=10"},
			[]announcement{{"10s", 10, -1, time.Time{}}, {"10s", 10, 3, in(7 * time.Second)}},
		},
		"our_clock_is_an_hour_behind": {
			[]string{"Date: Mon, 02 Mar 2026 13:00:00 GMT", "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 1", "X-RateLimit-Reset: 1772456430"},
			[]announcement{{"", 60, 1, in(30 * time.Second)}},
		},
		"long_gone":        {[]string{"X-RateLimit-Limit: 500", "X-RateLimit-Remaining: 0", "X-RateLimit-Expires: 1587230628"}, nil},
		"beyond_all_sense": {[]string{"X-RateLimit-Limit: 5", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 99999999999999"}, nil},
		"negative":         {[]string{"X-RateLimit-Limit: -5", "X-RateLimit-Remaining: -1", "X-RateLimit-Reset: -1"}, nil},
		"no_end_known":     {[]string{"X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 3"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := announced(headers(test.headers...), monday)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(announcement{})); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.headers, diff)
			}
		})
	}
}

// FuzzAnnounced: whatever a provider says, limits are sane numbers and times,
// and an account that believes them still comes to a decision.
func FuzzAnnounced(f *testing.F) {
	f.Add("500", "3", "1772496000", "day", `{"limits":{"minute":1},"used":{"minute":9}}`, `"a";q=1;w=1`)
	f.Add("1, 1;w=1e9", "NaN", "2026-03-03T00:00:00Z", "minute", `{"limits":{"hour":-1}}`, `;;q=;w=`)
	f.Fuzz(func(t *testing.T, limit, left, reset, window, api, policy string) {
		h := http.Header{"Api-Limits": {api}, "Ratelimit-Policy": {policy}, "Ratelimit": {policy}}
		for _, prefix := range []string{"X-Rate-Limit-", "X-Ratelimit-", "Ratelimit-"} {
			h[prefix+"Limit"], h[prefix+"Remaining"], h[prefix+"Reset"], h[prefix+"Window"] = []string{limit}, []string{left}, []string{reset}, []string{window}
			h[prefix+"Limit-Second"], h[prefix+"Remaining-Second"] = []string{limit}, []string{left}
		}
		r := rules{quotas: []source.Quota{{Requests: 3, Per: source.Day}}, patience: time.Minute, atOnce: 8}
		var a Account
		for _, said := range announced(h, monday) {
			if said.limit < 0 || said.left < -1 || said.resets.Sub(monday) > longestReset {
				t.Errorf("%v", said)
			}
			a.learn(monday, r, said)
		}
		id, turn, err := a.reserve(monday, r)
		if id == 0 && err == nil && !turn.After(monday) {
			t.Error("neither a turn, nor a time, nor a reason")
		}
	})
}
