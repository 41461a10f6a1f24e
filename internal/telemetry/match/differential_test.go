package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"clew/internal/observable"

	"github.com/google/go-cmp/cmp"
)

// compare fails when Scan and the reference differ in one hit.
func compare(t *testing.T, indicators []Indicator, text []byte) int {
	t.Helper()
	fast, fastReport, err := New(indicators)
	slow, slowReport, slowErr := newReference(indicators)
	if (err == nil) != (slowErr == nil) {
		t.Fatalf("New: %v, reference: %v", err, slowErr)
	}
	if diff := cmp.Diff(slowReport, fastReport); diff != "" {
		t.Fatalf("reports (-reference +set):\n%s", diff)
	}
	if err != nil {
		return 0
	}
	return compareSets(t, fast, slow, indicators, text)
}

func compareSets(t *testing.T, fast *Set, slow *reference, indicators []Indicator, text []byte) int {
	t.Helper()
	var got, want []string
	collect := func(to *[]string) func(Hit) {
		return func(h Hit) {
			around := text[max(0, h.Start-20):min(len(text), h.End+20)]
			*to = append(*to, fmt.Sprintf("%d-%d %v %s in %q", h.Start, h.End, h.Exact, indicators[h.Indicator].Value, around))
		}
	}
	fast.Scan(text, collect(&got))
	checkHarvest(t, fast, indicators, text)
	slow.Scan(text, collect(&want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-reference +set):\n%.4000s", diff)
	}
	return len(got)
}

// pieces are what random text is made of: parts of the indicators themselves,
// and what stands around values in logs.
func pieces(indicators []Indicator) []string {
	all := strings.Split(`.|-|_|:|::|/|//|://|http://|HTTPS://|\/\/|\n|\t|\x09|\u0009|%2F|%3a|%40|@| | |,|"|'|(|)|[|]|{|}|=|?|#|www|a|b.|0|00|1|.1|443|80|:443|:80|é|“|中|`+"\xff|\x00|\n|\t|^|;|!|*|+|"+
		`src:|x|g|deadbeef|2001|ffff|::ffff:|evil|example|.example|.test|1600000000.123456|0.25|10.0.0.1`, "|")
	for _, i := range indicators {
		text := i.Value.Text()
		all = append(all, text, text, strings.ToUpper(text), text[len(text)/2:], text[:len(text)/2])
		if len(text) == 40 {
			var octets []string
			for at := 0; at < len(text); at += 2 {
				octets = append(octets, text[at:at+2])
			}
			all = append(all, strings.Join(octets, ":"))
		}
	}
	return all
}

func randomText(rng *rand.Rand, pieces []string, size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.Bytes()
}

// assorted holds one indicator of every sort and some that lie inside others.
func assorted() []Indicator {
	var all []Indicator
	for _, v := range []observable.Value{
		observable.Must(observable.Domain, "evil.example"), observable.Must(observable.Domain, "www.evil.example"),
		observable.Must(observable.Domain, "evil.example"), observable.Must(observable.Domain, "a.much-longer-name.evil2.test"),
		observable.Must(observable.Domain, "n.test"), observable.Must(observable.Domain, "_x.evil.example"),
		observable.Must(observable.IP, "10.0.0.1"), observable.Must(observable.IP, "203.0.113.7"), observable.Must(observable.IP, "2001:db8::1"),
		observable.Must(observable.Prefix, "10.0.0.0/30"), observable.Must(observable.Prefix, "203.0.113.0/24"), observable.Must(observable.Prefix, "2001:db8::/32"),
		observable.Must(observable.URL, "http://evil.example/a?b=c,d"), observable.Must(observable.URL, "https://www.evil.example/"),
		observable.Must(observable.URL, "http://203.0.113.7:8080/x(1).exe"), observable.Must(observable.URL, "http://[2001:db8::1]/"),
		observable.Must(observable.URL, "ftp://u:p@evil.example/"), observable.Must(observable.Email, "a.b+c@evil.example"),
		observable.Must(observable.File, "0123456789abcdef0123456789abcdef"), observable.Must(observable.Cert, "00112233445566778899aabbccddeeff00112233"),
		observable.Must(observable.Serial, "deadbeefdeadbeef01"), observable.Must(observable.JARM, strings.Repeat("0f", 31)),
		observable.Must(observable.Title, "refused"),
	} {
		all = append(all, Indicator{Value: v})
	}
	return all
}

