package clewtest

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Provider stands on loopback for every source that clew knows.
type Provider struct {
	web      *httptest.Server
	port43   net.Listener
	resolver net.PacketConn
}

// NewProvider starts one; answer gets requests under /HOST/ of the source that
// was asked; the services on port 43 and the resolver know no name.
func NewProvider(t testing.TB, answer http.Handler) *Provider {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	resolver, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{web: httptest.NewTLSServer(answer), port43: listener, resolver: resolver}
	go resolveNothing(resolver)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go knowNoName(conn)
		}
	}()
	t.Cleanup(func() {
		p.web.CloseClientConnections()
		p.web.Close()
		_ = listener.Close()
		_ = resolver.Close()
	})
	return p
}

// Asks leads every source of the place to the provider, at no pace and with
// answers that stay fresh for so long ("1m"), and adds more YAML to the configuration.
func (p *Provider) Asks(t testing.TB, h *Home, fresh, more string) {
	t.Helper()
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.web.Certificate().Raw})
	h.Env = append(h.Env, "SSL_CERT_FILE="+h.Write(t, "root.pem", string(root)))
	var config strings.Builder
	config.WriteString(more)
	config.WriteString("sources:\n")
	list := h.Run(t, "source", "list", "--json")
	if list.Code != 0 || list.Err != "" { // a custom source that cannot be used costs itself only
		t.Fatalf("clew source list: exit %d\n%s", list.Code, list.Err)
	}
	lines := bufio.NewScanner(strings.NewReader(list.Out))
	for lines.Scan() {
		var source struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(lines.Bytes(), &source); err != nil {
			t.Fatal(err)
		}
		base := p.web.URL + "/{host}"
		if source.Name == "whois" || source.Name == "cymru" {
			base = "whois://" + p.port43.Addr().String()
		}
		fmt.Fprintf(&config, "  %s: {base_url: %q, every: 0s, ttl: %s, quotas: [{requests: 1000000, per: day}]}\n", source.Name, base, fresh)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&config, "resolver: %q\n", p.resolver.LocalAddr().String())
	h.Write(t, filepath.Join("config", "config.yaml"), config.String())
}

// knowNoName answers one question on port 43.
func knowNoName(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // who asked may be gone
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	question, _ := bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
	_, _ = fmt.Fprintf(conn, "No match for %q.\r\n", strings.TrimSpace(question))
}

// resolveNothing answers every question with NXDOMAIN (RFC 1035, 4.1.1).
func resolveNothing(conn net.PacketConn) {
	const answer, noSuchName = 0x80, 3
	packet := make([]byte, 4096)
	for {
		n, from, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		if n < 12 { // shorter than a header
			continue
		}
		packet[2] |= answer
		packet[3] = packet[3]&0xf0 | noSuchName
		_, _ = conn.WriteTo(packet[:n], from)
	}
}

// OwnSource is a custom source, to be written to config/sources/acme.yaml: it asks
// https://api.acme.example/records/VALUE, and reads {"records": [{name, type, data, first, last}]}.
const OwnSource = `name: acme
accepts: [domain, ip]
answers: [resolves-to, nameserver]
pap: amber
pace: 1ms
endpoints:
  - name: records
    url: https://api.acme.example/records/{value}
    rows: .records
    map: |
      {dns: {name: .name, type: .type, data: .data}, first: .first, last: .last}
`
