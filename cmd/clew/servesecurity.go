package main

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"clew/internal/server/certificate"
)

// usualAddress is listened on when nothing else is said.
const usualAddress = "127.0.0.1:8777"

// serveSettings are the part of the configuration that says where clew serve
// answers, and how it proves who it is: by files, or by an authority that is asked
// by ACME.
//
//	serve:
//	  listen: 0.0.0.0:443
//	  url: https://clew.example
//	  tls: {cert: /etc/clew/chain.pem, key: /etc/clew/key.pem}
//	  acme: {domains: [clew.example], email: soc@clew.example}
//	  behind_proxy: [127.0.0.1]
type serveSettings struct {
	Listen      string       `yaml:"listen,omitempty"`
	URL         string       `yaml:"url,omitempty"`          // what people type
	BehindProxy []string     `yaml:"behind_proxy,omitempty"` // addresses and networks of reverse proxies
	TLS         tlsSettings  `yaml:"tls,omitempty"`
	ACME        acmeSettings `yaml:"acme,omitempty"`
}

type tlsSettings struct {
	Cert string `yaml:"cert,omitempty"` // PEM, with the chain behind it
	Key  string `yaml:"key,omitempty"`
}

type acmeSettings struct {
	Domains   []string `yaml:"domains,omitempty"`
	Email     string   `yaml:"email,omitempty"`
	Directory string   `yaml:"directory,omitempty"` // of another authority than Let's Encrypt
	Roots     string   `yaml:"roots,omitempty"`     // PEM, for an authority of your own
}

// acmeFolder is where the data directory keeps what an authority gave.
const acmeFolder = "acme"

func (s serveSettings) encrypts() bool {
	return s.TLS != tlsSettings{} || len(s.ACME.Domains) > 0
}

// name is what a client of the server asks for: that of its first certificate.
func (s serveSettings) name() string {
	if len(s.ACME.Domains) > 0 {
		return s.ACME.Domains[0]
	}
	return ""
}

// link is what the person who started the server opens.
func (s serveSettings) link(addr net.Addr) string {
	switch {
	case s.URL != "":
		return strings.TrimRight(s.URL, "/") + "/"
	case s.encrypts():
		return "https://" + addr.String() + "/"
	}
	return "http://" + addr.String() + "/"
}

// transportSecurity is what the server encrypts with, nil when it does not. Files
// are read again when they change, and on SIGHUP until ctx ends.
func (a *app) transportSecurity(ctx context.Context, s serveSettings) (*tls.Config, error) {
	switch {
	case !s.encrypts():
		return nil, nil
	case len(s.ACME.Domains) > 0 && s.TLS != tlsSettings{}:
		return nil, usagef("%w: serve: has both tls and acme: leave one out", errConfig)
	case len(s.ACME.Domains) > 0:
		dir, err := a.dataDir()
		if err != nil {
			return nil, err
		}
		config, err := certificate.Authority{
			Domains: s.ACME.Domains, Email: s.ACME.Email, Directory: s.ACME.Directory, Roots: s.ACME.Roots, Cache: filepath.Join(dir, acmeFolder),
		}.Config()
		if err != nil {
			return nil, usagef("%w: serve: acme: %w", errConfig, err)
		}
		return config, nil
	case s.TLS.Cert == "" || s.TLS.Key == "":
		return nil, usagef("%w: serve: tls: name both files, cert and key", errConfig)
	}
	files, err := certificate.Open(s.TLS.Cert, s.TLS.Key, a.logger, a.clock)
	if err != nil {
		return nil, usagef("%w: serve: tls: %w", errConfig, err)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	go func() {
		defer signal.Stop(asked)
		for {
			select {
			case <-asked:
				files.Reload()
			case <-ctx.Done():
				return
			}
		}
	}()
	return files.Config(), nil
}

// obtainCertificates asks the authority as soon as the server answers, so that
// nobody's first visit waits for it.
func (a *app) obtainCertificates(config *tls.Config, domains []string) {
	for _, domain := range domains {
		leaf, err := certificate.Obtain(config, domain)
		if err != nil {
			a.logger.Error("no certificate: it is asked for again with the next visit", "error", err)
			continue
		}
		a.logger.Info("certificate is there", "name", domain, "expires", leaf.NotAfter)
	}
}
