package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// LetsEncrypt is the authority that is asked when none is named.
const LetsEncrypt = autocert.DefaultACMEDirectory

// askWithin bounds one request to the authority.
const askWithin = 30 * time.Second

// An Authority gives certificates by ACME to who answers under a name: the
// challenge is tls-alpn-01 (RFC 8737), so that port 443 is all that has to be
// reachable. Using one means to agree to its terms.
type Authority struct {
	Domains   []string // that certificates are asked for: no other name is served
	Email     string   // told by the authority when something is wrong; may be empty
	Directory string   // URL of its directory, https; empty for [LetsEncrypt]
	Roots     string   // PEM file with who vouches for the authority's own server; empty for the system's
	Cache     string   // folder for account key and certificates, which others cannot read
}

// Config is what a server speaks TLS with. A certificate is asked for by [Obtain],
// or with the first handshake that needs it, kept, and renewed 30 days before it
// expires.
func (a Authority) Config() (*tls.Config, error) {
	if len(a.Domains) == 0 {
		return nil, errors.New("no domains to ask a certificate for")
	}
	at, err := url.Parse(a.Directory)
	if err != nil || a.Directory != "" && (at.Scheme != "https" || at.Host == "") {
		return nil, fmt.Errorf("%q is no directory of an authority: write https://…", a.Directory)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if a.Roots != "" {
		pem, err := os.ReadFile(a.Roots)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", a.Roots)
		}
	}
	manager := &autocert.Manager{
		RenewBefore: RenewBefore,
		Prompt:      autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(a.Domains...), Email: a.Email, Cache: autocert.DirCache(a.Cache),
		Client: &acme.Client{DirectoryURL: a.Directory, UserAgent: "clew", HTTPClient: &http.Client{Transport: transport, Timeout: askWithin}},
	}
	if a.Directory == "" {
		manager.Client.DirectoryURL = LetsEncrypt
	}
	config := base()
	config.GetCertificate = manager.GetCertificate
	config.NextProtos = append(config.NextProtos, acme.ALPNProto)
	return config, nil
}

// RenewBefore is how long before it expires a certificate is renewed.
const RenewBefore = 30 * 24 * time.Hour

// Kept is the certificate for a domain that the cache of an [Authority] holds.
// fs.ErrNotExist where none was given yet. Leaf is set.
func Kept(cache, domain string) (*tls.Certificate, error) {
	if !filepath.IsLocal(domain) {
		return nil, fmt.Errorf("%w: %q is no domain", ErrUnusable, domain)
	}
	name := filepath.Join(cache, domain) // as autocert names it; its key and chain are in one file
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnusable, name, err)
	}
	return &pair, nil
}

// Obtain has a certificate ready before anybody waits for it: a handshake lasts no
// longer than a server gives it, and an authority may take its time. The server has
// to answer already, for the authority looks.
func Obtain(config *tls.Config, domain string) (*x509.Certificate, error) {
	pair, err := config.GetCertificate(&tls.ClientHelloInfo{
		ServerName: domain, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, // as browsers: a certificate with a key on P-256
	})
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", domain, err)
	}
	return pair.Leaf, nil
}
