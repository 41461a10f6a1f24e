// Package postgrestest starts a PostgreSQL server on loopback for tests, with a
// folder and port of its own, and stops it again.
package postgrestest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Account of the server's only user.
const (
	User     = "clew"
	Password = "a password of tests"
)

const startTimeout = 60 * time.Second

// A Server is one that runs until its test ends.
type Server struct {
	Address  string // host:port
	bin      string
	settings []string
	dir      string
	run      *exec.Cmd
	made     atomic.Int64
	once     sync.Once // makes Worker
}

// Start starts a server. The test is skipped where PostgreSQL is not installed.
// What it acknowledged outlives [Server.Kill], but not this machine: it does not
// wait for the disk, unless settings say fsync=on.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	bin := installed()
	if bin == "" {
		t.Skip("postgresql is not installed: apt-get install postgresql")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: l.Addr().String(), bin: bin, dir: folder(t), settings: append([]string{"fsync=off", "max_connections=60", "shared_buffers=32MB"}, settings...)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil { //nolint:gosec // of a test, and the server's user reads it
		t.Fatal(err)
	}
	if out, err := s.command("initdb", "--no-sync", "-D", filepath.Join(s.dir, "data"), "-U", User, "-A", "scram-sha-256", "--pwfile="+secret, "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Resume(t)
	t.Cleanup(s.Kill)
	return s
}

// Installed reports whether Start would start a server.
func Installed() bool { return installed() != "" }

// installed is the folder of the newest PostgreSQL's programs, "" for none.
// Debian keeps them off the PATH.
func installed() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// folder is one that the server's user may use: the server refuses to be root.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "clew-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a few files in a temporary folder
	if uid, gid, other := account(); other {
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// account is the user to run the server as, when this one is root.
func account() (uid, gid uint32, other bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	as, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	u, _ := strconv.ParseUint(as.Uid, 10, 32)
	g, _ := strconv.ParseUint(as.Gid, 10, 32)
	return uint32(u), uint32(g), true
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:gosec // a test kit, and the programs are the server's
	cmd.Dir = s.dir
	if uid, gid, other := account(); other {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	}
	return cmd
}

// Kill ends the server at once, as a crash does.
func (s *Server) Kill() {
	if s.run != nil {
		_ = s.run.Process.Signal(syscall.SIGQUIT) // its children end with it
		_ = s.run.Wait()
		s.run = nil
	}
}

// Resume starts the server again on its data.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.Address)
	var said bytes.Buffer
	args := []string{"-D", filepath.Join(s.dir, "data"), "-p", port, "-h", "127.0.0.1", "-k", s.dir}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.run = s.command("postgres", args...)
	s.run.Stderr = &said
	if err := s.run.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(startTimeout); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if conn, err := s.connect(context.Background(), "postgres"); err == nil {
			_ = conn.Close(context.Background())
			return
		}
	}
	s.Kill()
	t.Fatalf("no PostgreSQL at %s after %s:\n%s", s.Address, startTimeout, said.String())
}

func (s *Server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s.URL(database))
	if err != nil {
		return nil, err
	}
	config.User, config.Password = User, Password
	return pgx.ConnectConfig(ctx, config)
}

// URL names a database of the server, without the account.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s/%s", s.Address, database)
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	s.Exec(t, "postgres", "CREATE DATABASE "+name)
	return s.URL(name)
}

// Exec runs statements in a database.
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := s.connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // of a test
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// User makes another user of the server, with the same password, who may connect and
// owns nothing.
func (s *Server) User(t testing.TB, name string) {
	t.Helper()
	s.Exec(t, "postgres", fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, Password))
}
