package squid

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/export/exporttest"
)

var form = exporttest.Lines("#", `acl clew_names dstdomain -n \.[a-z0-9_.-]+`, `acl clew_addresses dst [0-9a-f.:/]+`, `acl clew_urls url_regex \^[!-~]+\$`,
	`http_access deny clew_(names|addresses|urls)`)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

// Squid's own parser reads what hostile texts lead to.
func TestSquidParsesHostileTexts(t *testing.T) {
	program := exporttest.Tool(t, "squid")
	for _, text := range []string{`";`, `*`, `%`, `#comment`, `a|b`, `[x`, `(`, `\`, `'`} {
		content := exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), exporttest.With(text)))["clew-squid.conf"]
		config := configured(t, t.TempDir(), string(content), exporttest.FreePort(t), "/dev/null")
		out, err := exporttest.Try("", program, "-k", "parse", "-f", config)
		if err != nil || strings.Contains(out, "ERROR") || strings.Contains(out, "WARNING: empty") || strings.Contains(out, "FATAL") {
			t.Errorf("%q: %v\n%s", text, err, out)
		}
	}
}

func configured(t *testing.T, dir, rules string, port int, hosts string) string {
	t.Helper()
	included := exporttest.File(t, dir, "clew.conf", rules)
	return exporttest.File(t, dir, "squid.conf", fmt.Sprintf(`
http_port 127.0.0.1:%[2]d
pid_filename none
cache_log %[1]s/cache.log
access_log none
cache_store_log none
coredump_dir %[1]s
cache deny all
shutdown_lifetime 0 seconds
hosts_file %[4]s
netdb_filename none
dns_nameservers 127.0.0.1
dns_timeout 1 second
include %[3]s
http_access allow all
`, dir, port, included, hosts))
}

func TestSquidDenies(t *testing.T) {
	program := exporttest.Tool(t, "squid")
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "origin") }))
	defer origin.Close()
	at, err := url.Parse(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir, port := t.TempDir(), exporttest.FreePort(t)
	for _, folder := range []string{dir, filepath.Dir(dir)} { // squid leaves root behind
		if err := os.Chmod(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	hosts := exporttest.File(t, dir, "hosts", "127.0.0.1 login-portal.example a.login-portal.example login-portal2.example files.example clean.example\n")
	config := configured(t, dir, exporttest.Only(t, Format()), port, hosts)
	proxy := exporttest.Serve(t, port, program, "-N", "-f", config)
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})}}
	for target, want := range map[string]int{
		"http://login-portal.example:" + at.Port() + "/":   http.StatusForbidden,
		"http://a.login-portal.example:" + at.Port() + "/": http.StatusForbidden,
		"http://login-portal2.example:" + at.Port() + "/":  http.StatusOK,
		"http://clean.example:" + at.Port() + "/":          http.StatusOK,
		"http://203.0.113.7/":                              http.StatusForbidden,
		"http://198.51.100.5/":                             http.StatusForbidden,
		"http://files.example/a/b.php?x=1&y=%27":           http.StatusForbidden,
		"http://files.example:" + at.Port() + "/other":     http.StatusOK,
	} {
		reply, err := client.Get(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		page, err := io.ReadAll(reply.Body)
		if err := errors.Join(err, reply.Body.Close()); err != nil || reply.StatusCode != want {
			t.Errorf("%s: %s, want %d: %v %s %s", target, reply.Status, want, err, reply.Header.Get("X-Squid-Error"), page)
		}
	}
}
