package fetch

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/miekg/dns"

	"clew/internal/source"
)

func FuzzDNSReply(f *testing.F) {
	reply := new(dns.Msg).SetQuestion("shop.example.", dns.TypeTXT)
	for _, text := range []string{"shop.example. 5 IN A 192.0.2.1", `shop.example. 5 IN TXT "\"a\" \\ \200"`, "shop.example. 5 IN SOA a. b. 1 2 3 4 5"} {
		rr, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		reply.Answer = append(reply.Answer, rr)
	}
	wire, err := reply.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Fuzz(func(t *testing.T, wire []byte) {
		reply := new(dns.Msg)
		if reply.Unpack(wire) != nil {
			return
		}
		body, err := json.Marshal(asJSON(reply))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.DecodeDNS(source.Reply{Body: body}); errors.Is(err, source.ErrBadReply) {
			t.Errorf("%x reads as %q: %v", wire, body, err)
		}
	})
}
