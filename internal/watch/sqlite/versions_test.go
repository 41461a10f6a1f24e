package sqlite_test

import (
	"testing"

	"clew/internal/database/versiontest"
	"clew/internal/watch/sqlite"
	"clew/internal/watch/watchtest"
)

func TestVersions(t *testing.T) {
	versiontest.SQLite(t, versiontest.File{Name: sqlite.FileName}, sqlite.Open, watchtest.Versions(sqlite.ErrNewer))
}
