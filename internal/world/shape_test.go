package world

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Names per address must have a heavy tail: over ten doublings, the number of
// addresses with at least so many names falls about as fast as the number grows.
func TestNamesPerAddressHaveAHeavyTail(t *testing.T) {
	w := newWorld(t, Options{Seed: 21, Observations: 1_000_000})
	names := map[string]int{}
	total := 0
	for o := range w.Observations {
		if o.Relation == observation.ResolvesTo && !strings.HasPrefix(o.Subject.Text(), "www.") {
			names[o.Object.Text()]++
			total++
		}
	}
	sizes := slices.Sorted(maps.Values(names))
	slices.Reverse(sizes)
	top := 0
	for _, n := range sizes[:len(sizes)/100] {
		top += n
	}
	if share := float64(top) / float64(total); share < 0.4 || share > 0.9 {
		t.Errorf("the busiest 1 %% of %d addresses hold %.0f %% of the names", len(sizes), 100*share)
	}
	if median := sizes[len(sizes)/2]; median > 2 {
		t.Errorf("the median address has %d names", median)
	}
	const doublings = 10
	busy := sort.Search(len(sizes), func(i int) bool { return sizes[i] < 1<<doublings })
	if slope := math.Log2(float64(len(sizes))/float64(busy)) / doublings; slope < 0.7 || slope > 1.3 {
		t.Errorf("%d addresses, %d with %d names or more: slope %.2f, want about 1", len(sizes), busy, 1<<doublings, slope)
	}
}

func TestSharesOfTheBenignWorld(t *testing.T) {
	w := newWorld(t, Options{Seed: 22, Observations: 1_000_000})
	var registered, behindCDN, parked, hidden, old float64
	registrars := map[string]float64{}
	fronted, lots := map[string]bool{}, map[string]bool{}
	edges, lotAddresses := map[string]bool{}, map[string]bool{}
	for c := range cdns {
		for _, a := range w.edges(c, 0) {
			edges[a] = true
		}
		for k := range w.size.edges {
			for _, a := range w.edges(c, k) {
				edges[a] = true
			}
		}
	}
	for p := range parkers {
		for _, a := range parkingHome(p) {
			lotAddresses[a] = true
		}
	}
	for o := range w.Observations {
		name := o.Subject.Text()
		switch o.Relation {
		case observation.RegistrarOf:
			registered++
			registrars[o.Object.Text()]++
		case observation.ResolvesTo:
			if strings.HasPrefix(name, "www.") {
				continue
			}
			fronted[name] = fronted[name] || edges[o.Object.Text()]
			lots[name] = lots[name] || lotAddresses[o.Object.Text()]
		case observation.RegistrantName:
			if o.Object.Text() == "REDACTED FOR PRIVACY" || o.Object.Text() == "Private Registration" || o.Object.Text() == "Domain Administrator" {
				hidden++
			}
		case observation.Created:
			if _, minute, _ := strings.Cut(o.Object.Text(), "|"); minute < "2024" {
				old++
			}
		}
	}
	for _, yes := range fronted {
		if yes {
			behindCDN++
		}
	}
	for _, yes := range lots {
		if yes {
			parked++
		}
	}
	largest := 0.0
	for _, n := range registrars {
		largest = max(largest, n)
	}
	for _, share := range []struct {
		claim            string
		got, least, most float64
	}{
		{"behind a CDN", behindCDN / registered, 0.12, 0.30},
		{"parked", parked / registered, 0.03, 0.15},
		{"hidden by a privacy service", hidden / registered, 0.5, 0.75},
		{"older than the world", old / registered, 0.4, 0.6},
		{"at the largest registrar", largest / registered, 0.15, 0.30},
	} {
		if share.got < share.least || share.got > share.most {
			t.Errorf("%.1f %% of names are %s, want %.0f to %.0f %%", 100*share.got, share.claim, 100*share.least, 100*share.most)
		}
	}
	if len(registrars) != 24 {
		t.Errorf("%d registrars have customers", len(registrars))
	}
}

func TestHeavyGivesEachDoublingTheSameShare(t *testing.T) {
	d := roll(1, ofCast, 1)
	const n, throws = 1000, 200_000
	var octaves [10]int
	for range throws {
		k := d.heavy(n)
		if k < 0 || k >= n {
			t.Fatalf("heavy(%d) = %d", n, k)
		}
		octaves[bits.Len(uint(k+1))-1]++
	}
	for k, got := range octaves {
		whole := throws / 9.97 // nine octaves and 489 of 512 ranks of the last
		if ratio := float64(got) / whole; ratio < 0.9 || ratio > 1.1 {
			t.Errorf("octave %d has %d of %d throws", k, got, throws)
		}
	}
	for _, n := range []int{-1, 0, 1} {
		if got := d.heavy(n); got != 0 {
			t.Errorf("heavy(%d) = %d, want 0", n, got)
		}
	}
}

