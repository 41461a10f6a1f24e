package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clew/internal/backup"
	"clew/internal/casefile/postgres"
	"clew/internal/server/certificate"
)

// What the doctor thinks of times and places.
const (
	renewWithin = 14 * 24 * time.Hour // a certificate that expires by then should have been renewed
	backupEvery = 8 * 24 * time.Hour  // a weekly backup, and a day for it to fail unnoticed
	leastSpace  = 1 << 30             // bytes on the data directory's disk
	leastShare  = 20                  // one part of this many
)

// checkServing looks at what clew serve proves itself with.
func (a *app) checkServing(s serveSettings) []check {
	const what = "certificate"
	if s.TLS.Cert == "" {
		return nil
	}
	pair, err := certificate.Read(s.TLS.Cert, s.TLS.Key)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	left := pair.Leaf.NotAfter.Sub(a.clock())
	state, detail := "ok", fmt.Sprintf("for %s, until %s", strings.Join(certificate.Names(pair.Leaf), ", "), pair.Leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	switch {
	case left <= 0:
		state, detail = "bad", detail+": it has expired, renew it"
	case left < renewWithin:
		state, detail = "bad", detail+fmt.Sprintf(": %d days are left, renew it", int(left.Hours()/24))
	}
	checks := []check{{what, state, detail}}
	if certificate.OthersMayRead(s.TLS.Key) {
		checks = append(checks, check{"certificate key", "bad", s.TLS.Key + " may be read by everybody: chmod 600 it"})
	}
	return checks
}

// checkSecrets looks whether others may read what should be secret.
func (a *app) checkSecrets(dir string) []check {
	places, err := a.secretPlaces()
	if err != nil {
		return nil // the configuration is a check of its own
	}
	var checks []check
	for _, p := range places {
		switch {
		case p.Open:
			checks = append(checks, check{"secrets", "bad", p.Where + " holds secrets and others may read it: chmod 600 it"})
		case p.Secrets != 0:
			checks = append(checks, check{"secrets", "ok", p.Where + ": " + p.How})
		}
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		checks = append(checks, check{"data directory", "note", dir + " may be entered by others: chmod 700 it, what lies in it says what you look into"})
	}
	return checks
}

// checkDatabase reaches the team's database, and brings its tables forward as every
// command would: a version that is newer than this clew is said.
func (a *app) checkDatabase(ctx context.Context) []check {
	const what = "database"
	at, err := a.databaseAt("")
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	if at.URL == "" {
		return nil
	}
	store, err := postgres.Open(ctx, at)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	defer store.Close() //nolint:errcheck // returns nothing
	versions, err := store.Versions(ctx)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	return []check{{what, "ok", "reached; tables: " + strings.Join(versions, ", ")}}
}

// checkBackups looks at the newest backup of the folder that retention: names.
func (a *app) checkBackups(folder string) []check {
	const what = "backup"
	if folder == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.zip"))
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	var newest time.Time
	for _, name := range names {
		if m, err := backup.Describe(name); err == nil && m.Made.After(newest) {
			newest = m.Made
		}
	}
	switch age := a.clock().Sub(newest); {
	case newest.IsZero():
		return []check{{what, "bad", "none in " + folder + ": clew backup " + filepath.Join(folder, "clew.zip")}}
	case age > backupEvery:
		return []check{{what, "bad", fmt.Sprintf("the newest in %s is %d days old", folder, int(age.Hours()/24))}}
	}
	return []check{{what, "ok", "the newest is of " + newest.UTC().Format("2006-01-02 15:04 MST")}}
}

// checkSpace looks at the disk that the data directory is on.
func checkSpace(dir string) []check {
	free, all, err := diskSpace(dir)
	if err != nil {
		return []check{{"disk", "note", "its free space is not known: " + err.Error()}}
	}
	detail := fmt.Sprintf("%s of %s MiB free", grouped(free>>20), grouped(all>>20))
	if free < leastSpace || free < all/leastShare {
		return []check{{"disk", "bad", detail + ": clew prune --dry-run says what could go"}}
	}
	return []check{{"disk", "ok", detail}}
}
