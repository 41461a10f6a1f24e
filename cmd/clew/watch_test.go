package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScriptsOfWatches runs the scripts that need somebody to be told: a webhook on
// https at loopback writes what it gets into the file told, a line each. While there
// is a file "down" it is not well.
func TestScriptsOfWatches(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "watch"),
		Setup: func(env *testscript.Env) error {
			var mu sync.Mutex
			dir := env.WorkDir
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if _, err := os.Stat(filepath.Join(dir, "down")); err == nil {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
				file, err := os.OpenFile(filepath.Join(dir, "told"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
				if err != nil {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				defer file.Close() //nolint:errcheck // of a test
				_, _ = fmt.Fprintf(file, "%s\n", body)
			}))
			env.Defer(server.Close)
			root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			config := fmt.Sprintf("escalation: {to: [{name: soc, kind: webhook, url: '%s/clew', private: true}, {name: open, kind: webhook, url: '%s/open', private: true, tlp: GREEN}]}\n", server.URL, server.URL)
			for name, text := range map[string][]byte{"root.pem": root, "config.yaml": []byte(config), "told": nil} {
				if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
					return err
				}
			}
			for name, value := range map[string]string{
				"SSL_CERT_FILE": filepath.Join(dir, "root.pem"), "CLEW_CONFIG": filepath.Join(dir, "config.yaml"), "CLEW_DATA": filepath.Join(dir, "data"),
				"CLEW_KEY_SOC": "a key that signs for soc", "CLEW_KEY_OPEN": "a key that signs for open", "CLEW_ACTOR": "tester", "HOME": dir,
			} {
				env.Setenv(name, value)
			}
			return nil
		},
	})
}
