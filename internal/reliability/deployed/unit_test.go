//go:build linux

package deployed

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

// A machine is a systemd that has booted in namespaces of its own, over this machine's
// files, of which it changes copies in memory only. It reaches no network.
type machine struct {
	root string
	init int // its first process, as this machine numbers it
}

// boot starts one up to basic.target: no service of this machine's is started.
func boot(t *testing.T) *machine {
	t.Helper()
	needed(t, "systemd-nspawn", "nsenter", "curl")
	dir := t.TempDir()
	upper, root := filepath.Join(dir, "upper"), filepath.Join(dir, "root")
	for _, path := range []string{upper, root} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount := func(target, kind, options string) {
		if err := syscall.Mount(kind, target, kind, 0, options); err != nil {
			t.Skipf("this machine mounts no %s: %v", kind, err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(target, syscall.MNT_DETACH) }) // with the machine that used it
	}
	mount(upper, "tmpfs", "size=2g")
	for _, name := range []string{"u", "w"} {
		if err := os.Mkdir(filepath.Join(upper, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount(root, "overlay", "lowerdir=/,upperdir="+filepath.Join(upper, "u")+",workdir="+filepath.Join(upper, "w"))
	m := &machine{root: root}
	m.write(t, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0o444)
	_ = os.Remove(m.at("/etc/systemd/system/default.target"))
	if err := os.Symlink("/lib/systemd/system/basic.target", m.at("/etc/systemd/system/default.target")); err != nil {
		t.Fatal(err)
	}
	spawn := exec.Command("systemd-nspawn", "-D", root, "--register=no", "--keep-unit", "--boot", "--private-network", "--console=pipe")
	said := &strings.Builder{}
	spawn.Stdout, spawn.Stderr = said, said
	if err := spawn.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = spawn.Wait() // killed with the test
		close(ended)
	}()
	t.Cleanup(func() {
		if m.init != 0 {
			_ = syscall.Kill(m.init, syscall.SIGKILL) // everything in its namespace ends with it, and it does not end with nspawn
		}
		_ = spawn.Process.Kill() // where it has not got so far
		<-ended
	})
	children := filepath.Join("/proc", strconv.Itoa(spawn.Process.Pid), "task", strconv.Itoa(spawn.Process.Pid), "children")
	eventually(t, "systemd has booted", time.Minute, func() bool {
		select {
		case <-ended:
			t.Skipf("systemd does not boot in a container here: %s\n%s", spawn.ProcessState, said.String())
		default:
		}
		text, _ := os.ReadFile(children)
		m.init, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		if m.init == 0 {
			return false
		}
		state, _ := m.command("systemctl", "is-system-running").Output()
		return strings.TrimSpace(string(state)) == "running"
	})
	return m
}

func (m *machine) at(path string) string { return filepath.Join(m.root, path) }

// write replaces a file as the machine sees it.
func (m *machine) write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	_ = os.Remove(m.at(path))
	if err := os.WriteFile(m.at(path), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) command(args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(m.init), "-a"}, args...)...)
}

// run runs a command in the machine as root.
func (m *machine) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.command(args...).CombinedOutput()
	if err != nil {
		journal, _ := m.command("journalctl", "--no-pager", "-n", "40").CombinedOutput()
		t.Fatalf("%s: %v\n%s\n%s", strings.Join(args, " "), err, out, journal)
	}
	return string(out)
}

// install does what the guide's first lines say.
func (m *machine) install(t *testing.T, units ...string) {
	t.Helper()
	program, err := os.ReadFile(clewtest.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	m.write(t, "/usr/local/bin/clew", string(program), 0o755)
	m.run(t, "install", "-d", "-m", "700", "/etc/clew")
	m.write(t, "/etc/clew/environment", "CLEW_TOKEN="+clewtest.Token+"\n", 0o600)
	m.write(t, "/etc/clew/config.yaml", "", 0o600)
	for _, unit := range units {
		text, err := os.ReadFile(shipped("systemd", unit))
		if err != nil {
			t.Fatal(err)
		}
		m.write(t, "/etc/systemd/system/"+unit, string(text), 0o644)
	}
	as, err := os.ReadFile(shipped("systemd", "clew-as-service"))
	if err != nil {
		t.Fatal(err)
	}
	m.write(t, "/usr/local/bin/clew-as-service", string(as), 0o755)
	m.run(t, "systemctl", "daemon-reload")
}

// ask asks the server in the machine.
func (m *machine) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	return m.run(t, "curl", "-sS", "--fail-with-body", "-X", method, "-H", "Authorization: Bearer "+clewtest.Token,
		"-H", "Content-Type: application/json", "--data-raw", body, "http://127.0.0.1:8777"+path)
}

