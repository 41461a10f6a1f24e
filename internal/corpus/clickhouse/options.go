package clickhouse

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"clew/internal/database/clientcert"
)

// Scheme begins the URL of a corpus on a ClickHouse server.
const Scheme = "clickhouse"

// Options say where a corpus is and how to open it.
type Options struct {
	Addresses []string // host:port of the native protocol; the first that answers is used
	Database  string
	// Cluster names an entry of the server's remote_servers; "" is one server alone.
	Cluster string
	TLS     bool
	// Files are certificates to show and to believe, with TLS.
	Files clientcert.Files

	User, Password string // "" is the server's user default, without a password

	// Silence is how long the server may say nothing in the middle of a question; 0
	// means [DefaultSilence].
	Silence time.Duration

	ReadOnly bool             // make no tables; a database without a corpus is an error
	Remake   bool             // make tables that are missing also where all were made before
	Clock    func() time.Time // numbers imports; nil means time.Now
	Random   io.Reader        // keeps the numbers of two clients apart; nil means crypto/rand
}

// name is what may stand in SQL as the name of a database or a cluster.
var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

const (
	defaultPort   = "9000"
	defaultSecure = "9440"
)

// ErrURL means that the text is no URL of a corpus.
var ErrURL = errors.New("not the URL of a corpus")

// ParseURL reads clickhouse://host:port/database, with the parameters cluster,
// secure=1 and those of [clientcert]. Several hosts are separated by commas. A
// password in it is refused: a command line is read by others.
func ParseURL(text string) (Options, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != Scheme || u.Opaque != "" {
		return Options{}, fmt.Errorf("%w: write it as clickhouse://host:9000/database", ErrURL)
	}
	if u.User != nil {
		return Options{}, fmt.Errorf("%w: it holds a user: put that into the environment as CLEW_CORPUS_USER and CLEW_CORPUS_PASSWORD, or into the configuration file", ErrURL)
	}
	o := Options{Database: strings.Trim(u.Path, "/"), Files: clientcert.FilesOf(u.Query())}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch {
		case key == "cluster" && value != "":
			o.Cluster = value
		case key == "secure" && (value == "0" || value == "1"):
			o.TLS = value == "1"
		case clientcert.Named(key):
		default:
			return Options{}, fmt.Errorf("%w: %s=%s: known are cluster=NAME, secure=1, sslcert=FILE with sslkey=FILE, and sslrootcert=FILE", ErrURL, key, value)
		}
	}
	for host := range strings.SplitSeq(u.Host, ",") {
		address, err := o.address(host)
		if err != nil {
			return Options{}, err
		}
		o.Addresses = append(o.Addresses, address)
	}
	if err := o.check(); err != nil {
		return Options{}, err
	}
	if err := o.Files.Check(); err != nil {
		return Options{}, fmt.Errorf("%w: %w", ErrURL, err)
	}
	if o.Files.Any() && !o.TLS {
		return Options{}, fmt.Errorf("%w: files of certificates are named without secure=1", ErrURL)
	}
	return o, nil
}

// check refuses names that would not stand in SQL as they are.
func (o Options) check() error {
	for _, n := range []struct{ what, text string }{{"database", o.Database}, {"cluster", o.Cluster}} {
		if !name.MatchString(n.text) && (n.what != "cluster" || n.text != "") {
			return fmt.Errorf("%w: the %s %q is not a name of letters, digits and _", ErrURL, n.what, n.text)
		}
	}
	return nil
}

// address completes a host with the port of the native protocol.
func (o Options) address(host string) (string, error) {
	bare, port, err := net.SplitHostPort(host)
	if err != nil {
		bare, port = strings.Trim(host, "[]"), defaultPort
		if o.TLS {
			port = defaultSecure
		}
	}
	if bare == "" {
		return "", fmt.Errorf("%w: it names no server", ErrURL)
	}
	return net.JoinHostPort(bare, port), nil
}

// String returns the URL, without user and password.
func (o Options) String() string {
	query := url.Values{}
	if o.Cluster != "" {
		query.Set("cluster", o.Cluster)
	}
	if o.TLS {
		query.Set("secure", "1")
	}
	o.Files.Name(query)
	u := url.URL{Scheme: Scheme, Host: strings.Join(o.Addresses, ","), Path: "/" + o.Database, RawQuery: query.Encode()}
	return u.String()
}
