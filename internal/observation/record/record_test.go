package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observation"
	"clew/internal/observation/record"
)

func lines(all ...observation.Observation) []string {
	out := []string{}
	for _, o := range all {
		line := o.Subject.Text() + " " + o.Relation.String() + " " + o.Object.Text()
		if o.Known() {
			line += " [" + stamp(o.First) + "," + stamp(o.Last) + "]"
		}
		out = append(out, line)
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func TestDNS(t *testing.T) {
	tests := map[string]struct {
		record record.DNS
		want   string // "" for no fact
	}{
		"a":                    {record.DNS{Name: "Shop.example.", Type: "a", Data: "192.0.2.1"}, "shop.example resolves-to 192.0.2.1"},
		"aaaa":                 {record.DNS{Name: "shop.example", Type: "AAAA", Data: "2001:DB8::1"}, "shop.example resolves-to 2001:db8::1"},
		"no_such_name":         {record.DNS{Name: "shop.example", Type: "A", Data: "NXDOMAIN"}, ""},
		"cname":                {record.DNS{Name: "www.shop.example", Type: "CNAME", Data: "cdn.test."}, "www.shop.example cname cdn.test"},
		"cname_to_itself":      {record.DNS{Name: "shop.example", Type: "CNAME", Data: "shop.example."}, ""},
		"ns":                   {record.DNS{Name: "shop.example", Type: "NS", Data: "NS1.host.test"}, "shop.example nameserver ns1.host.test"},
		"mx_with_preference":   {record.DNS{Name: "shop.example", Type: "MX", Data: "10 mail.shop.example."}, "shop.example mx mail.shop.example"},
		"null_mx":              {record.DNS{Name: "shop.example", Type: "MX", Data: "0 ."}, ""},
		"mx_without_data":      {record.DNS{Name: "shop.example", Type: "MX"}, ""},
		"txt_in_two_strings":   {record.DNS{Name: "shop.example", Type: "TXT", Data: `"v=spf1 include:" "a.test -all"`}, "shop.example txt v=spf1 include:a.test -all"},
		"soa_whole":            {record.DNS{Name: "shop.example", Type: "SOA", Data: `ns1.host.test. first\.last.host.test. 1 2 3 4 5`}, "shop.example soa-contact first.last@host.test"},
		"soa_rname":            {record.DNS{Name: "shop.example", Type: "SOA", Data: "ops.host.test"}, "shop.example soa-contact ops@host.test"},
		"soa_as_address":       {record.DNS{Name: "shop.example", Type: "SOA", Data: "ops@host.test"}, "shop.example soa-contact ops@host.test"},
		"soa_without_a_dot":    {record.DNS{Name: "shop.example", Type: "SOA", Data: "ops"}, ""},
		"ptr":                  {record.DNS{Name: "1.2.0.192.in-addr.arpa.", Type: "PTR", Data: "a.shop.example"}, "192.0.2.1 ptr a.shop.example"},
		"ptr_by_address":       {record.DNS{Name: "192.0.2.1", Type: "PTR", Data: "a.shop.example"}, "192.0.2.1 ptr a.shop.example"},
		"ptr_of_ipv6":          {record.DNS{Name: "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", Type: "PTR", Data: "a.shop.example"}, "2001:db8::1 ptr a.shop.example"},
		"ptr_of_half_an_ipv6":  {record.DNS{Name: "8.b.d.0.1.0.0.2.ip6.arpa", Type: "PTR", Data: "a.shop.example"}, ""},
		"type_we_do_not_speak": {record.DNS{Name: "shop.example", Type: "CAA", Data: "0 issue ca.test"}, ""},
		"name_that_is_none":    {record.DNS{Name: "not a name", Type: "A", Data: "192.0.2.1"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if o, ok := test.record.Observation(); ok {
				got = lines(o)[0]
			}
			if got != test.want {
				t.Errorf("%+v\ngot  %q\nwant %q", test.record, got, test.want)
			}
		})
	}
}

func TestParseTime(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	noon := time.Date(2026, 3, 1, 12, 30, 5, 0, time.UTC)
	tests := map[string]struct {
		want time.Time
		day  bool
	}{
		"2026-03-01T12:30:05Z":          {noon, false},
		"2026-03-01T12:30:05":           {noon, false},
		"2026-03-01T12:30:05.123456":    {noon, false},
		"2026-03-01 12:30:05":           {noon, false},
		"2026-03-01 12:30:05 UTC":       {noon, false},
		"2026-03-01T04:30:05.000-0800":  {noon, false},
		"2026-03-01T13:30:05+01:00":     {noon, false},
		"2026-03-01T12:30Z":             {noon.Truncate(time.Minute), false},
		"2026-03-01-T12:30:05Z":         {noon, false}, // seen in a recorded WHOIS reply
		"2026.03.01 12:30:05":           {noon, false},
		"Mar 01 12:30:05 2026 GMT":      {noon, false},
		"20260301123005Z":               {noon, false},
		" 2026-03-01 ":                  {day, true},
		"2026/03/01":                    {day, true},
		"2026. 03. 01.":                 {day, true},
		"01-Mar-2026":                   {day, true},
		"20260301":                      {day, true},
		"0001-01-01T00:00:00Z":          {},
		"9999-12-31":                    {},
		"":                              {},
		"soon":                          {},
		"2026-13-01":                    {},
		"1772368205":                    {},
		"2026-03-01T12:30:05Z; DROP":    {},
		"2026-03-01T12:30:05.1234567+z": {},
	}
	for text, test := range tests {
		got, day, ok := record.ParseTime(text)
		if ok != !test.want.IsZero() || ok && (!got.Equal(test.want) || day != test.day) {
			t.Errorf("ParseTime(%q) = %v, day %t, ok %t; want %v, day %t", text, got, day, ok, test.want, test.day)
		}
	}
}

func TestUnix(t *testing.T) {
	for seconds, want := range map[int64]time.Time{
		0: {}, -1: {}, 1: {}, 1 << 62: {},
		1772368205: time.Date(2026, 3, 1, 12, 30, 5, 0, time.UTC),
	} {
		if got := record.Unix(seconds); !got.Equal(want) {
			t.Errorf("Unix(%d) = %v, want %v", seconds, got, want)
		}
	}
	if got, want := record.UnixMilli(1772368205999), record.Unix(1772368205); !got.Equal(want) {
		t.Errorf("UnixMilli = %v, want %v", got, want)
	}
}

func TestBetween(t *testing.T) {
	seen := time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		first, last string
		seen        time.Time
		want        string
	}{
		"days_count_whole":      {"2026-03-01", "2026-03-02", seen, "2026-03-01T00:00:00Z 2026-03-02T23:59:59Z"},
		"cut_at_the_answer":     {"2026-03-01", "2026-03-05", seen, "2026-03-01T00:00:00Z 2026-03-05T10:00:00Z"},
		"answer_date_not_known": {"2026-03-01", "2026-03-05", time.Time{}, "2026-03-01T00:00:00Z 2026-03-05T23:59:59Z"},
		"moments_stay":          {"2026-03-01T01:02:03", "2026-03-02T04:05:06", seen, "2026-03-01T01:02:03Z 2026-03-02T04:05:06Z"},
		"end_not_known":         {"2026-03-01", "", seen, "2026-03-01T00:00:00Z "},
		"backwards":             {"2026-03-02", "2026-03-01", seen, " "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := record.Between(test.first, test.last, test.seen)
			if got := stamp(w.First) + " " + stamp(w.Last); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRegistration(t *testing.T) {
	r := record.Registration{
		Domain: "SHOP.example", Registrar: "Example  Registrar", Created: time.Date(2026, 3, 1, 12, 30, 59, 0, time.UTC),
		Names: []string{"Jane Doe", "N/A"}, Orgs: []string{""}, Emails: []string{"Ops@Shop.example", "see web page"},
		Phones: []string{"+1.5550100000"}, Nameservers: []string{"NS2.host.test", "ns1.host.test.", "ns1.host.test"},
		Window: observation.Window{Last: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)},
	}
	const w = " [,2026-03-05T00:00:00Z]"
	want := []string{
		"shop.example registrant-name Jane Doe" + w,
		"shop.example registrant-email ops@shop.example" + w,
		"shop.example registrant-phone +15550100000" + w,
		"shop.example registrar Example Registrar" + w,
		"shop.example created Example Registrar|2026-03-01T12:30Z" + w,
		"shop.example nameserver ns2.host.test" + w,
		"shop.example nameserver ns1.host.test" + w,
		"shop.example nameserver ns1.host.test" + w,
		"shop.example ns-set ns1.host.test|ns2.host.test" + w,
	}
	if diff := cmp.Diff(want, lines(r.Observations()...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (record.Registration{Domain: "ops@shop.example", Registrar: "x"}).Observations(); got != nil {
		t.Errorf("a record of no domain gave %v", lines(got...))
	}
	if o, ok := record.NameserverSet("shop.example", []string{"ns1.host.test", "NS1.host.test"}, observation.Window{}); ok {
		t.Errorf("one name server made the set %v", lines(o))
	}
}

func TestCertificate(t *testing.T) {
	c := record.Certificate{
		SHA256:  "AA:" + sha256hex[2:],
		Subject: "CN=shop.example, O=Shop", Issuer: "C=US, O=Example, Inc., CN=Example CA", Serial: "0A:0B",
		Names:     []string{"*.shop.example", "shop.example", "192.0.2.1", "ops@shop.example", "localhost"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		Seen: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}
	const w = " [2026-01-01T00:00:00Z,2026-03-01T00:00:00Z]"
	id := "aa" + sha256hex[2:]
	want := []string{
		id + " names shop.example" + w,
		id + " names shop.example" + w,
		id + " names 192.0.2.1" + w,
		id + " subject-dn O=Shop, CN=shop.example" + w,
		id + " issued-by C=US, O=Example, Inc., CN=Example CA" + w,
		id + " serial a0b" + w,
	}
	if diff := cmp.Diff(want, lines(c.Observations()...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const sha256hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestCertificatesWithoutFingerprint(t *testing.T) {
	value := func(c record.Certificate) string {
		v, ok := c.Value()
		if !ok {
			return ""
		}
		return v.Text()
	}
	a := value(record.Certificate{Issuer: "C=US, O=Example, CN=Example CA", Serial: "0a0b"})
	if b := value(record.Certificate{Issuer: `CN=Example CA,O="Example",C=US`, Serial: "0A:0B"}); a == "" || a != b {
		t.Errorf("one certificate, spelled twice, is %q and %q", a, b)
	}
	if b := value(record.Certificate{Issuer: "C=US, O=Example, CN=Example CA", Serial: "0a0c"}); a == b {
		t.Errorf("two serial numbers make one certificate %q", a)
	}
	if b := value(record.Certificate{Issuer: "C=US, O=Example, CN=Example CA"}); b != "" {
		t.Errorf("an issuer alone made the certificate %q", b)
	}
	if b := value(record.Certificate{Issuer: "CN=Example CA", Own: "crt.sh:1"}); b == "" || b == value(record.Certificate{Own: "crt.sh:2"}) {
		t.Errorf("a certificate known by the provider's own number is %q", b)
	}
	if b := value(record.Certificate{SHA1: sha256hex[:40], Serial: "0a", Issuer: "CN=x"}); b != sha256hex[:40] {
		t.Errorf("got %q, want the SHA-1 fingerprint", b)
	}
}

func TestDecimalSerial(t *testing.T) {
	for decimal, want := range map[string]string{
		"82940326346474168202516519612504129226": "3e65b9cebc7085b750a435e92ebcbeca",
		"255":                                    "ff", "0": "", "-1": "", "ff": "", "": "",
		"111111111111111111111111111111111111111111111111111": "",
	} {
		if got := record.DecimalSerial(decimal); got != want {
			t.Errorf("DecimalSerial(%q) = %q, want %q", decimal, got, want)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add("shop.example", "SOA", `ns1.host.test. a\.b.host.test. 1`, "2026-03-01", "CN=a, O=b")
	f.Add("1.2.0.192.in-addr.arpa", "PTR", `"a" "b"`, "20260301123005Z", `O="x, y", =`)
	f.Fuzz(func(t *testing.T, name, rrtype, data, when, dn string) {
		w := record.Between(when, data, record.Moment(when))
		var all []observation.Observation
		if o, ok := (record.DNS{Name: name, Type: rrtype, Data: data, Window: w}).Observation(); ok {
			all = append(all, o)
		}
		all = append(all, record.Registration{
			Domain: name, Registrar: data, Created: record.Moment(when), Names: []string{data}, Nameservers: []string{data, name}, Window: w,
		}.Observations()...)
		all = append(all, record.Certificate{Issuer: dn, Subject: dn, Serial: data, Names: []string{name, data}, NotBefore: w.First, NotAfter: w.Last}.Observations()...)
		for _, o := range all {
			if err := o.Check(); err != nil {
				t.Errorf("%v: %v", lines(o), err)
			}
		}
		if again := record.DN(record.DN(dn)); again != record.DN(dn) {
			t.Errorf("DN(%q) = %q, and again %q", dn, record.DN(dn), again)
		}
	})
}
