package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"clew": func() { os.Exit(realMain()) }})
}

// TestScripts runs the command-line tests in testdata/script. Each has its own
// data directory; SHARED is the folder of real data beside the repository, when
// it is there (condition [shared]).
func TestScripts(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared, _ = filepath.Abs(filepath.Join("..", "..", "..", "shared"))
	}
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(shared, "fixtures"))
	haveShared := err == nil
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		// The doctor's exit code hangs on how full the disk of this machine is: what it
		// says is looked at instead.
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"doctor": func(ts *testscript.TestScript, _ bool, args []string) {
				_ = ts.Exec("clew", append([]string{"doctor"}, args...)...)
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("SHARED", shared)
			env.Setenv("REPO", repository)
			env.Setenv("CLEW_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("CLEW_ACTOR", "tester")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch file, isFile := strings.CutPrefix(name, "exists:"); {
			case isFile:
				_, err := os.Stat(file)
				return err == nil, nil
			case name == "shared":
				return haveShared, nil
			case name == "root":
				return os.Geteuid() == 0, nil
			}
			return false, nil
		},
	})
}
