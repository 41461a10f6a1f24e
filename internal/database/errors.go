package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"clew/internal/database/clientcert"
)

// Kinds of errors that callers tell apart. Each comes in an [Error] with the
// server and what to do.
var (
	ErrUnreachable = errors.New("database cannot be reached")
	ErrFull        = errors.New("database is full")
	ErrReadOnly    = errors.New("database cannot be written")
	ErrLocked      = errors.New("database is busy")
	ErrDamaged     = errors.New("database is damaged")
	ErrForeign     = errors.New("database is not clew's")
	ErrNewer       = errors.New("database was made by a newer clew")
	ErrEarlier     = errors.New("database is of an earlier clew") // and who works in it may not change that
	ErrRights      = errors.New("database's users have other rights")
)

var errSilent = errors.New("the server does not answer")

// An Error says what went wrong at a server. It never holds the password.
type Error struct {
	Kind error // one of this package's
	At   string
	Todo string
	Err  error // what the server or the driver said, if anything
}

func (e *Error) Error() string { return e.Named(e.Kind).Error() }

func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// Named is the same error under the name that an engine's callers know it by.
func (e *Error) Named(kind error) error {
	if e.Err == nil {
		return fmt.Errorf("%w: %s: %s", kind, e.At, e.Todo)
	}
	return fmt.Errorf("%w: %s: %s (%w)", kind, e.At, e.Todo, e.Err)
}

// Codes of PostgreSQL's errors (its manual, appendix A).
const (
	diskFull           = "53100"
	noPrivilege        = "42501"
	readOnly           = "25006"
	lockNotAvailable   = "55P03"
	deadlock           = "40P01"
	undefinedTable     = "42P01"
	undefinedColumn    = "42703"
	dataCorrupted      = "XX001"
	indexCorrupted     = "XX002"
	invalidPassword    = "28P01"
	invalidAuthorising = "28000"
	noDatabase         = "3D000"
	startingUp         = "57P03"
	shutDown           = "57P01"
	crashed            = "57P02"
)

// means says what a code of PostgreSQL's is for clew, and what to do.
func means(code string) (todo string, kind error) {
	switch code {
	case diskFull:
		return "make room on the server and run it again; nothing recorded so far is lost", ErrFull
	case noPrivilege, readOnly:
		return "the user may not do that there: run clew database migrate --grant-to USER as the user who owns the tables, do it as that user (clew prune), or ask the primary and not a standby", ErrReadOnly
	case lockNotAvailable, deadlock:
		return "another clew has been writing the same for too long; try again", ErrLocked
	case undefinedTable, undefinedColumn:
		return "its tables are not as clew made them; restore them from a backup", ErrDamaged
	case dataCorrupted, indexCorrupted:
		return "the server reports damaged data; check its disk and restore from a backup", ErrDamaged
	case invalidPassword, invalidAuthorising:
		return "user, password or certificate are not those that it wants: see CLEW_DATABASE_USER and CLEW_DATABASE_PASSWORD, or sslcert and sslkey in the URL", ErrUnreachable
	case noDatabase:
		return "there is no such database: create it first (createdb)", ErrUnreachable
	case startingUp, shutDown, crashed:
		return "it is starting or stopping; try again in a moment; what was acknowledged is safe", ErrUnreachable
	}
	return "", nil
}

// Explain says what an error of the server means, and what to do. What is not the
// server's passes through.
func (db *DB) Explain(err error) error {
	var known *Error
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &known) {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if todo, kind := means(pg.Code); kind != nil {
			if errors.Is(kind, ErrUnreachable) {
				db.renew()
			}
			return &Error{Kind: kind, At: db.at, Todo: todo, Err: err}
		}
		return fmt.Errorf("%s: %w", db.at, err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, errSilent) || pgconn.Timeout(err) || unconnected(err) {
		db.renew()
		todo := "start it, or check the address; what was acknowledged is safe"
		if clientcert.Refused(err) {
			todo = "one of you does not believe the other's certificate: check sslrootcert, sslcert and sslkey in the URL, and who signed the server's; what was acknowledged is safe"
		}
		return &Error{Kind: ErrUnreachable, At: db.at, Todo: todo, Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%s: %w", db.at, err)
}

// renew lets go of the connections that are idle. Where one broke the others have
// too, and each would cost whoever gets it an error when the server is back.
func (db *DB) renew() {
	if db.Pool != nil {
		db.Reset()
	}
}

// unconnected reports whether a connection broke in the middle.
func unconnected(err error) bool {
	var broken *net.OpError // of a socket, whatever was wrong with it: reset, closed here
	if errors.As(err, &broken) {
		return true
	}
	text := err.Error()
	for _, sign := range []string{"conn closed", "unexpected EOF", "connection reset", "broken pipe", "closed pool"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