func (m *machine) property(t *testing.T, unit, name string) string {
	t.Helper()
	return strings.TrimSpace(m.run(t, "systemctl", "show", "--value", "-p", name, unit))
}

// locked fails unless a running unit has the least there is.
func (m *machine) locked(t *testing.T, unit, folder string) {
	t.Helper()
	pid := m.property(t, unit, "MainPID")
	powerless(t, m.run(t, "cat", "/proc/"+pid+"/status"))
	// Not even root could, with the mounts that the unit has.
	for _, path := range []string{"/etc/clew", "/root", "/home", "/usr/local/bin", "/var/lib", "/proc/sys/kernel"} {
		if err := m.command("nsenter", "-t", pid, "-m", "touch", path+"/written").Run(); err == nil {
			t.Errorf("%s: may write below %s", unit, path)
		}
	}
	mounts := m.run(t, "cat", "/proc/"+pid+"/mountinfo")
	if !strings.Contains(mounts, " / / ro,") {
		t.Errorf("%s: its root is not read-only:\n%s", unit, mounts)
	}
	if !strings.Contains(mounts, " /var/lib/private/"+folder+" rw,") {
		t.Errorf("%s: its folder is not its own:\n%s", unit, mounts)
	}
}

// investigate has the server work, and returns the case.
func (m *machine) investigate(t *testing.T) string {
	t.Helper()
	var run struct{ ID, Case, State, Error string }
	if err := json.Unmarshal([]byte(m.ask(t, "POST", "/api/v1/investigations", `{"indicators":["evil.example"],"offline":true}`)), &run); err != nil || run.ID == "" {
		t.Fatal(run, err)
	}
	eventually(t, "the investigation is done", time.Minute, func() bool {
		if err := json.Unmarshal([]byte(m.ask(t, "GET", "/api/v1/investigations/"+run.ID, "")), &run); err != nil {
			t.Fatal(err)
		}
		if run.State == "failed" || run.State == "interrupted" {
			t.Fatalf("the investigation: %+v", run)
		}
		return run.State == "complete"
	})
	return run.Case
}

