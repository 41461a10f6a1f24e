package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"clew/internal/database/postgrestest"
)

// TestScriptsOnPostgres runs the scripts that need a database; DATABASE is its URL.
func TestScriptsOnPostgres(t *testing.T) {
	server := postgrestest.Start(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "postgres"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATABASE", server.Database(t))
			env.Setenv("CLEW_DATABASE_USER", postgrestest.User)
			env.Setenv("CLEW_DATABASE_PASSWORD", postgrestest.Password)
			env.Setenv("CLEW_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("CLEW_ACTOR", "tester")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
	})
}
