package clickhouse_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/corpus/clickhousetest"
	"clew/internal/database/certtest"
)

// Over TLS a corpus is reached by who shows a certificate, without a password, and by
// nobody else.
func TestCertificatesInsteadOfAPassword(t *testing.T) {
	server, authority := clickhousetest.Certified(t)
	dir := t.TempDir()
	cert, key := authority.Client(t, dir, "worker", time.Hour)
	late, lateKey := authority.Client(t, t.TempDir(), "late", -time.Hour)
	other := certtest.New(t, dir, "other")
	forged, forgedKey := other.Client(t, dir, "forger", time.Hour)
	try := func(parameters ...string) error {
		query := url.Values{}
		for i := 0; i < len(parameters); i += 2 {
			query.Set(parameters[i], parameters[i+1])
		}
		opts, err := clickhouse.ParseURL("clickhouse://" + server.Address + "/corpus?" + query.Encode())
		if err != nil {
			return err
		}
		if again, err := clickhouse.ParseURL(opts.String()); err != nil || again.Files != opts.Files {
			t.Errorf("%s is read as %+v (%v)", opts, again.Files, err)
		}
		store, err := clickhouse.Open(t.Context(), opts)
		if err != nil {
			return err
		}
		_, err = store.Imports(t.Context())
		return errors.Join(err, store.Close())
	}
	if err := try("secure", "1", "sslcert", cert, "sslkey", key, "sslrootcert", authority.File); err != nil {
		t.Fatalf("by its certificate: %v", err)
	}
	for name, c := range map[string]struct {
		parameters []string
		says       string
	}{
		"none":                   {[]string{"secure", "1", "sslrootcert", authority.File}, ""},
		"of another authority":   {[]string{"secure", "1", "sslcert", forged, "sslkey", forgedKey, "sslrootcert", authority.File}, ""},
		"one that has run out":   {[]string{"secure", "1", "sslcert", late, "sslkey", lateKey, "sslrootcert", authority.File}, ""},
		"to a server of another": {[]string{"secure", "1", "sslcert", cert, "sslkey", key}, "check sslrootcert"},
		"without TLS":            {nil, ""},
	} {
		err := try(c.parameters...)
		if !errors.Is(err, corpus.ErrUnreachable) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q in it", name, err, c.says)
		}
	}
	for _, parameters := range [][]string{{"sslrootcert", authority.File}, {"secure", "1", "sslcert", cert}} {
		if err := try(parameters...); !errors.Is(err, clickhouse.ErrURL) {
			t.Errorf("%v: %v", parameters, err)
		}
	}
}
