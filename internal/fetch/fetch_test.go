package fetch_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/fetch"
	"clew/internal/source"
)

// clock stands still but for the sleeps, which it remembers.
type clock struct {
	now    time.Time
	slept  []time.Duration
	cancel context.CancelFunc // called at the first sleep, when set
}

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if d > 0 {
		c.slept = append(c.slept, d)
		c.now = c.now.Add(d)
		if c.cancel != nil {
			c.cancel()
		}
	}
	return ctx.Err()
}

// local returns a client that may ask server, and its clock.
func local(t *testing.T, server *httptest.Server, change func(*fetch.Options)) (*fetch.Client, *clock) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o := fetch.Options{
		RootCAs: roots, AllowLoopback: true, Clock: c.Now, Sleep: c.Sleep,
		Jitter: func() float64 { return 0.5 }, Proxy: func(*url.URL) *url.URL { return nil },
	}
	if change != nil {
		change(&o)
	}
	return fetch.New(o), c
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	return server
}

func TestAsk(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.UserAgent()+" "+r.Header.Get("Accept")+" "+r.Header.Get("Content-Type"))
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, body)
	})
	client, c := local(t, server, func(o *fetch.Options) { o.UserAgent = "clew/1.0" })
	got, err := client.Ask(t.Context(), source.Request{
		Method: "POST", URL: server.URL + "/a?b=c", Body: []byte(`{"d":1}`), Header: http.Header{"Content-Type": {"application/json"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := `POST /a?b=c {"d":1}`; string(got.Body) != want || got.Status != 200 || !got.At.Equal(c.now) {
		t.Errorf("got %d %q at %v, want 200 %q at %v", got.Status, got.Body, got.At, want, c.now)
	}
	if want := "clew/1.0 application/json application/json"; got.Header.Get("X-Seen") != want {
		t.Errorf("sent as %q, want %q", got.Header.Get("X-Seen"), want)
	}
}

func TestKeyGoesToItsOwnHostOnly(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("X-Key")) })
	host := strings.TrimPrefix(server.URL, "https://")
	tests := map[string]struct {
		keyHost, asks string
		want          string
	}{
		"own_host":      {host, "stub", "secret"},
		"other_host":    {"api.example", "stub", ""},
		"other_source":  {host, "somebody", ""},
		"without_a_key": {host, "keyless", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, _ := local(t, server, func(o *fetch.Options) {
				o.Sources = []source.Info{{Name: "stub", KeyHeader: "X-Key", KeyHost: test.keyHost}, {Name: "keyless", KeyHost: host}}
				o.Key = func(source.Info) string { return "secret" }
			})
			got, err := client.Ask(t.Context(), source.Request{Source: test.asks, URL: server.URL})
			if err != nil || string(got.Body) != test.want {
				t.Errorf("key %q (%v) arrived, want %q", got.Body, err, test.want)
			}
		})
	}
}

func TestKeyInTheAddress(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, r.URL.RawQuery)
	})
	client, _ := local(t, server, func(o *fetch.Options) {
		o.Sources = []source.Info{{Name: "stub", KeyParameter: "key", KeyHost: strings.TrimPrefix(server.URL, "https://")}}
		o.Key = func(source.Info) string { return "se&cret" }
	})
	for address, want := range map[string]string{"/": "key=se%26cret", "/?q=a&b=": "q=a&b=&key=se%26cret"} {
		got, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL + address})
		if err != nil || string(got.Body) != want {
			t.Errorf("%s: %q (%v) arrived, want %q", address, got.Body, err, want)
		}
	}
	_, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL + "/broken"})
	if err == nil || strings.Contains(err.Error(), "cret") {
		t.Errorf("error %v, want one without the key", err)
	}
}

func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/there":
			_, _ = io.WriteString(w, "arrived with "+r.Header.Get("X-Key"))
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/private":
			http.Redirect(w, r, "https://10.0.0.1/", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/there", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	})
	client, _ := local(t, server, func(o *fetch.Options) {
		o.Sources = []source.Info{{Name: "stub", KeyHeader: "X-Key", KeyHost: strings.TrimPrefix(server.URL, "https://")}}
		o.Key = func(source.Info) string { return "secret" }
	})
	for path, want := range map[string]int{"/here": 200, "/away": 302, "/private": 302, "/plain": 302, "/round": 302} {
		got, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL + path})
		if err != nil || got.Status != want {
			t.Errorf("%s: status %d (%v), want %d", path, got.Status, err, want)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("another host was asked %d times, want never", n)
	}
}

