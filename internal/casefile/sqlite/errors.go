package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"clew/internal/casefile"
)

// explained turns an error of the engine into one of casefile's, with the file
// it is about and what to do.
func (s *Store) explained(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var sqlErr *sqlite.Error
	if !errors.As(err, &sqlErr) {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	advice := func(kind error, todo string) error {
		return fmt.Errorf("%w: %s: %s (%w)", kind, s.path, todo, err)
	}
	switch sqlErr.Code() & 0xff { // the low byte is the primary code, the rest says where
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return advice(casefile.ErrLocked, "another clew has been writing to it for too long; wait for it or end it, then try again")
	case lib.SQLITE_FULL:
		return advice(casefile.ErrFull, "make room and run it again; nothing recorded so far is lost")
	case lib.SQLITE_CORRUPT, lib.SQLITE_FORMAT:
		return advice(casefile.ErrDamaged, "restore it from a backup or from case bundles; raw answers in blobs/ are not affected")
	case lib.SQLITE_ERROR: // no statement of ours is wrong, so the tables are
		return advice(casefile.ErrDamaged, "its tables are not as clew made them; restore it from a backup or from case bundles")
	case lib.SQLITE_NOTADB:
		return advice(casefile.ErrForeign, "it was not written by clew, or its beginning was overwritten; move it away or choose another folder with --data")
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
		return advice(casefile.ErrReadOnly, "allow writing to the file and its folder, or choose another folder with --data")
	case lib.SQLITE_IOERR:
		return advice(casefile.ErrDamaged, "the disk reported an error; check it, then restore from a backup")
	}
	return fmt.Errorf("%s: %w", s.path, err)
}
