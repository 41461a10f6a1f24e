package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"clew/internal/database/postgrestest"
)

// provider is one that knows one thing about everything, on https at loopback.
func provider(t *testing.T) *httptest.Server {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"responseCode":200,"count":1,"size":1,"data":[{"query":%q,"rrtype":"a","answer":"203.0.113.7","tlp":"white","firstSeenTimestamp":1767225600000,"lastSeenTimestamp":1772323200000,"times":3}]}`, path.Base(r.URL.Path))
	}))
	t.Cleanup(server.Close)
	return server
}

// TestScriptsOnPostgres runs the scripts that need a database; DATABASE is its URL.
func TestScriptsOnPostgres(t *testing.T) {
	server, asked := postgrestest.Start(t), provider(t)
	server.User(t, postgrestest.Worker)
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: asked.Certificate().Raw})
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "postgres"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"doctor": doctorInScript},
		Setup: func(env *testscript.Env) error {
			config := fmt.Sprintf("sources:\n  mnemonic: {base_url: %q}\n", asked.URL)
			for name, text := range map[string][]byte{"root.pem": root, "config.yaml": []byte(config)} {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), text, 0o600); err != nil {
					return err
				}
			}
			env.Setenv("SSL_CERT_FILE", filepath.Join(env.WorkDir, "root.pem"))
			env.Setenv("DATABASE", server.Database(t))
			env.Setenv("CLEW_DATABASE_USER", postgrestest.User)
			env.Setenv("CLEW_DATABASE_PASSWORD", postgrestest.Password)
			env.Setenv("CLEW_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("CLEW_ACTOR", "tester")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
	})
}