func TestPrivateAddressesAreNotReached(t *testing.T) {
	var reached atomic.Int32
	server := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, address := range []string{
		server.URL,                                   // loopback
		"https://localhost" + port,                   // a name that leads there
		"https://[::ffff:127.0.0.1]" + port,          // mapped into IPv6
		"whois://127.0.0.1" + port + "/shop.example", // port 43
		"https://169.254.169.254/latest/meta-data/",  // a cloud's metadata
		"whois://10.0.0.1/shop.example",              // private
		"https://[fe80::1%25eth0]" + port + "/",      // link-local with a zone
		"https://0.0.0.0" + port + "/",               // this host, by another name
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		client, _ := local(t, server, func(o *fetch.Options) { o.AllowLoopback = false })
		if _, err := client.Ask(ctx, source.Request{URL: address}); err == nil {
			t.Errorf("%s was asked", address)
		}
		cancel()
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the private server was reached %d times", n)
	}
}

func TestProxy(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "through") })
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := net.Dial("tcp", strings.TrimPrefix(target.URL, "https://"))
		if err != nil || r.Method != http.MethodConnect {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
	}))
	t.Cleanup(proxy.Close)
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, _ := local(t, target, func(o *fetch.Options) {
		o.AllowLoopback = false // the proxy may be private, what is asked may not
		o.Proxy = func(*url.URL) *url.URL { return through }
	})
	got, err := client.Ask(t.Context(), source.Request{URL: "https://example.com/"})
	if err != nil || string(got.Body) != "through" {
		t.Errorf("got %q (%v), want an answer through the proxy", got.Body, err)
	}
	if _, err := client.Ask(t.Context(), source.Request{URL: "https://192.168.1.1/"}); err == nil {
		t.Error("a private address was asked through the proxy")
	}
}

func TestRetries(t *testing.T) {
	tests := map[string]struct {
		status     int
		retryAfter string
		fails      int32 // replies before the good one
		want       int
		slept      []time.Duration
	}{
		"comes_back":            {503, "", 1, 200, []time.Duration{2 * time.Second}},
		"twice_as_long_again":   {502, "", 2, 200, []time.Duration{2 * time.Second, 4 * time.Second}},
		"gives_up":              {503, "", 9, 503, []time.Duration{2 * time.Second, 4 * time.Second}},
		"as_long_as_asked":      {429, "7", 1, 200, []time.Duration{7 * time.Second}},
		"not_for_hours":         {429, "3600", 9, 429, nil},
		"no_answer_is_final":    {404, "", 9, 404, nil},
		"no_access_is_final":    {403, "", 9, 403, nil},
		"server_error_is_final": {500, "", 9, 500, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) <= test.fails {
					w.Header().Set("Retry-After", test.retryAfter)
					w.WriteHeader(test.status)
				}
			})
			client, c := local(t, server, nil)
			got, err := client.Ask(t.Context(), source.Request{URL: server.URL})
			if err != nil || got.Status != test.want {
				t.Errorf("status %d (%v), want %d", got.Status, err, test.want)
			}
			if diff := cmp.Diff(test.slept, c.slept); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBrokenConnectionIsTriedAgain(t *testing.T) {
	var asked atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "well")
	})
	client, _ := local(t, server, nil)
	got, err := client.Ask(t.Context(), source.Request{URL: server.URL, Method: "POST", Body: []byte("x")})
	if err != nil || string(got.Body) != "well" {
		t.Errorf("got %q (%v), want the second attempt's answer", got.Body, err)
	}
}

