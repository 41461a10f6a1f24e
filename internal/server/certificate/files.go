// Package certificate has what a server proves itself with: files that are read
// again when they change, or an authority that is asked by ACME (RFC 8555).
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// lookEvery bounds how often the files are looked at, which handshakes cause.
const lookEvery = 2 * time.Second

// ErrUnusable means that certificate and key cannot be served with.
var ErrUnusable = errors.New("certificate cannot be used")

// Files are a certificate with its chain and its key, PEM, as an authority's
// client leaves them. What cannot be read later on is said once, and the pair
// that was read before stays in use.
type Files struct {
	certFile, keyFile string
	log               *slog.Logger
	clock             func() time.Time

	mu      sync.Mutex // guards what follows
	current *tls.Certificate
	read    [2]stamp
	looked  time.Time
}

// A stamp tells one content of a file from the next.
type stamp struct {
	changed time.Time
	size    int64
}

// Open reads both files, which have to fit each other.
func Open(certFile, keyFile string, log *slog.Logger, clock func() time.Time) (*Files, error) {
	f := &Files{certFile: certFile, keyFile: keyFile, log: log, clock: clock}
	f.read, f.looked = f.stamps(), clock()
	pair, err := Read(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	f.current = pair
	return f, nil
}

// Read reads a certificate with its chain, and its key. Leaf is set.
func Read(certFile, keyFile string) (*tls.Certificate, error) {
	for _, name := range []string{certFile, keyFile} {
		if _, err := os.Stat(name); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
		}
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %s with %s: %w", ErrUnusable, certFile, keyFile, err)
	}
	return &pair, nil
}

// OthersMayRead reports whether a key's file is open to users who are neither its
// owner nor of its group.
func OthersMayRead(keyFile string) bool {
	info, err := os.Stat(keyFile)
	return err == nil && info.Mode().Perm()&0o007 != 0
}

// Config is what a server speaks TLS with: 1.2 or newer, with forward secrecy.
func (f *Files) Config() *tls.Config {
	config := base()
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.Current(), nil }
	return config
}

// base leaves TLS 1.3 as Go has it, and of 1.2 the suites that encrypt with a key
// of their own each time and authenticate what they encrypt (RFC 9325, 4.2).
func base() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	for _, suite := range tls.CipherSuites() {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS12) && authenticated(suite.ID) {
			config.CipherSuites = append(config.CipherSuites, suite.ID)
		}
	}
	return config
}

func authenticated(suite uint16) bool {
	switch suite {
	case tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
		return true
	}
	return false
}

// Current is the certificate in use, read again when the files have changed.
func (f *Files) Current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.clock(); now.Sub(f.looked) >= lookEvery || now.Before(f.looked) {
		f.looked = now
		if f.stamps() != f.read {
			f.reload()
		}
	}
	return f.current
}

// Reload reads the files now, whether or not they look changed: what SIGHUP asks for.
func (f *Files) Reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reload()
}

// reload is called with the lock held. A pair that does not fit may be one that is
// being replaced, file by file: it is tried again with the next change.
func (f *Files) reload() {
	f.read = f.stamps()
	pair, err := Read(f.certFile, f.keyFile)
	if err != nil {
		f.log.LogAttrs(context.Background(), slog.LevelError, "certificate was not read again: the one before stays in use",
			slog.String("error", err.Error()), slog.Time("expires", f.current.Leaf.NotAfter))
		return
	}
	f.current = pair
	f.log.LogAttrs(context.Background(), slog.LevelInfo, "certificate read again", slog.Any("names", Names(pair.Leaf)), slog.Time("expires", pair.Leaf.NotAfter))
}

func (f *Files) stamps() (read [2]stamp) {
	for i, name := range []string{f.certFile, f.keyFile} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // being replaced: there again in a moment, or an error then
		}
		if err == nil {
			read[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return read
}

// Names are the names and addresses that a certificate is for.
func Names(c *x509.Certificate) []string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
