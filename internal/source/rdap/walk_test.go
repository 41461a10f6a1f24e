package rdap_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"clew/internal/fetch"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/rdap"
	"clew/internal/source/sourcetest"
)

// serve answers by path, over TLS; what it does not know is not found.
func serve(t *testing.T, roots *x509.CertPool, handlers map[string]http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handle, ok := handlers[r.URL.Path]; ok && r.Header.Get("Accept") == "application/rdap+json" {
			handle(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	roots.AddCert(server.Certificate())
	return server.Listener.Addr().String()
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rdap+json")
		_, _ = fmt.Fprint(w, body)
	}
}

// TestWalkFromTheBootstrapFile goes from IANA's file to the registry, from there
// by redirect to another and by link to the registrar, each a server of its own,
// and believes none of what was redacted.
func TestWalkFromTheBootstrapFile(t *testing.T) {
	redacted, err := os.ReadFile("testdata/redacted_contact/domain.json")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	thin := `{"objectClassName":"domain","ldhName":"SHOP.EXAMPLE","nameservers":[{"ldhName":"NS1.HOST.TEST"}],
		"links":[{"rel":"related","type":"application/rdap+json","href":"https://rdap.registrar.test/domain/shop.example"}]}`
	ask := &sourcetest.Hosts{Addresses: map[string]string{
		"data.iana.org": serve(t, roots, map[string]http.HandlerFunc{
			"/rdap/dns.json": says(`{"version":"1.0","services":[[["test"],["https://rdap.nic.test/"]],
				[["example"],["http://rdap.nic.example/","https://rdap.nic.example/"]]]}`),
			"/rdap/ipv4.json": says(`{"version":"1.0","services":[[["192.0.0.0/8"],["https://rdap.wide.example/"]],
				[["192.0.2.0/24"],["https://rdap.nic.example/"]]]}`),
		}),
		"rdap.nic.example": serve(t, roots, map[string]http.HandlerFunc{
			"/domain/shop.example": func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://rdap.moved.example/domain/shop.example", http.StatusFound)
			},
			"/ip/192.0.2.1": says(`{"objectClassName":"ip network","startAddress":"192.0.2.0","endAddress":"192.0.2.255"}`),
		}),
		"rdap.moved.example":  serve(t, roots, map[string]http.HandlerFunc{"/domain/shop.example": says(thin)}),
		"rdap.registrar.test": serve(t, roots, map[string]http.HandlerFunc{"/domain/shop.example": says(string(redacted))}),
	}}
	ask.Client = fetch.New(fetch.Options{RootCAs: roots, AllowLoopback: true, Proxy: func(*url.URL) *url.URL { return nil }})
	runner := source.NewRunner(source.RunnerOptions{Asker: ask, Replay: true})

	out := runner.Ask(t.Context(), rdap.Source{}, source.Question{Value: observable.Must(observable.Domain, "www.shop.example")})
	var facts []string
	for _, o := range out.Answer.Observations {
		facts = append(facts, o.Relation.String()+" "+o.Object.Text())
	}
	for _, want := range []string{"nameserver ns1.host.test", "registrar Example Registrar", "registrant-org Shop Example Inc."} {
		if !slices.Contains(facts, want) {
			t.Errorf("no %q in %q", want, facts)
		}
	}
	for _, o := range out.Answer.Observations {
		if o.Relation == observation.RegistrantName || o.Relation == observation.RegistrantEmail {
			t.Errorf("redacted, and believed: %s %s", o.Relation, o.Object.Text())
		}
	}
	if out.State != source.Answered || !strings.Contains(out.Reason, "redacted the registrant's email, name") {
		t.Errorf("%s: %s", out.State, out.Reason)
	}

	out = runner.Ask(t.Context(), rdap.Source{}, source.Question{Value: observable.Must(observable.IP, "192.0.2.1")})
	if len(out.Answer.Observations) != 1 || out.Answer.Observations[0].Object.Text() != "192.0.2.0/24" {
		t.Errorf("about an address: %s: %s, %+v", out.State, out.Reason, out.Answer.Observations)
	}

	want := []string{
		"data.iana.org rdap/dns.json", "rdap.nic.example domain/shop.example", "rdap.moved.example domain/shop.example",
		"rdap.registrar.test domain/shop.example", "data.iana.org rdap/ipv4.json", "rdap.nic.example ip/192.0.2.1",
	}
	if !slices.Equal(ask.Asked, want) {
		t.Errorf("asked %q\nwant  %q", ask.Asked, want)
	}
}
