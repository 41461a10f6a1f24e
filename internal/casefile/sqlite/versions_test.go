package sqlite_test

import (
	"context"
	"testing"

	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/sqlite"
	"clew/internal/database/versiontest"
)

func TestVersions(t *testing.T) {
	file := versiontest.File{Name: sqlite.FileName, Version: `SELECT max(version) FROM schema_version`, Advance: `DELETE FROM schema_version WHERE version > %[1]d; INSERT OR IGNORE INTO schema_version VALUES (%[1]d)`}
	open := func(ctx context.Context, folder string) (*sqlite.Store, error) {
		return sqlite.OpenWith(ctx, folder, sqlite.Options{})
	}
	versiontest.SQLite(t, file, open, casefiletest.Versions[*sqlite.Store](false))
}