func TestPace(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	client, c := local(t, server, func(o *fetch.Options) {
		o.Sources = []source.Info{{Name: "slow", Every: 15 * time.Second}, {Name: "fast", Every: time.Second}}
	})
	for _, name := range []string{"slow", "fast", "slow", "fast", "slow"} {
		if _, err := client.Ask(t.Context(), source.Request{Source: name, URL: server.URL}); err != nil {
			t.Fatal(err)
		}
	}
	// The second "fast" comes after the wait for the second "slow": its turn is long there.
	if diff := cmp.Diff([]time.Duration{15 * time.Second, 15 * time.Second}, c.slept); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	ctx, cancel := context.WithCancel(t.Context())
	client, c := local(t, server, nil)
	c.cancel = cancel
	if _, err := client.Ask(ctx, source.Request{URL: server.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if len(c.slept) != 1 {
		t.Errorf("slept %v, want one wait that was cut short", c.slept)
	}
}

func TestBombsAreNotUnpacked(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 256 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	client, c := local(t, server, nil)
	got, err := client.Ask(t.Context(), source.Request{URL: server.URL})
	if !errors.Is(err, source.ErrBadReply) || len(got.Body) != 0 || len(c.slept) != 0 {
		t.Errorf("%d bytes, error %v, %d retries; want ErrBadReply at once", len(got.Body), err, len(c.slept))
	}
}

func TestSlowServerTimesOut(t *testing.T) {
	// A handler that returns has answered, and a client that gives up takes an
	// answer that comes while it hangs up: this one never answers.
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	client, _ := local(t, server, func(o *fetch.Options) { o.Timeout = 50 * time.Millisecond })
	if _, err := client.Ask(t.Context(), source.Request{URL: server.URL}); err == nil {
		t.Error("a server that never answers gave an answer")
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	client, c := local(t, server, func(o *fetch.Options) { o.RootCAs = x509.NewCertPool() })
	_, err := client.Ask(t.Context(), source.Request{URL: server.URL})
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(c.slept) != 0 {
		t.Errorf("error %v after %d retries, want a refused certificate at once", err, len(c.slept))
	}
}

func TestOnlyHTTPS(t *testing.T) {
	client := fetch.New(fetch.Options{})
	for _, address := range []string{"http://api.example/", "ftp://api.example/", "file:///etc/passwd", "api.example", "://"} {
		if _, err := client.Ask(t.Context(), source.Request{URL: address}); err == nil {
			t.Errorf("%s was asked", address)
		}
	}
}

// port43 answers one connection after another with what reply says.
func port43(t *testing.T, reply func(question string, conn net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			question := make([]byte, 512)
			n, _ := conn.Read(question)
			reply(string(question[:n]), conn)
			_ = conn.Close()
		}
	}()
	return "whois://" + listener.Addr().String() + "/"
}

func TestPort43(t *testing.T) {
	base := port43(t, func(question string, conn net.Conn) { _, _ = fmt.Fprintf(conn, "asked %q", question) })
	client := fetch.New(fetch.Options{AllowLoopback: true})
	got, err := client.Ask(t.Context(), source.Request{Method: "WHOIS", URL: base + "n%20+%20192.0.2.1"})
	if err != nil || string(got.Body) != `asked "n + 192.0.2.1\r\n"` || got.Status != 200 {
		t.Errorf("got %d %q (%v)", got.Status, got.Body, err)
	}
	for _, question := range []string{"", "a%0D%0Ab", "a%0Ab"} {
		if _, err := client.Ask(t.Context(), source.Request{Method: "WHOIS", URL: base + question}); err == nil {
			t.Errorf("%q went out as a question", question)
		}
	}
}

func TestPort43IsBounded(t *testing.T) {
	flood := port43(t, func(_ string, conn net.Conn) {
		chunk := make([]byte, 1<<16)
		for range 1 << 10 {
			if _, err := conn.Write(chunk); err != nil {
				return
			}
		}
	})
	client := fetch.New(fetch.Options{AllowLoopback: true})
	if _, err := client.Ask(t.Context(), source.Request{URL: flood + "a"}); !errors.Is(err, source.ErrBadReply) {
		t.Errorf("error %v from a flood, want ErrBadReply", err)
	}
	silent := port43(t, func(_ string, conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
	c := &clock{}
	client = fetch.New(fetch.Options{AllowLoopback: true, Timeout: 50 * time.Millisecond, Sleep: c.Sleep})
	if _, err := client.Ask(t.Context(), source.Request{URL: silent + "a"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v from a silent server, want a deadline", err)
	}
}
