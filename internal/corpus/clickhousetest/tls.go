package clickhousetest

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"

	"clew/internal/database/certtest"
)

// Certified starts a server that is reached over TLS alone, by who shows a certificate
// of the authority that it returns; no password is asked of them. The server's own is
// of that authority too.
func Certified(t testing.TB) (*Server, *certtest.Authority) {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Skip(command + " is not installed: apt-get install clickhouse-server")
	}
	s := &Server{Address: freeAddresses(t, 1)[0], path: path, dir: t.TempDir()}
	authority := certtest.New(t, s.dir, "authority")
	cert, key := authority.Server(t, s.dir)
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	secure := fmt.Sprintf(`<tcp_port_secure>%s</tcp_port_secure>
  <openSSL><server>
    <certificateFile>%s</certificateFile><privateKeyFile>%s</privateKeyFile><caConfig>%s</caConfig>
    <verificationMode>strict</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
    <disableProtocols>sslv2,sslv3</disableProtocols><preferServerCiphers>true</preferServerCiphers>
  </server></openSSL>`, port, cert, key, authority.File)
	write(t, filepath.Join(s.dir, "config.xml"), serverConfig(s.dir, []string{s.Address}, 0, secure))
	write(t, filepath.Join(s.dir, "users.xml"), usersConfig)
	s.launch(t)
	await(t, s.Address)
	return s, authority
}
