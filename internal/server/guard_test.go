package server

import (
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const testToken = "a-token-of-these-tests"

func testGuard() *guard {
	return newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, Place{}, testToken, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot) // nobody else answers so: the request got through
	}))
}

func TestGuard(t *testing.T) {
	bearer := "Authorization: Bearer " + testToken
	for name, c := range map[string]struct {
		method, host, target string
		headers              []string
		want                 int
	}{
		"token":                    {"GET", "127.0.0.1:8777", "/api", []string{bearer}, 418},
		"localhost":                {"GET", "localhost:8777", "/api", []string{bearer}, 418},
		"cookie":                   {"GET", "127.0.0.1:8777", "/api", []string{"Cookie: clew-8777=" + testToken}, 418},
		"cookie_of_other_port":     {"GET", "127.0.0.1:8777", "/api", []string{"Cookie: clew-8778=" + testToken}, 401},
		"password":                 {"GET", "127.0.0.1:8777", "/api", []string{basic("clew", testToken)}, 418},
		"wrong_password":           {"GET", "127.0.0.1:8777", "/api", []string{basic(testToken, "x")}, 401},
		"no_token":                 {"GET", "127.0.0.1:8777", "/api", nil, 401},
		"wrong_token":              {"GET", "127.0.0.1:8777", "/api", []string{"Authorization: Bearer x"}, 401},
		"wrong_link":               {"GET", "127.0.0.1:8777", "/?token=x", nil, 401},
		"rebound_name":             {"GET", "evil.example:8777", "/api", []string{bearer}, 421},
		"rebound_name_with_link":   {"GET", "evil.example:8777", "/?token=" + testToken, nil, 421},
		"other_port":               {"GET", "127.0.0.1:80", "/api", []string{bearer}, 421},
		"own_page_posts":           {"POST", "127.0.0.1:8777", "/x", []string{bearer, "Origin: http://127.0.0.1:8777", "Sec-Fetch-Site: same-origin"}, 418},
		"other_site_posts":         {"POST", "127.0.0.1:8777", "/x", []string{bearer, "Origin: https://evil.example"}, 403},
		"other_site_reads":         {"GET", "127.0.0.1:8777", "/x", []string{bearer, "Origin: https://evil.example"}, 403},
		"other_site_embeds":        {"GET", "127.0.0.1:8777", "/x", []string{bearer, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
		"other_port_posts":         {"POST", "127.0.0.1:8777", "/x", []string{bearer, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate"}, 403},
		"opened_from_another_page": {"GET", "127.0.0.1:8777", "/x", []string{bearer, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 418},
		"null_origin":              {"POST", "127.0.0.1:8777", "/x", []string{bearer, "Origin: null"}, 403},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		r.Host = c.host
		for _, h := range c.headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		testGuard().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the type may be guessed", name)
		}
	}
}

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Any address of loopback can be listened on, and is then one's own.
func TestGuardKnowsItsOwnAddress(t *testing.T) {
	passed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	g := newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 8777}, Place{}, testToken, passed)
	for host, want := range map[string]int{"127.0.0.2:8777": 418, "127.0.0.1:8777": 418, "127.0.0.3:8777": 421} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		r.Header.Set("Authorization", "Bearer "+testToken)
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: got %d, want %d", host, w.Code, want)
		}
	}
}

func TestLinkBecomesCookie(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/api?token="+testToken+"&q=1", nil)
	r.Host = "127.0.0.1:8777"
	w := httptest.NewRecorder()
	testGuard().ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/api?q=1" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	set := w.Header().Get("Set-Cookie")
	if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") {
		t.Errorf("cookie %q", set)
	}
}

// FuzzLogin: whatever the link says, it never leads to another host.
func FuzzLogin(f *testing.F) {
	for _, path := range []string{"/", "//evil.example", `/\evil.example`, "/%2f%2fevil.example", "/a?b=c", "/%5cevil.example", "/\t/evil.example"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.Host = path, "127.0.0.1:8777"
		r.URL.RawQuery = "token=" + testToken
		w := httptest.NewRecorder()
		testGuard().ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if !strings.HasPrefix(to, "/") || len(to) > 1 && strings.ContainsRune(`/\`, rune(to[1])) {
			t.Errorf("%q leads to %q", path, to)
		}
	})
}

func TestListensOnlyHere(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "[::]:0", "evil.example:80", "127.0.0.1"} {
		if l, err := Listen(t.Context(), address, false); err == nil {
			_ = l.Close()
			t.Errorf("%s was taken", address)
		}
	}
}
