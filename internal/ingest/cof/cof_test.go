package cof_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/cof"
	"clew/internal/observable"
	"clew/internal/observation"
)

func read(input string) ([]observation.Observation, ingest.Summary, error) {
	var facts []observation.Observation
	s, err := ingest.Import{Format: cof.Format{}, Source: "test"}.Run(context.Background(), strings.NewReader(input), func(o observation.Observation) error {
		facts = append(facts, o)
		return nil
	})
	return facts, s, err
}

func fact(subject observable.Value, r observation.Relation, kind observable.Kind, object string, first, last int64, count uint64) observation.Observation {
	o := observation.Observation{Subject: subject, Relation: r, Object: observable.Must(kind, object), Count: count, Source: "test"}
	if first > 0 {
		o.First = time.Unix(first, 0).UTC()
	}
	if last > 0 {
		o.Last = time.Unix(last, 0).UTC()
	}
	return o
}

func TestRecords(t *testing.T) {
	evil := observable.Must(observable.Domain, "evil.example")
	tests := map[string]struct {
		line string
		want []observation.Observation
	}{
		"address": {
			`{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":1700000000,"time_last":1700086400,"count":41}`,
			[]observation.Observation{fact(evil, observation.ResolvesTo, observable.IP, "192.0.2.7", 1700000000, 1700086400, 41)},
		},
		"trailing_dots_and_upper_case": {
			`{"rrname":"EVIL.example.","rrtype":"ns","rdata":"NS1.Evil.Example.","time_first":1700000000,"time_last":1700086400}`,
			[]observation.Observation{fact(evil, observation.Nameserver, observable.Domain, "ns1.evil.example", 1700000000, 1700086400, 1)},
		},
		"record_set_gives_the_whole_set": {
			`{"rrname":"evil.example","rrtype":"NS","rdata":["ns2.x.example.","ns1.x.example."],"time_first":1700000000,"time_last":1700086400,"count":3}`,
			[]observation.Observation{
				fact(evil, observation.Nameserver, observable.Domain, "ns2.x.example", 1700000000, 1700086400, 3),
				fact(evil, observation.Nameserver, observable.Domain, "ns1.x.example", 1700000000, 1700086400, 3),
				fact(evil, observation.NSSet, observable.Text, "ns1.x.example|ns2.x.example", 1700000000, 1700086400, 3),
			},
		},
		"zone_times_when_no_sensor_saw_it": {
			`{"rrname":"evil.example","rrtype":"NS","rdata":"ns1.x.example","zone_time_first":1700000000,"zone_time_last":1700086400}`,
			[]observation.Observation{fact(evil, observation.Nameserver, observable.Domain, "ns1.x.example", 1700000000, 1700086400, 1)},
		},
		"times_and_count_as_text": {
			`{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":"2023-11-14T22:13:20Z","time_last":"1700086400","count":"2"}`,
			[]observation.Observation{fact(evil, observation.ResolvesTo, observable.IP, "192.0.2.7", 1700000000, 1700086400, 2)},
		},
		"no_times": {
			`{"rrname":"evil.example","rrtype":"AAAA","rdata":"2001:DB8:0::1","time_first":0,"time_last":null}`,
			[]observation.Observation{fact(evil, observation.ResolvesTo, observable.IP, "2001:db8::1", 0, 0, 1)},
		},
		"mail_exchanger_with_preference": {
			`{"rrname":"evil.example","rrtype":"MX","rdata":"10 mx.x.example."}`,
			[]observation.Observation{fact(evil, observation.MX, observable.Domain, "mx.x.example", 0, 0, 1)},
		},
		"whole_soa": {
			`{"rrname":"evil.example","rrtype":"SOA","rdata":"ns1.x.example. ivan\\.b.x.example. 1 2 3 4 5"}`,
			[]observation.Observation{fact(evil, observation.SOAContact, observable.Email, "ivan.b@x.example", 0, 0, 1)},
		},
		"reverse_name": {
			`{"rrname":"7.2.0.192.in-addr.arpa.","rrtype":"PTR","rdata":"evil.example."}`,
			[]observation.Observation{fact(observable.Must(observable.IP, "192.0.2.7"), observation.PTR, observable.Domain, "evil.example", 0, 0, 1)},
		},
		"type_outside_the_vocabulary": {`{"rrname":"evil.example","rrtype":"DNSKEY","rdata":"257 3 8 AwEA"}`, nil},
		"members_nobody_needs": {
			`{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","origin":"https://pdns.example/","sensor_id":"7","bailiwick":"example."}`,
			[]observation.Observation{fact(evil, observation.ResolvesTo, observable.IP, "192.0.2.7", 0, 0, 1)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, s, err := read(tt.line + "\n")
			if err != nil || s.Rejected > 0 {
				t.Fatalf("%v, %+v", err, s)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b observable.Value) bool { return a == b })); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if tt.want == nil && s.Skipped != 1 {
				t.Errorf("not counted as skipped: %+v", s)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	good := `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7"}` + "\n"
	for claim, line := range map[string]string{
		"no object":             `[1,2]`,
		"no JSON":               `rrname=evil.example`,
		"no name":               `{"rrtype":"A","rdata":"192.0.2.7"}`,
		"no type":               `{"rrname":"evil.example","rdata":"192.0.2.7"}`,
		"no data":               `{"rrname":"evil.example","rrtype":"A"}`,
		"data of another type":  `{"rrname":"evil.example","rrtype":"A","rdata":"ns1.x.example"}`,
		"data is an object":     `{"rrname":"evil.example","rrtype":"A","rdata":{"x":1}}`,
		"time in milliseconds":  `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":1700000000000}`,
		"time is a word":        `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":"yesterday"}`,
		"ends before it starts": `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":1700086400,"time_last":1700000000}`,
		"negative count":        `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","count":-1}`,
		"name points to itself": `{"rrname":"evil.example","rrtype":"CNAME","rdata":"evil.example."}`,
	} {
		_, s, err := read(good + line + "\n" + good)
		if err != nil {
			t.Fatalf("%s: %v", claim, err)
		}
		if s.Kept != 2 || s.Rejected != 1 || len(s.FirstRejected) != 1 || s.FirstRejected[0].Line != 2 {
			t.Errorf("%s: %+v", claim, s)
		}
	}
	_, s, err := read(`{"rrname":"evil.example","rrtype":"A","rdata":["192.0.2.7","x","192.0.2.8"]}` + "\n")
	if err != nil || s.Kept != 2 || s.Rejected != 1 {
		t.Errorf("one bad value of three costs itself only: %+v, %v", s, err)
	}
}

func TestLikely(t *testing.T) {
	for head, want := range map[string]bool{
		`{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1"}` + "\n{": true,
		`{"cond":"begin"}`:       false,
		`{"domain":"a.example"}`: false,
		"rrname,rrtype,rdata":    false,
		"":                       false,
	} {
		if got := (cof.Format{}).Likely([]byte(head)); got != want {
			t.Errorf("Likely(%q) = %v", head, got)
		}
	}
}

func FuzzCOF(f *testing.F) {
	f.Add(`{"rrname":"evil.example","rrtype":"NS","rdata":["ns1.x.example.","ns2.x.example"],"time_first":1700000000,"time_last":"1700086400","count":"3"}`)
	f.Add(`{"rrname":"7.2.0.192.in-addr.arpa.","rrtype":"PTR","rdata":"evil.example."}`)
	f.Add(`{"rrname":"a.b","rrtype":"SOA","rdata":"a. b\\.c.d. 1 2 3 4 5"}`)
	f.Fuzz(func(t *testing.T, input string) {
		facts, _, _ := read(input)
		for _, o := range facts {
			if err := o.Check(); err != nil {
				t.Errorf("%+v: %v", o, err)
			}
		}
	})
}

func BenchmarkCOF(b *testing.B) {
	line := `{"rrname":"login.evil.example.","rrtype":"A","rdata":"192.0.2.7","time_first":1700000000,"time_last":1700086400,"count":41}` + "\n"
	input := strings.Repeat(line, 100_000)
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		s, err := ingest.Import{Format: cof.Format{}}.Run(context.Background(), strings.NewReader(input), func(observation.Observation) error { return nil })
		if err != nil || s.Kept != 100_000 {
			b.Fatal(s, err)
		}
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "lines/s")
}
