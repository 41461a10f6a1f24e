package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clew/internal/casefile"
	"clew/internal/server"
)

// freePort is one that nobody listens on at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // somebody else may take it
	return l.Addr().String()
}

// proxied is clew as the comment of a proxy's configuration says, and its lines.
func proxied(t *testing.T) (at string, said *lines) {
	t.Helper()
	a := servedApp(t)
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte("serve: {url: https://clew.example, behind_proxy: [127.0.0.1]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at, said = freePort(t), &lines{}
	out, in := io.Pipe()
	serving := *a
	serving.stdout, serving.stderr = in, said
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- serving.run(ctx, []string{"serve", "--offline", "--listen", at, "--log-level", "info", "--mcp-act"})
	}()
	t.Cleanup(func() { stop(); <-ended })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "https://clew.example/\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return at, said
}

// started runs a proxy with a configuration of ours until the test ends.
func started(t *testing.T, port string, command ...string) {
	t.Helper()
	tool, err := exec.LookPath(command[0])
	if err != nil {
		t.Skipf("%s is not installed", command[0])
	}
	ctx, stop := context.WithCancel(t.Context())
	proxy := exec.CommandContext(ctx, tool, command[1:]...)
	proxy.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	proxy.Cancel = func() error { return proxy.Process.Signal(os.Interrupt) } // so that it ends its workers
	proxy.WaitDelay = 5 * time.Second
	said := &lines{}
	proxy.Stderr, proxy.Stdout = said, said
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = proxy.Wait() // it was told to end
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", port, time.Second)
		if err == nil {
			_ = conn.Close() // it answers
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %s", command[0], said)
		}
	}
}

func shipped(t *testing.T, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", replace[0]))
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("%s has no %q", replace[0], replace[i])
		}
	}
	return strings.NewReplacer(replace[1:]...).Replace(string(text))
}

// The configurations that we ship for proxies work with the real ones: the page's
// requests pass, events come as they happen, and clew knows who asks.
func TestBehindNginx(t *testing.T) {
	at, said := proxied(t)
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir, time.Now().Add(time.Hour))
	secure, plain := freePort(t), freePort(t)
	site := shipped(t, "nginx/clew.conf", "listen 443", "listen "+secure, "listen 80", "listen "+plain, "/etc/ssl/clew/chain.pem", certFile,
		"/etc/ssl/clew/key.pem", keyFile, "127.0.0.1:8777", at)
	whole := "daemon off; worker_processes 1; pid " + dir + "/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	for _, folder := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += folder + "_temp_path " + filepath.Join(dir, folder) + ";\n"
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(whole+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	started(t, secure, "nginx", "-p", dir, "-c", config)
	throughProxy(t, secure, said)
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get("http://" + plain + "/x?a=b") //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only the header counts
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusPermanentRedirect || to != "https://clew.example/x?a=b" {
		t.Errorf("in the clear: %s to %q", answer.Status, to)
	}
}

func TestBehindCaddy(t *testing.T) {
	at, said := proxied(t)
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir, time.Now().Add(time.Hour))
	secure := freePort(t)
	_, port, _ := net.SplitHostPort(secure)
	// On loopback it has a certificate of the test, another port, and no port 80.
	site := "{\n\tadmin off\n\tauto_https off\n}\n" + shipped(t, "caddy/Caddyfile", "clew.example {", "https://clew.example:"+port+" {\n\tbind 127.0.0.1\n\ttls "+certFile+" "+keyFile, "127.0.0.1:8777", at)
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	started(t, secure, "caddy", "run", "--config", config, "--adapter", "caddyfile")
	throughProxy(t, secure, said)
}

func throughProxy(t *testing.T, secure string, said *lines) {
	t.Helper()
	web := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, secure)
		},
	}}
	ask := func(method, path, body string, headers ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "https://clew.example"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+serveToken)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		answer, err := web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	answer := ask("GET", "/api/v1/cases", "", "X-Forwarded-For: 203.0.113.7") // which nobody believes
	_ = answer.Body.Close()                                                   // the status counts
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	if log := said.String(); !strings.Contains(log, "client=127.0.0.1") || strings.Contains(log, "203.0.113.7") {
		t.Errorf("who asks: %s", log)
	}
	answer = ask("POST", "/api/v1/investigations", `{"indicators":["evil.example"]}`, "Origin: https://clew.example", "Sec-Fetch-Site: same-origin")
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close() // read to its end
	if answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", answer.Status, text)
	}
	run := strings.Split(strings.SplitN(string(text), `"id":"`, 2)[1], `"`)[0]
	answer = ask("GET", "/api/v1/investigations/"+run+"/events", "")
	if first, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil || !strings.HasPrefix(first, "event:") && !strings.HasPrefix(first, "data:") && !strings.HasPrefix(first, "id:") {
		t.Errorf("the first event: %q, %v", first, err)
	}
	_ = answer.Body.Close() // the rest does not matter
	answer = ask("POST", "/api/v1/investigations", `{}`, "Origin: https://evil.example")
	_ = answer.Body.Close() // the status counts
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("another site's page: %s", answer.Status)
	}
	throughProxyAssistant(t, web.Transport)
}

// throughProxyAssistant is an assistant by the SDK's own client, its standing stream
// of events included.
func throughProxyAssistant(t *testing.T, proxy http.RoundTripper) {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: "https://clew.example/mcp", HTTPClient: &http.Client{Transport: asBearer{serveToken, "clew.example", proxy}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close() //nolint:errcheck // a test's
	var run server.Run
	good(t, session, "start", map[string]any{"indicators": []string{"other.example"}, "restricted": true}, &run)
	ended(t, session, "run", map[string]any{"run": run.ID}, &run.State)
	var cases server.List[casefile.Summary]
	good(t, session, "cases", nil, &cases)
	if len(cases.Items) < 1 || run.State != "complete" {
		t.Errorf("an assistant sees %d cases, and its run is %s", len(cases.Items), run.State)
	}
}
