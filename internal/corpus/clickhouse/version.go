package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ErrNewer means that the tables were made by a later clew.
var ErrNewer = errors.New("corpus was made by a newer clew")

// versionTable says which versions the tables of one server reached; in a cluster
// each server has its own.
const versionTable = "corpus_version"

// newest is the version of the tables that this clew makes. A change that another
// clew would read or write wrongly gets the next one; how densely a table is marked
// is none, and stays as it was made.
//
//  1. had no mark.
//  2. has one.
const newest = 2

// Codes of ClickHouse's errors: of a user whose profile says allow_ddl 0, and of one
// who was not granted something (servers that have grants).
const (
	prohibited   = 392
	accessDenied = 497
)

// notAllowed reports whether the server refused what this user may not do.
func notAllowed(err error) bool {
	said, ok := errors.AsType[*clickhouse.Exception](err)
	return ok && (said.Code == prohibited || said.Code == accessDenied)
}

// A standing is how the tables of a server are found.
type standing struct {
	version int    // 0 where there are none
	engine  string // of the links
}

// stands looks at the tables of the connected server, and changes nothing.
func (s *Store) stands(ctx context.Context) (found standing, err error) {
	marked := false
	sql := fmt.Sprintf("SELECT name, engine FROM system.tables WHERE database = '%s' AND name IN ('%s', '%s')", s.opts.Database, linksBySubject, versionTable)
	err = s.query(ctx, sql, func(rows driver.Rows) error {
		var name, engine string
		err := rows.Scan(&name, &engine)
		if name == versionTable {
			marked = true
		} else {
			found = standing{version: 1, engine: engine}
		}
		return err
	})
	if err != nil || !marked {
		return found, err
	}
	var reached uint32 // 0 where whoever made the table got no further
	if err := s.conn.QueryRow(ctx, "SELECT max(version) FROM "+s.name(versionTable)).Scan(&reached); err != nil {
		return found, err
	}
	found.version = max(found.version, int(reached))
	if found.version > newest {
		return found, fmt.Errorf("%w: its tables have version %d, this clew reads up to %d: update clew", ErrNewer, found.version, newest)
	}
	return found, nil
}

// forward makes what is missing of the newest version. The server has no
// transactions: several may do so at once, and one that broke off is done again, so
// every statement leaves alone what is there, and the mark comes last.
func (s *Store) forward(ctx context.Context) error {
	for _, statement := range s.opts.Statements() {
		if err := s.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return s.insert(ctx, versionTable, "version", []uint32{newest})
}
