// Package sqlite keeps the watches of one data directory in a file. Several
// processes on the machine may use it at once; it is in WAL mode, which needs a
// local disk.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"clew/internal/database/sqlitefile"
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

// connections: its users would race for the file.
const connections = 1

// Open opens the file in folder, making both when they are not there.
func Open(ctx context.Context, folder string) (*watch.Store, error) {
	path := filepath.Join(folder, FileName)
	explain := func(err error) error {
		if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, watch.ErrNoWatch) || errors.Is(err, watch.ErrExists) {
			return err
		}
		return fmt.Errorf("record of watches: %s: %w", path, err)
	}
	db, err := sqlitefile.Open(ctx, sqlitefile.File{
		Path: path, ID: applicationID, Steps: steps(), Connections: connections,
		Foreign: ErrForeign, Newer: ErrNewer, Explain: explain,
	})
	if err != nil {
		return nil, err
	}
	return watch.NewStore(db, "", explain, db.Close), nil
}

// steps are the tables of every engine, here without a schema before their names.
func steps() []string {
	tables := make([]string, len(watch.Tables))
	for i, step := range watch.Tables {
		tables[i] = strings.ReplaceAll(step, "{p}", "")
	}
	return tables
}
