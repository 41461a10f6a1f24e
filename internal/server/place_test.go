package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func placeOf(t *testing.T, address string, proxies ...string) Place {
	t.Helper()
	p, err := ParsePlace(address, proxies)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, address := range []string{
		"clew.example", "ftp://clew.example", "https://", "https://clew.example/clew", "https://clew.example/?a=b", "https://u:p@clew.example",
		"http://clew.example", "https://clew.example#x",
	} {
		if p, err := ParsePlace(address, nil); err == nil {
			t.Errorf("%q was taken: %+v", address, p)
		}
	}
	for _, proxy := range []string{"", "0.0.0.0/0", "::/0", "proxy.example", "192.0.2.1/33"} {
		if p, err := ParsePlace("", []string{proxy}); err == nil {
			t.Errorf("%q was taken: %+v", proxy, p)
		}
	}
}

func TestWhoAsks(t *testing.T) {
	for name, c := range map[string]struct {
		peer string
		said []string
		want string
	}{
		"by_the_proxy":              {"192.0.2.10:5000", []string{"203.0.113.7"}, "203.0.113.7"},
		"through_two_of_ours":       {"192.0.2.10:5000", []string{"203.0.113.7, 192.0.2.11"}, "203.0.113.7"},
		"in_two_headers":            {"192.0.2.10:5000", []string{"203.0.113.7", "192.0.2.11"}, "203.0.113.7"},
		"what_the_client_claims":    {"192.0.2.10:5000", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		"a_stranger_claims":         {"198.51.100.9:5000", []string{"203.0.113.7"}, "198.51.100.9"},
		"nonsense":                  {"192.0.2.10:5000", []string{"<script>"}, "192.0.2.10"},
		"nonsense_before":           {"192.0.2.10:5000", []string{"x, 203.0.113.7"}, "203.0.113.7"},
		"nothing":                   {"192.0.2.10:5000", nil, "192.0.2.10"},
		"mapped":                    {"[::ffff:192.0.2.10]:5000", []string{"2001:db8::1"}, "2001:db8::1"},
		"only_ours":                 {"192.0.2.10:5000", []string{"192.0.2.12"}, "192.0.2.12"},
		"a_port_is_no_address":      {"192.0.2.10:5000", []string{"203.0.113.7:99"}, "192.0.2.10"},
		"other_headers_say_nothing": {"192.0.2.10:5000", nil, "192.0.2.10"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.said
		r.Header.Set("X-Real-Ip", "198.51.100.66")
		r.Header.Set("Forwarded", "for=198.51.100.66")
		asked, refusal := placeOf(t, "", "192.0.2.8/29").seen(r)
		host, _, _ := net.SplitHostPort(asked.RemoteAddr)
		if refusal != "" || netip.MustParseAddr(host).Unmap().String() != c.want {
			t.Errorf("%s: %s (%s), want %s", name, asked.RemoteAddr, refusal, c.want)
		}
		for _, header := range forwarding {
			if asked.Header.Get(header) != "" {
				t.Errorf("%s: %s is handed on", name, header)
			}
		}
	}
}

// A server that is open to the network and does not encrypt answers its proxy and
// this machine; over the proxy, only what came by https.
func TestOnlyTheProxyAsks(t *testing.T) {
	p := placeOf(t, "https://clew.example", "192.0.2.10")
	p.guarded = true
	for name, c := range map[string]struct {
		peer, proto string
		refused     bool
	}{
		"proxy": {"192.0.2.10:1", "https", false}, "this_machine": {"127.0.0.1:1", "", false}, "stranger": {"198.51.100.1:1", "https", true},
		"nobody": {"", "https", true}, "in_the_clear": {"192.0.2.10:1", "http", true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		if _, refusal := p.seen(r); (refusal != "") != c.refused {
			t.Errorf("%s: %q", name, refusal)
		}
	}
}

// The address that people type is answered to, as itself and nothing else.
func TestGuardKnowsTheAddressPeopleType(t *testing.T) {
	passed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	g := newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, placeOf(t, "https://Clew.example"), testToken, passed)
	for name, c := range map[string]struct {
		host, origin string
		want         int
	}{
		"name":              {"clew.example", "", 418},
		"name_in_capitals":  {"CLEW.EXAMPLE", "", 418},
		"with_port":         {"clew.example:443", "", 418},
		"other_port":        {"clew.example:8777", "", 421},
		"other_name":        {"evil.example", "", 421},
		"name_within":       {"clew.example.evil.example", "", 421},
		"own_page":          {"clew.example", "https://clew.example", 418},
		"page_in_the_clear": {"clew.example", "http://clew.example", 403},
		"other_page":        {"clew.example", "https://evil.example", 403},
		"this_machine":      {"127.0.0.1:8777", "http://127.0.0.1:8777", 418},
	} {
		r := httptest.NewRequest(http.MethodPost, "/x", nil)
		r.Host = c.host
		r.Header.Set("Authorization", "Bearer "+testToken)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.want)
		}
		if strict := w.Header().Get("Strict-Transport-Security") != ""; strict != strings.HasPrefix(strings.ToLower(c.host), "clew.example") && c.want != 421 {
			t.Errorf("%s: strict transport %v", name, strict)
		}
	}
}

// Over TLS the token's cookie is of this host alone and never sent in the clear.
func TestCookieOverTLS(t *testing.T) {
	g := newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, Place{}, testToken, http.NotFoundHandler())
	r := httptest.NewRequest(http.MethodGet, "/?token="+testToken, nil)
	r.Host, r.TLS = "127.0.0.1:8777", &tls.ConnectionState{}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	set := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(set, "__Host-clew-8777=") || !strings.Contains(set, "; Secure") || !strings.Contains(set, "Path=/;") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %q", set)
	}
}

// FuzzForwarded: whatever a header says, the address is one, and a stranger's is
// its own.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.7, 192.0.2.11", true)
	f.Add(",,\x00", false)
	f.Fuzz(func(t *testing.T, said string, proxy bool) {
		p := placeOf(t, "", "192.0.2.8/29")
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "198.51.100.9:77"
		if proxy {
			r.RemoteAddr = "192.0.2.10:77"
		}
		r.Header["X-Forwarded-For"] = []string{said}
		asked, _ := p.seen(r)
		if _, err := netip.ParseAddrPort(asked.RemoteAddr); err != nil || !proxy && asked.RemoteAddr != r.RemoteAddr {
			t.Errorf("%q: %s, %v", said, asked.RemoteAddr, err)
		}
	})
}
