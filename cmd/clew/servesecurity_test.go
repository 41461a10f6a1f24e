package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// selfSigned writes a certificate of this machine, and its key.
func selfSigned(t *testing.T, dir string, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(until.Unix()), NotBefore: time.Now().Add(-time.Hour), NotAfter: until, DNSNames: []string{"clew.example"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// lines collects what a program writes while it runs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Over TLS by files: the link is https, the answers are encrypted, the supervisor is
// told, and nothing that opens a door is in the lines.
func TestServeOverTLS(t *testing.T) {
	a := servedApp(t)
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir, time.Now().Add(time.Hour))
	config := "keys: {virustotal: the-key-of-virustotal}\nserve: {tls: {cert: " + certFile + ", key: " + keyFile + "}, url: https://clew.example}\n"
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	supervisor, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer supervisor.Close() //nolint:errcheck // of a test
	local := a.getenv
	serving := *a
	serving.getenv = func(name string) string {
		if name == "NOTIFY_SOCKET" {
			return filepath.Join(dir, "notify")
		}
		return local(name)
	}
	out, in := io.Pipe()
	said := &lines{}
	serving.stdout, serving.stderr = in, said
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	_ = free.Close() // somebody else may take it: then serve says so
	go func() {
		ended <- serving.run(ctx, []string{"serve", "--offline", "--listen", at, "--log-format", "json", "--log-level", "debug"})
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "https://clew.example/\n" {
		t.Fatalf("link %q, %v, %s", line, err, said)
	}
	told := func() string {
		buffer := make([]byte, 100)
		if err := supervisor.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := supervisor.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:n])
	}
	if state := told(); state != "READY=1" {
		t.Errorf("the supervisor was told %q", state)
	}
	pool := x509.NewCertPool()
	certificate, err := os.ReadFile(certFile)
	if err != nil || !pool.AppendCertsFromPEM(certificate) {
		t.Fatal(err)
	}
	web := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, at)
		},
	}}
	ask := func(url string, headers ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		answer, err := web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close() //nolint:errcheck // read to its end
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	answer, text := ask("https://clew.example/api/v1/cases?q=sought.example", "Authorization: Bearer "+serveToken)
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %s %v: %s", answer.Proto, answer.Status, answer.Header, text)
	}
	if answer, _ := ask("https://clew.example/api/v1/cases", "Cookie: __Host-clew-"+at[strings.LastIndexByte(at, ':')+1:]+"="+serveToken); answer.StatusCode != http.StatusOK {
		t.Errorf("by cookie: %s", answer.Status)
	}
	if answer, _ := ask("https://clew.example/api/v1/cases", "Authorization: Bearer a-wrong-token"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("by a wrong token: %s", answer.Status)
	}
	plain := &http.Client{}
	if answer, err := plain.Get("http://" + at + "/healthz"); err == nil { //nolint:noctx // loopback
		_ = answer.Body.Close() // only the status counts
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("in the clear: %s", answer.Status)
		}
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("exit %d: %s", code, said)
	}
	if state := told(); state != "STOPPING=1" {
		t.Errorf("the supervisor was told %q", state)
	}
	for _, want := range []string{`"msg":"serving"`, `"operation":"cases"`, `"msg":"stopping`, `"msg":"stopped"`, `q=sought.example`} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %s in %s", want, said)
		}
	}
	for _, never := range []string{serveToken, "a-wrong-token", "the-key-of-virustotal", "PRIVATE KEY"} {
		if strings.Contains(said.String(), never) {
			t.Errorf("%s is in %s", never, said)
		}
	}
}
