package sqlite_test

import (
	"testing"

	"clew/internal/database/versiontest"
	"clew/internal/fetch/state/sqlite"
	"clew/internal/fetch/state/statetest"
)

func TestVersions(t *testing.T) {
	versiontest.SQLite(t, versiontest.File{Name: sqlite.FileName}, sqlite.Open, statetest.Versions[*sqlite.Store](sqlite.ErrNewer))
}
