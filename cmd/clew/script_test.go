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
		Dir:  filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"doctor": doctorInScript},
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

// doctorInScript runs clew doctor, which finds nothing bad, or something with a ! before
// it. How full the disk of this machine is does not count.
func doctorInScript(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("clew", append([]string{"doctor"}, args...)...)
	said := ts.ReadFile("stdout")
	bad := false
	for line := range strings.Lines(said) {
		words := strings.Fields(line)
		bad = bad || len(words) > 1 && words[0] == "bad" && words[1] != "disk" ||
			strings.Contains(line, `"state":"bad"`) && !strings.Contains(line, `"what":"disk"`)
	}
	switch {
	case err != nil && said == "":
		ts.Fatalf("clew doctor looked at nothing: %v", err)
	case bad != neg:
		ts.Fatalf("clew doctor found something bad: %t, want %t\n%s", bad, neg, said)
	case bad && err == nil:
		ts.Fatalf("clew doctor found something bad and ended well\n%s", said)
	case err != nil && !strings.Contains(said, "bad"):
		ts.Fatalf("clew doctor found nothing bad and failed: %v", err)
	}
}
