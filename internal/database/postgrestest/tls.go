package postgrestest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/database/certtest"
)

// Certify starts the server anew with TLS, and lets Worker in over it by a certificate
// of the authority that it returns, by nothing else. The server's own is of that
// authority too.
func (s *Server) Certify(t testing.TB) *certtest.Authority {
	t.Helper()
	s.once.Do(func() { s.User(t, Worker) })
	authority := certtest.New(t, s.dir, "authority")
	cert, key := authority.Server(t, s.dir)
	if uid, gid, other := account(); other {
		for _, file := range []string{authority.File, cert, key} {
			if err := os.Chown(file, int(uid), int(gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	rules := filepath.Join(s.dir, "data", "pg_hba.conf")
	before, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	text := "hostssl all " + Worker + " 127.0.0.1/32 cert\nhost all " + Worker + " all reject\n" + string(before)
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil { //nolint:gosec // a test kit, and the folder is its own
		t.Fatal(err)
	}
	s.settings = append(s.settings, "ssl=on", "ssl_cert_file="+cert, "ssl_key_file="+key, "ssl_ca_file="+authority.File)
	s.Kill()
	s.Resume(t)
	return authority
}

// Query adds parameters to a URL.
func Query(url string, parameters ...string) string { return url + "?" + strings.Join(parameters, "&") }
