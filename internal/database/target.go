package database

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"clew/internal/database/clientcert"
)

// A Target is a database on a server.
type Target struct {
	// URL is postgres://host:port/database. Its query may hold sslmode (disable,
	// require, verify-full; verify-full unless the host is this machine, or a file
	// is named), the files of [clientcert], and pool_max_conns. A user may stand in
	// it, a password not: it would show in process lists and histories.
	URL            string
	User, Password string
}

// usualConns is how many connections a process opens at most: a server's requests, four
// jobs with their leases, and the queue's own. PostgreSQL takes 100 from all of them
// unless it is told otherwise.
const usualConns = 10

// known are the parameters a URL may hold; others would be sent to the server.
var known = []string{"sslmode", clientcert.Root, clientcert.Cert, clientcert.Key, "pool_max_conns"}

// String names the target for people.
func (t Target) String() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return "the database"
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// Check says what is wrong with the URL, before anything is connected to.
func (t Target) Check() error {
	_, err := t.parse()
	return err
}

func (t Target) parse() (*url.URL, error) {
	wrong := func(what string) error {
		return fmt.Errorf("database: %s: write postgres://host:5432/clew, and give user and password apart", what)
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, wrong("not a URL") // its text may hold a password: it is not repeated
	}
	switch {
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return nil, wrong("no postgres:// URL")
	case u.Hostname() == "":
		return nil, wrong("it names no host")
	case strings.Trim(u.Path, "/") == "":
		return nil, wrong("it names no database")
	}
	if _, has := u.User.Password(); has {
		return nil, wrong("a password does not belong in the URL")
	}
	for name := range u.Query() {
		if !slices.Contains(known, name) {
			return nil, wrong(fmt.Sprintf("unknown parameter %q", name))
		}
	}
	if err := clientcert.FilesOf(u.Query()).Check(); err != nil {
		return nil, wrong(err.Error())
	}
	return u, nil
}

// Files are those that connections prove themselves and the server by.
func (t Target) Files() clientcert.Files {
	u, err := t.parse()
	if err != nil {
		return clientcert.Files{}
	}
	return clientcert.FilesOf(u.Query())
}

func (t Target) config() (*pgxpool.Config, error) {
	u, err := t.parse()
	if err != nil {
		return nil, err
	}
	query := u.Query()
	by := clientcert.FilesOf(query)
	for _, name := range []string{clientcert.Cert, clientcert.Key, clientcert.Root} {
		query.Del(name)
	}
	if query.Get("sslmode") == "" {
		query.Set("sslmode", "verify-full")
		if !by.Any() && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
			query.Set("sslmode", "disable")
		}
	}
	u.RawQuery = query.Encode()
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("database: its URL cannot be read: write postgres://host:5432/clew?sslmode=verify-full")
	}
	if t.User != "" {
		config.ConnConfig.User = t.User
	}
	if t.Password != "" {
		config.ConnConfig.Password = t.Password
	}
	if err := prove(config.ConnConfig.TLSConfig, by); err != nil {
		return nil, err
	}
	if !query.Has("pool_max_conns") {
		config.MaxConns = usualConns
	}
	config.ConnConfig.ConnectTimeout = ConnectWithin
	for name, value := range runtimeParams {
		config.ConnConfig.RuntimeParams[name] = value
	}
	return config, nil
}

func prove(config *tls.Config, by clientcert.Files) error {
	if !by.Any() {
		return nil
	}
	if config == nil {
		return errors.New("database: files of certificates are named, and sslmode is disable: take one of them out")
	}
	if err := by.Into(config); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}
