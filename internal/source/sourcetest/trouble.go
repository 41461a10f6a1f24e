// Package sourcetest holds every connector to the same promises: the right
// facts from the provider's replies, and the right state when the provider is
// slow, in trouble, or lying.
package sourcetest

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/source"
)

// Run puts src before a server in each kind of trouble, through the real client
// over the loopback interface, and before replies of its own that lie.
func Run(t *testing.T, src source.Source) {
	t.Helper()
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			server := newServer(t, trouble)
			for _, kind := range src.Info().Accepts {
				out := server.ask(t, src, observable.Must(kind, samples[kind]))
				if other, ok := others[kind]; ok && out.State == source.Skipped {
					out = server.ask(t, src, observable.Must(kind, other))
				}
				check(t, src, out)
				if out.State != trouble.want {
					t.Errorf("%s about a %s: %s (%s), want %s", src.Info().Name, kind, out.State, out.Reason, trouble.want)
				}
			}
		})
	}
	t.Run("lies", func(t *testing.T) { lies(t, src) })
	t.Run("small_totals", func(t *testing.T) { smallTotals(t, src) })
	t.Run("endless_pages", func(t *testing.T) { endless(t, src) })
}

// samples holds a reserved value of each kind that a connector may accept.
var samples = map[observable.Kind]string{
	observable.Domain:  "www.shop.example",
	observable.IP:      "192.0.2.1",
	observable.URL:     "https://shop.example/login",
	observable.Email:   "ops@shop.example",
	observable.Phone:   "+15550100000",
	observable.Person:  "Jane Doe",
	observable.Org:     "Shop Example Inc.",
	observable.Cert:    "00112233445566778899aabbccddeeff00112233",
	observable.File:    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	observable.Tracker: "UA-00000000-1",

	observable.Prefix:    "192.0.2.0/24",
	observable.ASN:       "AS64500",
	observable.Registrar: "Example Registrar",
	observable.CertKey:   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	observable.DN:        "O=Shop, CN=shop.example",
	observable.Serial:    "a0b",
	observable.Imphash:   "00112233445566778899aabbccddeeff",
	observable.Ssdeep:    "3:abcdefghij:klmnopqrst",
	observable.TLSH:      "T100112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF001122",
	observable.Signer:    "Shop Example Inc.",
	observable.JARM:      "00112233445566778899aabbccddeeff00112233445566778899aabbccddee",
	observable.JA3:       "00112233445566778899aabbccddeeff",
	observable.JA3S:      "00112233445566778899aabbccddeeff",
	observable.JA4:       "t13d1516h2_001122334455_66778899aabb",
	observable.SSHKey:    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
	observable.Favicon:   "-1234567890",
	observable.BodyHash:  "-1234567890",
	observable.Title:     "Sign in - Shop",
	observable.Filename:  "invoice.exe",
	observable.Mutex:     "Global\\shop",
	observable.Technique: "T1583.001",
	observable.Malware:   "Shoplifter",
}

// others holds a second form of the kinds that have two, for sources that know
// only that one.
var others = map[observable.Kind]string{
	observable.SSHKey:   "SHA256:ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8",
	observable.BodyHash: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
}

// A trouble is what a provider does instead of answering.
type trouble struct {
	handle http.HandlerFunc
	port43 func(net.Conn) // the same on port 43
	waits  time.Duration  // how long the client waits; 0 means long enough for a busy machine
	want   source.State
}

const bombSize = source.MaxReply + 4<<20 // bytes unpacked: more than is read

var troubles = map[string]trouble{
	"slow": {
		handle: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that nobody waits any more
			<-r.Context().Done()
		},
		port43: func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) },
		waits:  50 * time.Millisecond,
		want:   source.Failed,
	},
	"empty": {
		handle: func(http.ResponseWriter, *http.Request) {},
		port43: func(net.Conn) {},
		want:   source.Failed,
	},
	"cut_off":       says(`{"data":[{"type":"domain","id":"a.exam`, "application/json"),
	"nothing_in_it": says(`{}`, "application/json"),
	"web_page":      says("<!DOCTYPE html><html><body>Sorry</body></html>", "text/html"),
	"plain_words":   says("API count exceeded", "text/plain"),
	"bomb":          {handle: bomb, port43: flood, want: source.Failed},
	"server_error": {
		handle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		port43: func(net.Conn) {},
		want:   source.Failed,
	},
	"redirect_inside": {
		handle: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://10.0.0.1/admin", http.StatusFound)
		},
		port43: func(net.Conn) {},
		want:   source.Failed,
	},
	"rate_limited": {
		handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		want: source.Refused,
	},
	"no_access": {
		handle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		want:   source.Refused,
	},
}

// says is a 200 that is no answer.
func says(body, contentType string) trouble {
	return trouble{
		handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, body)
		},
		port43: func(c net.Conn) { _, _ = io.WriteString(c, body) },
		want:   source.Failed,
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	zeros := make([]byte, 1<<20)
	for range bombSize / len(zeros) {
		if _, err := z.Write(zeros); err != nil {
			return
		}
	}
	_ = z.Close()
}

func flood(c net.Conn) {
	zeros := make([]byte, 1<<20)
	for range bombSize / len(zeros) {
		if _, err := c.Write(zeros); err != nil {
			return
		}
	}
}

// server is a provider in trouble, over HTTPS and on a port like 43. It is an
// asker that leads every request to itself.
type server struct {
	client *fetch.Client
	https  string
	port43 string // "" when the trouble has no likeness there
}

func newServer(t *testing.T, trouble trouble) *server {
	t.Helper()
	web := httptest.NewTLSServer(trouble.handle)
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	s := &server{https: web.URL, client: fetch.New(fetch.Options{
		RootCAs: roots, AllowLoopback: true, Timeout: trouble.waits,
		Proxy: func(*url.URL) *url.URL { return nil },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})}
	if trouble.port43 != nil {
		s.port43 = Listen(t, func(c net.Conn, _ string) { trouble.port43(c) })
	}
	return s
}

// Listen answers each question on a port like 43 until the test ends. serve gets
// the question as it came.
func Listen(t *testing.T, serve func(c net.Conn, question string)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				question, _ := bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
				serve(conn, question)
			}()
		}
	}()
	return listener.Addr().String()
}

// Ask implements [source.Asker].
func (s *server) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	switch {
	case u.Scheme != "whois":
		r.URL = s.https + u.RequestURI()
	case s.port43 == "":
		return source.Reply{}, source.ErrQuota // port 43 has no words for it
	default:
		r.URL = "whois://" + s.port43 + "/" + strings.TrimPrefix(u.EscapedPath(), "/")
	}
	return s.client.Ask(ctx, r)
}

func (s *server) ask(t *testing.T, src source.Source, v observable.Value) source.Outcome {
	t.Helper()
	r := source.NewRunner(source.RunnerOptions{
		Asker: s, PAP: marking.Clear, HasKey: func(source.Info) bool { return true },
		Replay: src.Info().Retired != "", // else it would not be asked at all
	})
	return r.Ask(t.Context(), src, source.Question{Value: v})
}
