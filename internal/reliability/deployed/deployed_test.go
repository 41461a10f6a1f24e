// Package deployed runs what deploy/ ships as it is shipped: the units under a systemd
// of their own, the image as a container, each as locked up as its file says.
//
//	CLEW_DEPLOYED=1 go test -v ./internal/reliability/deployed
//
// as root on Linux, with systemd-container, podman, buildah and runc from Debian.
package deployed

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// needed skips unless everything that a test needs is here: it boots a system or
// runs containers, which nobody's `go test` should do unasked.
func needed(t *testing.T, tools ...string) {
	t.Helper()
	if os.Getenv("CLEW_DEPLOYED") == "" {
		t.Skip("CLEW_DEPLOYED is not set")
	}
	if os.Getuid() != 0 {
		t.Skip("only root may")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: make deployed installs it", tool)
		}
	}
}

// shipped is a file or folder of deploy/.
func shipped(elements ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", "deploy"}, elements...)...)
}

// must runs a command and returns what it said.
func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, within time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// powerless fails unless a process, by what the kernel says of it, is nobody's: no
// root, no capability, none to be had, and its system calls are filtered.
func powerless(t *testing.T, status string) {
	t.Helper()
	is := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(status)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			is[name] = strings.Join(strings.Fields(value), " ")
		}
	}
	for name, want := range map[string]string{
		"CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none, "NoNewPrivs": "1", "Seccomp": "2",
	} {
		if is[name] != want {
			t.Errorf("%s is %q, want %q", name, is[name], want)
		}
	}
	for _, name := range []string{"Uid", "Gid"} {
		if is[name] == "" || strings.HasPrefix(is[name], "0 ") {
			t.Errorf("%s is %q", name, is[name])
		}
	}
}

const none = "0000000000000000"
