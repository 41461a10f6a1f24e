package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/backup"
	"clew/internal/server/certificate"
	"clew/internal/words"
)

// What the doctor thinks of times and places.
const (
	renewWithin = 14 * 24 * time.Hour // a certificate that expires by then should have been renewed
	backupEvery = 8 * 24 * time.Hour  // a weekly backup, and a day for it to fail unnoticed
	leastSpace  = 1 << 30             // bytes on the data directory's disk
	leastShare  = 20                  // one part of this many
)

// checkServing looks at what clew serve proves itself with: files, or what an
// authority gave.
func (a *app) checkServing(s serveSettings) []check {
	const what = "certificate"
	var checks []check
	if s.TLS.Cert != "" {
		if pair, err := certificate.Read(s.TLS.Cert, s.TLS.Key); err != nil {
			checks = append(checks, check{what, "bad", err.Error()})
		} else {
			checks = append(checks, a.checkCertificate(pair.Leaf, s.host(), renewWithin, "renew it"))
		}
		if certificate.OthersMayRead(s.TLS.Key) {
			checks = append(checks, check{"certificate key", "bad", s.TLS.Key + " may be read by everybody: chmod 600 it"})
		}
	}
	dir, err := a.dataDir()
	if err != nil || len(s.ACME.Domains) == 0 {
		return checks // the data directory is a check of its own
	}
	if host := s.host(); host != "" && !slices.Contains(s.ACME.Domains, host) {
		checks = append(checks, check{what, "bad", fmt.Sprintf("people come to %s, for which no certificate is asked: add it to serve: acme: domains", host)})
	}
	for _, domain := range s.ACME.Domains {
		pair, err := certificate.Kept(filepath.Join(dir, acmeFolder), domain)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			checks = append(checks, check{what, "note", fmt.Sprintf("none for %s yet: clew serve asks for it when it starts, and the authority must reach port 443 under that name", domain)})
		case err != nil:
			checks = append(checks, check{what, "bad", err.Error() + ": move the file away, and clew serve asks for another one"})
		default:
			todo := fmt.Sprintf("it should have been renewed by itself since %s: the log of clew serve says why not; the authority must reach port 443 under that name", pair.Leaf.NotAfter.Add(-certificate.RenewBefore).UTC().Format(time.DateOnly))
			checks = append(checks, a.checkCertificate(pair.Leaf, domain, renewWithin, todo))
		}
	}
	return checks
}

// host is the name that people type, "" where none is configured.
func (s serveSettings) host() string {
	at, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

// checkCertificate looks whether a certificate is good for a host, now and for a
// while. todo says what to do when it is not good for long.
func (a *app) checkCertificate(leaf *x509.Certificate, host string, within time.Duration, todo string) check {
	now := a.clock()
	left := leaf.NotAfter.Sub(now)
	detail := fmt.Sprintf("for %s, until %s", strings.Join(certificate.Names(leaf), ", "), leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	state := "bad"
	switch {
	case now.Before(leaf.NotBefore):
		detail += ": it is not good before " + leaf.NotBefore.UTC().Format("2006-01-02 15:04 MST") + ": wait, or set the clock"
	case left <= 0:
		detail += ": it has expired: " + todo
	case left < within:
		detail += fmt.Sprintf(": %d days are left: %s", int(left.Hours()/24), todo)
	case host != "" && leaf.VerifyHostname(host) != nil:
		detail += fmt.Sprintf(": people come to %s, which it is not for: get one that is, or change serve: url", host)
	default:
		state = "ok"
	}
	return check{"certificate", state, detail}
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
			checks = append(checks, a.checkSealed(p))
		}
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		checks = append(checks, check{"data directory", "note", dir + " may be entered by others: chmod 700 it, what lies in it says what you look into"})
	}
	return checks
}

// checkSealed opens what is sealed: a passphrase or key that was lost is found here,
// and not when a source is to be asked.
func (a *app) checkSealed(p secretPlace) check {
	detail := p.Where + ": " + p.How
	if p.Secrets >= 0 {
		return check{"secrets", "ok", detail}
	}
	if _, err := a.withSecrets(); err != nil {
		return check{"secrets", "bad", detail + ", and does not open: " + err.Error()}
	}
	return check{"secrets", "ok", detail + ", and opens"}
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
	detail := fmt.Sprintf("%s of %s MiB free", words.Number(free>>20), words.Number(all>>20))
	if free < leastSpace || free < all/leastShare {
		return []check{{"disk", "bad", detail + ": clew prune --dry-run says what could go"}}
	}
	return []check{{"disk", "ok", detail}}
}