func TestScanEqualsTheReferenceOnRandomText(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	all := assorted()
	parts := pieces(all)
	hits := 0
	for range 400 {
		indicators := all
		if rng.IntN(2) == 0 {
			indicators = all[rng.IntN(len(all)):]
		}
		hits += compare(t, indicators, randomText(rng, parts, 1+rng.IntN(4000)))
	}
	hits += compare(t, all, randomText(rng, parts, 300<<10))
	if hits < 1000 {
		t.Errorf("only %d hits: the test looks at nothing", hits)
	}
}

// Lines without a break, and words without an end, are longer than a chunk.
func TestScanReadsEndlessLines(t *testing.T) {
	all := assorted()
	for name, filler := range map[string]string{"blanks": "x ", "one_word": "x", "dots": ".", "labels": "a.", "digits": "1", "hex": "ab", "colons": ":", "octets": "ab:"} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(filler, (chunkSize*2+100)/len(filler))
			for _, gap := range []int{0, chunkSize - 8, chunkSize - 1, chunkSize, chunkSize + 1} {
				gap -= gap % len(filler)
				compare(t, all, []byte(text[:gap]+" evil.example 2001:db8::1 "+text[gap:]+".evil.example"))
				compare(t, all, []byte(text[:gap]+"evil.example:"+text[gap:]+"0123456789abcdef0123456789abcdef"))
				compare(t, all, []byte(text[:gap]+"%3d0123456789abcdef0123456789abcdef "+text[gap:]+`\nevil.example`))
			}
		})
	}
}

// A larger set on text with values near to its own.
func TestScanEqualsTheReferenceOnManyIndicators(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var indicators []Indicator
	var text bytes.Buffer
	for i := range 3000 {
		var v observable.Value
		addr := netip.AddrFrom4([4]byte{198, 18, byte(rng.Uint32()), byte(rng.Uint32())})
		label := fmt.Sprintf("%x", rng.Uint32()%5000)
		switch i % 4 {
		case 0:
			v = observable.Must(observable.Domain, label+".example")
		case 1:
			v = observable.Must(observable.IP, addr.String())
		case 2:
			v = observable.Must(observable.URL, "http://"+label+".example/"+label)
		case 3:
			v = observable.Must(observable.File, fmt.Sprintf("%032x", rng.Uint64()))
			text.WriteString(v.Text() + "\t")
		}
		indicators = append(indicators, Indicator{Value: v})
		fmt.Fprintf(&text, "%d.%06d\t%s\t198.18.%d.%d\twww.%x.example\thttp://%x.example/%x\n", rng.Uint32(), i, addr, rng.IntN(256), rng.IntN(256), rng.IntN(5000), rng.IntN(5000), rng.IntN(5000))
	}
	if hits := compare(t, indicators, text.Bytes()); hits < 1000 {
		t.Errorf("only %d hits", hits)
	}
}

func FuzzScanEqualsTheReference(f *testing.F) {
	f.Add([]byte("x evil.example http://evil.example/a?b=c,d 10.0.0.1"), "a.example")
	f.Add([]byte(`\nevil.example%2F203.0.113.7 a.b+c%40evil.example 2001:db8::1:`), "203.0.113.0/28")
	f.Add([]byte("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"), "deadbeef")
	f.Fuzz(func(t *testing.T, text []byte, indicator string) {
		indicators := assorted()
		if v, err := observable.Parse(indicator); err == nil {
			indicators = append(indicators, Indicator{Value: v})
		}
		compare(t, indicators, text)
	})
}

// checkHarvest fails when a hit would not be found through an index.
func checkHarvest(t *testing.T, set *Set, indicators []Indicator, text []byte) {
	t.Helper()
	indexed := map[Fingerprint]bool{}
	var h Harvester
	h.Harvest(text, func(f Fingerprint) { indexed[f] = true })
	set.Scan(text, func(hit Hit) {
		v := indicators[hit.Indicator].Value
		prints, ok := Fingerprints(v)
		if !ok {
			return
		}
		for _, f := range prints {
			if indexed[f] {
				return
			}
		}
		t.Fatalf("%s is in %q and has no fingerprint there", v, text[max(0, hit.Start-20):min(len(text), hit.End+20)])
	})
}
