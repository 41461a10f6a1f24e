package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"clew/internal/corpus/clickhousetest"
)

// TestScriptsOnClickHouse runs the scripts that need a server; SERVER is its address.
func TestScriptsOnClickHouse(t *testing.T) {
	server := clickhousetest.Start(t, 1)[0]
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "clickhouse"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("SERVER", server)
			env.Setenv("CLEW_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("CLEW_ACTOR", "tester")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
	})
}
