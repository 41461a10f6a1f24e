// Package clientcert has the TLS connections to a store show a certificate of this
// client's, and believe an authority of the team's own. Files are looked at when the
// store is opened, and the certificate is read again for each connection: one that is
// renewed on the disk needs no restart.
package clientcert

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// Names of the parameters of a URL that name the files: libpq's.
const (
	Cert = "sslcert"
	Key  = "sslkey"
	Root = "sslrootcert"
)

// Named reports whether a parameter is one of them.
func Named(parameter string) bool { return parameter == Cert || parameter == Key || parameter == Root }

// Files are in PEM; "" for none.
type Files struct {
	Cert, Key string // of this client; the certificate first, what leads to its authority behind it
	Root      string // authorities that the server's certificate may come from, instead of the system's
}

// FilesOf are those that the query of a URL names.
func FilesOf(query url.Values) Files {
	return Files{Cert: query.Get(Cert), Key: query.Get(Key), Root: query.Get(Root)}
}

// Name puts those that there are into the query of a URL.
func (f Files) Name(query url.Values) {
	for name, file := range map[string]string{Cert: f.Cert, Key: f.Key, Root: f.Root} {
		if file != "" {
			query.Set(name, file)
		}
	}
}

// Check says what is missing, without a look at the files.
func (f Files) Check() error {
	if (f.Cert == "") != (f.Key == "") {
		return fmt.Errorf("%s and %s go together: name both", Cert, Key)
	}
	return nil
}

// Any reports whether a file is named.
func (f Files) Any() bool { return f != Files{} }

// Into puts what the files hold into a configuration.
func (f Files) Into(config *tls.Config) error {
	if err := f.Check(); err != nil {
		return err
	}
	if f.Root != "" {
		text, err := os.ReadFile(f.Root)
		if err != nil {
			return fmt.Errorf("%s: %w", Root, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s %s holds no certificate in PEM", Root, f.Root)
		}
		config.RootCAs = pool
	}
	if f.Cert == "" {
		return nil
	}
	if _, err := f.load(); err != nil {
		return err
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.load() }
	return nil
}

func (f Files) load() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", Cert, Key, err)
	}
	return &pair, nil
}

// Bare reports whether everybody on this machine may read the key.
func (f Files) Bare() bool {
	info, err := os.Stat(f.Key)
	return f.Key != "" && err == nil && info.Mode().Perm()&0o007 != 0
}

// Refused reports whether a connection ended because one side did not believe the
// other's certificate, or it had none to show.
func Refused(err error) bool {
	var ours *tls.CertificateVerificationError
	var theirs *net.OpError // their alert, whose type is the library's own
	return errors.As(err, &ours) || errors.As(err, &theirs) && theirs.Op == "remote error"
}
