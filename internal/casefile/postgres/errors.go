package postgres

import (
	"errors"

	"clew/internal/casefile"
	"clew/internal/database"
)

// kinds are the errors of a database by the name that users of a record know.
var kinds = map[error]error{
	database.ErrUnreachable: casefile.ErrUnreachable,
	database.ErrFull:        casefile.ErrFull,
	database.ErrReadOnly:    casefile.ErrReadOnly,
	database.ErrLocked:      casefile.ErrLocked,
	database.ErrDamaged:     casefile.ErrDamaged,
	database.ErrForeign:     casefile.ErrForeign,
	database.ErrNewer:       casefile.ErrNewer,
	database.ErrEarlier:     casefile.ErrEarlier,
}

// explained turns an error of the database into one of casefile's, with the
// server it is about and what to do.
func (s *Store) explained(err error) error { return named(s.db.Explain(err)) }

func named(err error) error {
	if e, ok := errors.AsType[*database.Error](err); ok {
		return e.Named(kinds[e.Kind])
	}
	return err
}