func TestDiceIsPinned(t *testing.T) {
	d := dice{}
	if got, want := d.next(), uint64(0xe220a8397b1dcdaf); got != want { // SplitMix64 from 0, as published
		t.Errorf("first number from 0 is %#x, want %#x", got, want)
	}
}

// A row's count of facts decides where a world ends, so it must be what the
// observer makes of the row.
func TestFactsAreWhatRowsGive(t *testing.T) {
	n := 0
	o := &observer{yield: func(observation.Observation) bool { n++; return true }}
	servers := []string{"ns1.a.example", "ns2.a.example"}
	hash := strings.Repeat("ab", 32)
	for _, row := range []struct {
		claim string
		write func() error
		facts int
	}{
		{"whois_of_a_private_person", func() error {
			return o.whois(&whoisRow{domain: "a.example", registrar: "R", servers: servers, owner: registrant{name: "REDACTED"}})
		}, (&whoisRow{servers: servers, owner: registrant{name: "x"}}).facts()},
		{"whois_with_everything", func() error {
			return o.whois(&whoisRow{domain: "a.example", registrar: "R", owner: registrant{"N", "O", "e@a.example", "+999000001000"}})
		}, (&whoisRow{owner: registrant{"N", "O", "E", "P"}}).facts()},
		{"certificate", func() error {
			return o.cert(&certRow{sha256: hash, subject: "CN=a", issuer: "CN=b", serial: "1", key: hash, names: servers, hosts: []string{"192.0.2.1"}})
		}, (&certRow{names: servers, hosts: []string{""}}).facts()},
		{"page_without_tracker", func() error {
			return o.web(&webRow{domain: "a.example", title: "T", body: hash})
		}, (&webRow{title: "T", body: "B"}).facts()},
		{"file", func() error {
			return o.file(&fileRow{sha256: hash, name: "a.exe", contacts: servers})
		}, (&fileRow{name: "a.exe", contacts: servers}).facts()},
	} {
		n = 0
		if err := row.write(); err != nil || n != row.facts {
			t.Errorf("%s: %d observations, %d facts, %v", row.claim, n, row.facts, err)
		}
	}
}

func FuzzAppendText(f *testing.F) {
	for _, text := range []string{"", "plain", `quo"te`, "back\\slash", "line\nend", "\x00", "é", "\xff", "\u2028"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back string
		err := json.Unmarshal(appendText(nil, text), &back)
		if err != nil || utf8.ValidString(text) && back != text {
			t.Fatalf("%q became %q: %v", text, back, err)
		}
	})
}

func FuzzAppendField(f *testing.F) {
	for _, text := range []string{"plain", `quo"te`, "com,ma", "two\nlines", "\"", ",,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\r") {
			t.Skip("encoding/csv reads \\r\\n as \\n")
		}
		line := append(appendField([]byte("a,"), text), ",z\n"...)
		back, err := csv.NewReader(strings.NewReader(string(line))).Read()
		if err != nil || len(back) != 3 || back[1] != text {
			t.Fatalf("%q became %q: %v", text, back, err)
		}
	})
}

func TestReverseNames(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1":     "1.2.0.192.in-addr.arpa",
		"2001:db8::a1b": "b.1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got := reverseName(address); got != want {
			t.Errorf("reverseName(%s) = %s, want %s", address, got, want)
		}
	}
}

func TestAddressesOfThePlanAreDistinct(t *testing.T) {
	seen := map[string]string{}
	add := func(claim, address string) {
		if v, err := observable.New(observable.IP, address); err != nil || v.Text() != address {
			t.Fatalf("%s gives %q: %v", claim, address, err)
		}
		if was := seen[address]; was != "" {
			t.Fatalf("%s and %s both give %s", was, claim, address)
		}
		seen[address] = claim
	}
	for c := range cdns {
		for k := range 32 {
			ipv4, ipv6, hasV4 := edge(c, k)
			if hasV4 {
				add("edge", ipv4)
			}
			add("edge", ipv6)
		}
	}
	for p := range parkers {
		add("parking", parkingAddress(p, 0))
		add("parking", parkingAddress(p, 1))
	}
	for s := range sinkholes {
		add("sinkhole", sinkholeAddress(s))
	}
	for f := range freeHosts {
		add("free host", freeHostAddress(f, 0))
		add("free host", freeHostAddress(f, 1))
	}
	for c := range clouds {
		for k := range 70_000 {
			add("balancer", balancer(c, k))
		}
	}
	for k := range 100_000 {
		add("shared", sharedServer(k, k%4000))
		add("own", ownServer(k))
		add("line", ownServer(1<<20+k))
	}
	for b := range 2000 {
		for k := range 200 {
			add("lease", leased(b, k))
		}
	}
}
