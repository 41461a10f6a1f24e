package sqlite_test

import (
	"testing"

	"clew/internal/account/accounttest"
	"clew/internal/account/sqlite"
	"clew/internal/database/versiontest"
)

func TestVersions(t *testing.T) {
	versiontest.SQLite(t, versiontest.File{Name: sqlite.FileName}, sqlite.Open, accounttest.Versions(sqlite.ErrNewer))
}
