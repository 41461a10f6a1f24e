// Package clickhousetest starts ClickHouse servers on loopback for tests, with
// folders and ports of their own, and stops them again.
package clickhousetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Worker is a user of the servers who may make, change and drop no table.
const Worker = "worker"

// Cluster is the name under which the servers of one Start know each other.
const Cluster = "clew"

const (
	startTimeout = 60 * time.Second
	dialEvery    = 50 * time.Millisecond
	command      = "clickhouse-server"
)

// Start starts n servers that form a cluster of n shards and returns their
// addresses. The test is skipped where clickhouse-server is not installed; the
// servers stop when it ends.
func Start(t testing.TB, n int) []string {
	t.Helper()
	var addresses []string
	for _, s := range startAll(t, n) {
		addresses = append(addresses, s.Address)
	}
	return addresses
}

// One starts a server that can be killed, as Start does.
func One(t testing.TB) *Server {
	t.Helper()
	return startAll(t, 1)[0]
}

// A Server is a ClickHouse server on loopback. What it acknowledged outlives
// [Server.Kill].
type Server struct {
	Address   string
	path, dir string
	run       *exec.Cmd // nil while it is not there
}

func startAll(t testing.TB, n int) (servers []*Server) {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Skip(command + " is not installed: apt-get install clickhouse-server")
	}
	addresses := freeAddresses(t, n)
	for i, address := range addresses {
		s := &Server{Address: address, path: path, dir: t.TempDir()}
		_, port, _ := net.SplitHostPort(address)
		write(t, filepath.Join(s.dir, "config.xml"), serverConfig(s.dir, addresses, i, "<tcp_port>"+port+"</tcp_port>"))
		write(t, filepath.Join(s.dir, "users.xml"), usersConfig)
		s.launch(t)
		servers = append(servers, s)
	}
	for _, address := range addresses {
		await(t, address)
	}
	return servers
}

// launch starts the server, and ends it with the test.
func (s *Server) launch(t testing.TB) {
	t.Helper()
	s.start(t)
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "errors.log"))
			t.Logf("errors of the server at %s:\n%.4000s", s.Address, log)
		}
	})
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	s.run = exec.Command(s.path, "--config-file="+filepath.Join(s.dir, "config.xml")) //nolint:gosec // a test kit, and the path is that of the server
	s.run.Dir = s.dir
	if err := s.run.Start(); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server at once: it has nothing to save, and takes seconds to stop by
// itself.
func (s *Server) Kill() {
	if s.run != nil {
		_ = s.run.Process.Kill()
		_ = s.run.Wait()
		s.run = nil
	}
}

// Resume starts the server again on its data.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.start(t)
	await(t, s.Address)
}

// freeAddresses asks the system for ports, all at once so that they differ.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // only its port was wanted
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

func await(t testing.TB, address string) {
	t.Helper()
	for end := time.Now().Add(startTimeout); time.Now().Before(end); time.Sleep(dialEvery) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return
		}
	}
	t.Fatalf("no ClickHouse server at %s after %s", address, startTimeout)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serverConfig is that of the server at the address i; doors are the ports it opens.
func serverConfig(dir string, addresses []string, i int, doors string) string {
	var shards strings.Builder
	for _, address := range addresses {
		host, port, _ := strings.Cut(address, ":")
		fmt.Fprintf(&shards, "<shard><replica><host>%s</host><port>%s</port></replica></shard>", host, port)
	}
	host, _, _ := strings.Cut(addresses[i], ":")
	return fmt.Sprintf(`<?xml version="1.0"?>
<yandex>
  <logger><level>error</level><log>%[1]s/server.log</log><errorlog>%[1]s/errors.log</errorlog></logger>
  <listen_host>%[2]s</listen_host>%[3]s
  <path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path>
  <users_config>%[1]s/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <remote_servers><%[4]s>%[5]s</%[4]s></remote_servers>
</yandex>
`, dir, host, doors, Cluster, shards.String())
}

const usersConfig = `<?xml version="1.0"?>
<yandex>
  <profiles>
    <default><max_memory_usage>2000000000</max_memory_usage></default>
    <work><max_memory_usage>2000000000</max_memory_usage><allow_ddl>0</allow_ddl></work>
  </profiles>
  <users>
    <default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
    <` + Worker + `><password></password><networks><ip>127.0.0.1</ip></networks><profile>work</profile><quota>default</quota></` + Worker + `></users>
  <quotas><default></default></quotas>
</yandex>
`
