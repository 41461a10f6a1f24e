package database_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"clew/internal/database"
	"clew/internal/database/certtest"
	"clew/internal/database/postgrestest"
)

// A user is let in by a certificate alone, and by none but the right one.
func TestCertificatesInsteadOfAPassword(t *testing.T) {
	server := postgrestest.Start(t)
	authority := server.Certify(t)
	url, dir, strange := server.Database(t), t.TempDir(), t.TempDir()
	cert, key := authority.Client(t, dir, postgrestest.Worker, time.Hour)
	another, anothersKey := authority.Client(t, dir, "somebody", time.Hour)
	late, lateKey := authority.Client(t, strange, postgrestest.Worker, -time.Hour)
	other := certtest.New(t, strange, "other")
	forged, forgedKey := other.Client(t, dir, "forger", time.Hour)
	root, by := "sslrootcert="+authority.File, func(cert, key string) []string { return []string{"sslcert=" + cert, "sslkey=" + key} }

	right := database.Target{URL: postgrestest.Query(url, append(by(cert, key), root)...), User: postgrestest.Worker}
	db, err := database.Open(t.Context(), right)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // returns nothing
	var who string
	var encrypted bool
	if err := db.QueryRow(t.Context(), `SELECT current_user::text, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&who, &encrypted); err != nil || who != postgrestest.Worker || !encrypted {
		t.Errorf("by its certificate: %q, encrypted %t, %v", who, encrypted, err)
	}
	for name, c := range map[string]struct {
		parameters []string
		password   string
		says       string
	}{
		"none, and the password":     {[]string{root}, postgrestest.Password, "sslcert and sslkey"},
		"no TLS, and the password":   {[]string{"sslmode=disable"}, postgrestest.Password, "sslcert and sslkey"},
		"somebody else's":            {append(by(another, anothersKey), root), "", "sslcert and sslkey"},
		"one that has run out":       {append(by(late, lateKey), root), "", "cannot be reached"}, // why, the server may say or just hang up
		"of another authority":       {append(by(forged, forgedKey), root), "", "cannot be reached"},
		"to a server of another":     {append(by(cert, key), "sslrootcert="+other.File), "", "check sslrootcert"},
		"to a server of who knows":   {by(cert, key), "", "check sslrootcert"},
		"that does not fit its key":  {append(by(cert, anothersKey), root), "", "private key does not match"},
		"that is not there":          {append(by(dir+"/gone", key), root), "", "no such file"},
		"without its key":            {[]string{"sslcert=" + cert, root}, "", "go together"},
		"with TLS that is taken out": {append(by(cert, key), "sslmode=disable"), "", "sslmode is disable"},
		"an authority that is none":  {append(by(cert, key), "sslrootcert="+key), "", "holds no certificate"},
	} {
		db, err := database.Open(t.Context(), database.Target{URL: postgrestest.Query(url, c.parameters...), User: postgrestest.Worker, Password: c.password})
		if err == nil {
			_ = db.Close() // returns nothing
			t.Errorf("%s: let in", name)
		} else if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: no %q in %v", name, c.says, err)
		}
	}

	// Renewed on the disk it is the new one that the next connection shows.
	for from, to := range map[string]string{late: cert, lateKey: key} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db.Reset()
	if err := db.Explain(db.Ping(t.Context())); !errors.Is(err, database.ErrUnreachable) {
		t.Errorf("with a certificate that has run out meanwhile: %v", err)
	}
	authority.Client(t, dir, postgrestest.Worker, time.Hour)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("with a new one: %v", err)
	}
}
