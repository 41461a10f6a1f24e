package source_test

import (
	"errors"
	"testing"

	"clew/internal/source"
)

func TestDecodeDNS(t *testing.T) {
	tests := map[string]struct {
		body string
		rows int
		want error // nil for an answer
	}{
		"records":           {`{"Status":0,"Answer":[{"name":"shop.example.","type":1,"TTL":5,"data":"192.0.2.1"}]}`, 1, nil},
		"no_such_name":      {`{"Status":3,"Question":[{"name":"shop.example.","type":1}]}`, 0, nil},
		"no_such_record":    {`{"Status":0}`, 0, nil},
		"resolver_refuses":  {`{"Status":5}`, 0, source.ErrDenied},
		"no_status":         {`{"Answer":[]}`, 0, source.ErrBadReply},
		"web_page":          {`<html>`, 0, source.ErrBadReply},
		"odd_record_is_out": {`{"Status":0,"Answer":[{"name":7},{"name":"shop.example","type":28,"data":"2001:db8::1"}]}`, 1, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := source.DecodeDNS(source.Reply{Body: []byte(test.body)})
			if !errors.Is(err, test.want) || len(got.Answer.Items) != test.rows {
				t.Errorf("%s: %d records, error %v; want %d, %v", test.body, len(got.Answer.Items), err, test.rows, test.want)
			}
		})
	}
	if _, err := source.DecodeDNS(source.Reply{Body: []byte(`{"Status":2}`)}); err == nil {
		t.Error("a resolver that failed (SERVFAIL) gave an answer")
	}
}

func TestDNSRequest(t *testing.T) {
	r := source.DNSRequest("shop.example", "AAAA")
	server, name, rrtype, err := source.ParseDNSRequest(r.URL)
	if err != nil || server != "" || name != "shop.example" || rrtype != "AAAA" {
		t.Errorf("%s reads back as %q %q %q (%v)", r.URL, server, name, rrtype, err)
	}
	for _, address := range []string{"", "https://shop.example/?type=A", "dns:///?type=A", "dns:///shop.example", "dns://%zz"} {
		if _, _, _, err := source.ParseDNSRequest(address); err == nil {
			t.Errorf("%q was taken for a DNS question", address)
		}
	}
}
