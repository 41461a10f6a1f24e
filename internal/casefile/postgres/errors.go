package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"clew/internal/casefile"
)

var errSilent = errors.New("the server does not answer")

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
)

// explain says what an error of the server at means for the record, and what to
// do. It never holds the password.
func explain(at string, err error) error {
	advice := func(kind error, todo string) error { return fmt.Errorf("%w: %s: %s (%w)", kind, at, todo, err) }
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case diskFull:
			return advice(casefile.ErrFull, "make room on the server and run it again; nothing recorded so far is lost")
		case noPrivilege, readOnly:
			return advice(casefile.ErrReadOnly, "the user may not write there: grant it the database, or ask the primary and not a standby")
		case lockNotAvailable, deadlock:
			return advice(casefile.ErrLocked, "another clew has been writing to the case for too long; try again")
		case undefinedTable, undefinedColumn:
			return advice(casefile.ErrDamaged, "its tables are not as clew made them; restore them from a backup")
		case dataCorrupted, indexCorrupted:
			return advice(casefile.ErrDamaged, "the server reports damaged data; check its disk and restore from a backup")
		case invalidPassword, invalidAuthorising:
			return advice(casefile.ErrUnreachable, "user or password are wrong: see CLEW_DATABASE_USER and CLEW_DATABASE_PASSWORD")
		case noDatabase:
			return advice(casefile.ErrUnreachable, "there is no such database: create it first (createdb)")
		}
		return fmt.Errorf("%s: %w", at, err)
	}
	if errors.Is(err, casefile.ErrForeign) || errors.Is(err, casefile.ErrNewer) {
		return fmt.Errorf("%s: %w", at, err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, errSilent) || pgconn.Timeout(err) || unconnected(err) {
		return advice(casefile.ErrUnreachable, "start it, or check the address; what was acknowledged is safe")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%s: %w", at, err)
}

// unconnected reports whether a connection broke in the middle.
func unconnected(err error) bool {
	text := err.Error()
	for _, sign := range []string{"conn closed", "unexpected EOF", "connection reset", "broken pipe", "closed pool"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
