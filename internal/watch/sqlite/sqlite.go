// Package sqlite keeps the watches of one data directory in a file. Several
// processes on the machine may use it at once; it is in WAL mode, which needs a
// local disk.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"clew/internal/watch"
)

// FileName is what Open makes in its folder.
const FileName = "watches.db"

// Errors that callers tell apart. Each comes with the file.
var (
	ErrForeign = errors.New("file is not clew's record of watches")
	ErrNewer   = errors.New("record of watches was written by a newer clew")
)

// applicationID is in the header of the file, "clww" in ASCII.
const applicationID = 0x636c7777

// wait is how long an operation waits for another process's.
const wait = 10 * time.Second

// Open opens the file in folder, making both when they are not there.
func Open(ctx context.Context, folder string) (*watch.Store, error) {
	path := filepath.Join(folder, FileName)
	explain := func(err error) error {
		if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, watch.ErrNoWatch) || errors.Is(err, watch.ErrExists) {
			return err
		}
		return fmt.Errorf("record of watches: %s: %w", path, err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, explain(err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, explain(err)
	}
	if err := file.Close(); err != nil {
		return nil, explain(err)
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()), // first: the others may have to wait
		"journal_mode(WAL)", "synchronous(FULL)", "trusted_schema(0)", "cell_size_check(1)",
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, explain(err)
	}
	db.SetMaxOpenConns(1) // its users would race for the file
	if err := prepare(ctx, db); err != nil {
		return nil, errors.Join(explain(err), db.Close())
	}
	return watch.NewStore(db, "", explain, db.Close), nil
}

// prepare makes or checks the tables. Turning on WAL does not wait its turn: while
// another process makes the same new file it fails at once.
func prepare(ctx context.Context, db *sql.DB) error {
	const pause = 20 * time.Millisecond
	for left := wait; ; left -= pause {
		err := migrate(ctx, db)
		if err == nil || left <= 0 || !strings.Contains(err.Error(), "SQLITE_BUSY") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	var id, found, objects int
	const look = `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`
	if err := tx.QueryRowContext(ctx, look).Scan(&id, &found, &objects); err != nil {
		return err
	}
	switch {
	case id != applicationID && (id != 0 || objects > 0):
		return fmt.Errorf("%w: choose another folder with --data", ErrForeign)
	case found > len(watch.Tables):
		return fmt.Errorf("%w: version %d, this clew reads %d: update clew", ErrNewer, found, len(watch.Tables))
	}
	for _, step := range watch.Tables[found:] {
		if _, err := tx.ExecContext(ctx, strings.ReplaceAll(step, "{p}", "")); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, len(watch.Tables))); err != nil {
		return err
	}
	return tx.Commit()
}
