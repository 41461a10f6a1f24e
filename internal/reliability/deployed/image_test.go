//go:build linux

package deployed

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/database/postgrestest"
	"clew/internal/reliability/clewtest"
)

// A store is where podman and buildah keep what they make, all of it gone with the test.
type store struct{ dir string }

func newStore(t *testing.T) store {
	t.Helper()
	needed(t, "podman", "buildah", "runc")
	dir, err := os.MkdirTemp("/var/tmp", "clew-image-") // short: sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	s := store{dir}
	t.Cleanup(func() {
		_ = exec.Command("podman", s.args("rm", "--all", "--force", "--time", "1")...).Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("%s is left: %v", dir, err)
		}
	})
	return s
}

func (s store) at(elements ...string) string {
	return filepath.Join(append([]string{s.dir}, elements...)...)
}

func (s store) args(more ...string) []string {
	return append([]string{"--root", s.at("st"), "--runroot", s.at("run"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"}, more...)
}

func (s store) podman(t *testing.T, args ...string) string {
	t.Helper()
	return must(t, "podman", s.args(args...)...)
}

// image builds what the Dockerfile ends in. Its first stages need a network and are
// what `make build` does; here the binary is the one under test.
func (s store) image(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(shipped("compose", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(text), "FROM scratch\n")
	if at < 0 {
		t.Fatal("the Dockerfile does not end in nothing but a binary")
	}
	for _, folder := range []string{"build/out/data", "build/out/tmp", "build/etc/ssl/certs"} {
		if err := os.MkdirAll(s.at(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "cp", clewtest.Binary(t), s.at("build/out/clew"))
	must(t, "cp", "/etc/ssl/certs/ca-certificates.crt", s.at("build/etc/ssl/certs/"))
	if err := os.WriteFile(s.at("Dockerfile"), text[at:], 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "buildah", "--root", s.at("st"), "--runroot", s.at("run"), "--storage-driver", "vfs",
		"bud", "--isolation", "chroot", "--build-context", "build="+s.at("build"), "-f", s.at("Dockerfile"), "-t", "clew:dev", s.at("build"))
}

// start starts a container as locked up as the compose file has it: read-only, nobody's, no
// capability, no new privilege, podman's list of system calls. Only the network differs:
// it is this machine's, so that the database on loopback is reached.
func (s store) start(t *testing.T, name string, command ...string) {
	t.Helper()
	s.podman(t, append([]string{
		"run", "--detach", "--name", name, "--network", "host", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all",
		"--security-opt", "no-new-privileges", "--user", "65532:65532", "--pids-limit", "512", "--memory", "4g", "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096",
		"--tmpfs", "/tmp:mode=1777,size=256m", "--volume", name + ":/data", "--volume", s.at("secrets") + ":/run/secrets:ro",
		"--env", "CLEW_CONFIG=/run/secrets/config.yaml", "clew:dev",
	}, command...)...)
}

// locked fails unless a container has no more than it needs.
func (s store) locked(t *testing.T, name string) {
	t.Helper()
	pid := strings.TrimSpace(s.podman(t, "inspect", "--format", "{{.State.Pid}}", name))
	status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		t.Fatal(err)
	}
	powerless(t, string(status))
	mounts, err := os.ReadFile(filepath.Join("/proc", pid, "mountinfo"))
	if err != nil {
		t.Fatal(err)
	}
	writable := map[string]bool{}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 5 && (f[5] == "rw" || strings.HasPrefix(f[5], "rw,")) {
			writable[f[4]] = true
		}
	}
	for _, at := range []string{"/", "/run/secrets", "/sys"} {
		if writable[at] {
			t.Errorf("%s: %s may be written to", name, at)
		}
	}
	if !writable["/data"] {
		t.Errorf("%s: /data may not be written to:\n%s", name, mounts)
	}
}

// The image has the binary and what it needs and nothing else; a server and a worker of it run
// against a real database with nothing that they do not need, and stop when told to.
func TestImage(t *testing.T) {
	s := newStore(t)
	database := postgrestest.Start(t)
	s.image(t)
	if said := s.podman(t, "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "all", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "clew:dev", "--version"); !strings.HasPrefix(said, "clew ") {
		t.Errorf("--version: %s", said)
	}
	listen := free(t)
	if err := os.Mkdir(s.at("secrets"), 0o755); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("serve: {listen: %q}\naccounts: {on: true}\ndatabase:\n  url: postgres://%s/postgres?sslmode=disable\n  user: %s\n  password: %s\n",
		listen, database.Address, postgrestest.User, postgrestest.Password)
	if err := os.WriteFile(s.at("secrets", "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(s.at("secrets", "config.yaml"), 65532, 65532); err != nil {
		t.Fatal(err)
	}
	s.start(t, "serve")
	s.start(t, "worker", "worker", "--log-format", "json", "--log-level", "info")
	said := func(name string) string {
		out, _ := exec.Command("podman", s.args("logs", name)...).CombinedOutput()
		return string(out)
	}
	for name, health := range map[string][]string{"serve": {"health"}, "worker": {"health", "--database"}} {
		healthy := s.args(append([]string{"exec", name, "/usr/local/bin/clew"}, health...)...)
		var last string
		for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
			out, err := exec.CommandContext(t.Context(), "podman", healthy...).CombinedOutput()
			if err == nil {
				break
			}
			if last = string(out); time.Now().After(end) {
				t.Fatalf("%s is not healthy: %s\n%s", name, last, said(name))
			}
		}
		s.locked(t, name)
	}
	if answer, err := http.Get("http://" + listen + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %v %v\n%s", answer, err, said("serve"))
	} else {
		_ = answer.Body.Close()
	}
	if !strings.Contains(said("serve"), "/setup") {
		t.Errorf("no link for the first admin was printed:\n%s", said("serve"))
	}
	for _, name := range []string{"serve", "worker"} {
		s.podman(t, "stop", "--time", "60", name)
		if code := strings.TrimSpace(s.podman(t, "inspect", "--format", "{{.State.ExitCode}}", name)); code != "0" {
			t.Errorf("%s ended with %s\n%s", name, code, said(name))
		}
	}
}

// free is an address on loopback that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