// The server's unit starts, is locked up, works, comes back after kill -9 with all that
// it acknowledged, and stops when it is told to.
func TestServerUnit(t *testing.T) {
	m := boot(t)
	m.install(t, "clew.service")
	m.run(t, "systemctl", "start", "clew") // Type=notify: it has said that it is ready
	m.locked(t, "clew.service", "clew")
	if said := m.ask(t, "GET", "/healthz", ""); strings.TrimSpace(said) != "ok" {
		t.Errorf("/healthz: %s", said)
	}
	id := m.investigate(t)
	if report := m.ask(t, "GET", "/api/v1/cases/"+id+"/report?format=md", ""); !strings.Contains(report, "evil[.]example") {
		t.Errorf("the report: %.300s", report)
	}
	// What root does beside the service leaves nothing that the service cannot write to.
	m.write(t, "/root/pdns.ndjson", `{"rrname":"evil.example","rrtype":"A","rdata":"192.0.2.7","time_first":1767225600,"time_last":1772323200,"count":1}`+"\n", 0o600)
	m.run(t, "sh", "-c", "clew-as-service import cof - < /root/pdns.ndjson")
	if known := m.run(t, "clew-as-service", "show", "evil.example"); !strings.Contains(known, "192[.]0[.]2[.]7") {
		t.Errorf("clew-as-service show: %s", known)
	}
	m.run(t, "clew-as-service", "backup", "/var/lib/clew-backups/a.zip")
	m.run(t, "clew", "backup", "check", "/var/lib/clew-backups/a.zip")
	m.write(t, "/etc/clew/config.yaml", "retention: {cases: {closed: 1, archive: /var/lib/clew-backups/archive}, backups: {folder: /var/lib/clew-backups, keep: 1}}\n", 0o600)
	m.run(t, "systemd-run", "--wait", "--quiet", "/usr/local/bin/clew-as-service", "prune", "--json") // as a timer has it done
	if of := m.run(t, "find", "/var/lib/private/clew", "-user", "root"); of != "" {
		t.Errorf("root's files in the service's folder:\n%s", of)
	}
	m.run(t, "systemctl", "kill", "--kill-who=main", "-s", "KILL", "clew")
	eventually(t, "the unit is back after kill -9", 30*time.Second, func() bool {
		return m.command("curl", "-sf", "http://127.0.0.1:8777/readyz").Run() == nil
	})
	if again := m.ask(t, "GET", "/api/v1/cases/"+id+"/brief", ""); !strings.Contains(again, "evil.example") {
		t.Errorf("after kill -9: %.300s", again)
	}
	began := time.Now()
	m.run(t, "systemctl", "stop", "clew")
	if result := m.property(t, "clew.service", "Result"); result != "success" || time.Since(began) > 20*time.Second {
		t.Errorf("stopping: %s, after %s", result, time.Since(began))
	}
	if priority := m.run(t, "journalctl", "-u", "clew", "-p", "info..info", "-o", "cat", "--no-pager"); !strings.Contains(priority, "msg=serving") {
		t.Errorf("the journal does not know what is only information: %s", priority)
	}
}

// With a database, the worker's unit works beside the server's, as locked up as it.
func TestWorkerUnit(t *testing.T) {
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(programs) == 0 {
		t.Skip("postgresql is not installed")
	}
	m := boot(t)
	m.install(t, "clew.service", "clew-worker.service")
	as := func(program string, args ...string) {
		m.run(t, append([]string{"runuser", "-u", "postgres", "--", filepath.Join(programs[len(programs)-1], program)}, args...)...)
	}
	const data = "/var/lib/postgresql/clew"
	as("initdb", "--no-sync", "-D", data, "-U", "clew", "-A", "trust")
	as("pg_ctl", "-D", data, "-w", "-l", "/var/lib/postgresql/clew.log", "-o", "-h 127.0.0.1 -k /var/lib/postgresql -c fsync=off", "start")
	as("createdb", "-h", "127.0.0.1", "-U", "clew", "clew")
	m.write(t, "/etc/clew/environment", "CLEW_TOKEN="+clewtest.Token+"\nCLEW_DATABASE=postgres://127.0.0.1:5432/clew\nCLEW_DATABASE_USER=clew\n", 0o600)
	m.run(t, "systemctl", "start", "clew", "clew-worker")
	m.locked(t, "clew.service", "clew")
	m.locked(t, "clew-worker.service", "clew-worker")
	if id := m.investigate(t); id == "" {
		t.Error("a run without a case")
	}
	if figures := m.ask(t, "GET", "/metrics", ""); !strings.Contains(figures, "\nclew_workers 2\n") {
		t.Errorf("the server does not know of two workers:\n%s", figures)
	}
	m.run(t, "systemctl", "kill", "--kill-who=main", "-s", "KILL", "clew-worker")
	eventually(t, "the worker is back after kill -9", 30*time.Second, func() bool {
		return m.command("systemctl", "is-active", "-q", "clew-worker").Run() == nil && m.property(t, "clew-worker.service", "NRestarts") == "1"
	})
	m.run(t, "systemctl", "stop", "clew-worker", "clew")
	for _, unit := range []string{"clew.service", "clew-worker.service"} {
		if result := m.property(t, unit, "Result"); result != "success" {
			t.Errorf("stopping %s: %s", unit, result)
		}
	}
}
