// Package sqlite keeps what [fetch] must remember beyond a run in one SQLite
// file: what each provider was sent and allows, how it fares, and the index of
// kept replies. Several processes may use it at once and share one budget.
//
// The file holds no key and nothing that was asked, and only its user may read
// it. It is in WAL mode, which needs a local disk.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	lib "modernc.org/sqlite/lib"

	"clew/internal/database/sqlitefile"
	"clew/internal/fetch"
)

// FileName is what Open makes in its folder.
const FileName = "fetch.db"

// Errors that callers tell apart. Each comes with the file and what to do.
var (
	ErrDamaged = errors.New("record of what was spent is damaged")
	ErrForeign = errors.New("file is not clew's record of what was spent")
	ErrLocked  = errors.New("record of what was spent is in use by another process")
	ErrNewer   = errors.New("record of what was spent was written by a newer clew")
)

// applicationID is in the header of the file, "clwf" in ASCII.
const applicationID = 0x636c7766

// steps bring the tables forward, one version each. Never change one that was
// released: append another.
var steps = []string{`
CREATE TABLE accounts (
	name TEXT PRIMARY KEY,
	data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE replies (
	key   TEXT PRIMARY KEY,
	until INTEGER NOT NULL, -- fresh until then, in seconds since 1970
	body  TEXT NOT NULL,    -- digest
	data  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_by_until ON replies (until);
`}

// maxConnections bounds the open files: one writes, the others look up replies.
const maxConnections = 4

// A Store is a [fetch.State] in a file.
type Store struct {
	path string
	db   *sql.DB
	// writing lets the writers of this process queue instead of racing for the
	// file lock, whose waiters sleep and are served in no order.
	writing sync.Mutex
}

var _ fetch.State = (*Store)(nil)

// Open opens the file in folder, making both when they are not there. A damaged
// file is an error and not a fresh start: it would be forgotten what was spent.
// See [Rebuild].
func Open(ctx context.Context, folder string) (*Store, error) {
	s := &Store{path: filepath.Join(folder, FileName)}
	var err error
	s.db, err = sqlitefile.Open(ctx, sqlitefile.File{
		Path: s.path, ID: applicationID, Steps: steps, Connections: maxConnections,
		Foreign: ErrForeign, Newer: ErrNewer, Explain: s.explained,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Rebuild moves the file in folder aside and returns where to. What was spent is
// then unknown until the providers' next replies tell: use it when Open says
// that the file is damaged, and say so to the user.
func Rebuild(folder string, now time.Time) (aside string, err error) {
	path := filepath.Join(folder, FileName)
	aside = path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	if err := os.Rename(path, aside); err != nil {
		return "", fmt.Errorf("move the damaged record of what was spent aside: %w", err)
	}
	for _, part := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+part, aside+part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("move the damaged record of what was spent aside: %w", err)
		}
	}
	return aside, nil
}

// Close lets go of the file.
func (s *Store) Close() error { return s.explained(s.db.Close()) }

// Update implements [fetch.State].
func (s *Store) Update(ctx context.Context, account string, change func(*fetch.Account, time.Duration) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.db.BeginTx(ctx, nil) // immediate: nobody reads what is about to change
	if err != nil {
		return s.explained(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	var a fetch.Account
	var text string
	err = tx.QueryRowContext(ctx, `SELECT data FROM accounts WHERE name = ?`, account).Scan(&text)
	if err == nil {
		err = s.decode(account, text, &a)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s.explained(err)
	}
	if err := change(&a, 0); err != nil {
		return err
	}
	changed, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("account of %s: %w", account, err)
	}
	const put = `INSERT INTO accounts (name, data) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data`
	if _, err := tx.ExecContext(ctx, put, account, string(changed)); err != nil {
		return s.explained(err)
	}
	return s.explained(tx.Commit())
}

func (s *Store) decode(name, text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("%w: %s: %s is not as it was written (%w)%s", ErrDamaged, s.path, name, err, todo)
	}
	return nil
}

// todo is what to do about a damaged file.
const todo = "; move it away to begin with nothing counted, the providers' replies then say what is left"

// Accounts implements [fetch.State].
func (s *Store) Accounts(ctx context.Context) (map[string]fetch.Account, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, data FROM accounts`)
	if err != nil {
		return nil, s.explained(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what matters
	all := map[string]fetch.Account{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, s.explained(err)
		}
		var a fetch.Account
		if err := s.decode(name, text, &a); err != nil {
			return nil, err
		}
		all[name] = a
	}
	return all, s.explained(rows.Err())
}

// Skew implements [fetch.State]: a file in WAL mode is shared within one machine.
func (s *Store) Skew(context.Context) (time.Duration, error) { return 0, nil }

// explained turns an error of the engine into one of ours, with the file it is
// about and what to do.
func (s *Store) explained(err error) error {
	switch sqlitefile.Code(err) {
	case 0:
		return err
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%w: %s: another clew has been writing to it for too long; wait for it or end it (%w)", ErrLocked, s.path, err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s%s (%w)", ErrForeign, s.path, todo, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_FORMAT, lib.SQLITE_ERROR: // no statement of ours is wrong, so the tables are
		return fmt.Errorf("%w: %s%s (%w)", ErrDamaged, s.path, todo, err)
	}
	return fmt.Errorf("record of what was spent: %s: %w", s.path, err)
}
