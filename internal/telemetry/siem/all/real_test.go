package all

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/telemetry/siem"

	"github.com/google/go-cmp/cmp"
)

// Real servers on loopback. Each gets the same lines and must give the same hits.

var now = time.Now().UTC().Truncate(time.Second)

// lines are records of Zeek: hits, and what looks like hits and is none.
func lines() []string {
	var all []string
	for i, query := range []string{"evil.example", "www.evil.example", "notevil.example", "evil.example.test", "WWW.EVIL.EXAMPLE", "good.test"} {
		all = append(all, fmt.Sprintf(`{"ts":%d,"uid":"Cq%d","id.orig_h":"10.0.0.%d","id.resp_h":"10.0.0.53","query":%q}`, now.Unix()-60, i, i, query))
	}
	for i, to := range []string{"203.0.113.7", "203.0.113.77"} {
		all = append(all, fmt.Sprintf(`{"ts":%d,"uid":"Cc%d","id.orig_h":"10.0.1.%d","id.resp_h":%q,"id.resp_p":443,"proto":"tcp"}`, now.Unix()-60, i, i, to))
	}
	return all
}

var wanted = []match.Indicator{
	{Value: observable.Must(observable.Domain, "evil.example")},
	{Value: observable.Must(observable.IP, "203.0.113.7")},
	{Value: observable.Must(observable.File, "0123456789abcdef0123456789abcdef")},
}

var want = []string{"evil.example Cq0", "evil.example Cq1", "evil.example Cq4", "203.0.113.7 Cc0"}

// server finds a server that `make servers` built, or Debian brings.
func server(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "bin", "servers", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	found, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here: make servers", name)
	}
	return found
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// start runs a server until the test ends, and waits until it answers.
func start(t *testing.T, ready string, cmd *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 300 {
		reply, err := http.Get(ready)
		if err == nil {
			_ = reply.Body.Close()
			if reply.StatusCode < 300 {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	t.Fatalf("%s does not answer:\n%.3000s", ready, said.String())
}

func post(t *testing.T, url, auth, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if user, password, ok := strings.Cut(auth, ":"); ok {
		request.SetBasicAuth(user, password)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close() //nolint:errcheck // read only
	text, _ := io.ReadAll(reply.Body)
	if reply.StatusCode >= 300 {
		t.Fatalf("%s: status %d: %s", url, reply.StatusCode, text)
	}
}

// runner asks through the real client, which knows the server by its settings.
func runner(t *testing.T, s siem.Settings, key string) *siem.Runner {
	t.Helper()
	search, info, err := New("test", s)
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Options{Sources: []source.Info{info}, Key: func(source.Info) string { return key }, Named: []string{Server(s)}})
	return &siem.Runner{Name: "test", Search: search, Door: client, Header: s.Header}
}

func options() telemetry.Options {
	return telemetry.Options{Indicators: wanted, Since: now.Add(-time.Hour), Until: now.Add(time.Minute)}
}

// ask repeats until the server has what it was given: all of them index a moment later.
func ask(t *testing.T, r *siem.Runner) {
	t.Helper()
	var got []string
	var a siem.Answer
	for range 100 {
		got = nil
		var err error
		a, err = r.Ask(context.Background(), options(), func(s telemetry.Sighting) error {
			_, uid, _ := strings.Cut(s.Record, `"uid":"`)
			got = append(got, wanted[s.Indicator].Value.Text()+" "+uid[:min(3, len(uid))])
			if !strings.HasPrefix(s.Asset.Address, "10.0.") {
				t.Errorf("no machine of ours in %+v", s)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) >= len(want) || len(a.Unanswered) > 0 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	slices.Sort(got)
	expected := slices.Clone(want)
	slices.Sort(expected)
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%+v (-want +got):\n%s\nquery: %s", a, diff, r.Queries(options())[0].Text)
	}
	if len(a.Unanswered) > 0 || a.Queries != 1 {
		t.Errorf("answer %+v", a)
	}
	// An answer that is cut short is asked for in halves, until nothing is lost.
	narrow := *r
	narrow.Limits.Rows = 4
	a, err := narrow.Ask(context.Background(), options(), func(telemetry.Sighting) error { return nil })
	if err != nil || a.Queries < 3 {
		t.Errorf("with 4 rows an answer: %+v, %v", a, err)
	}
}

func TestVictoriaLogs(t *testing.T) {
	program, port := server(t, "victoria-logs"), freePort(t)
	base := "http://127.0.0.1:" + port
	start(t, base+"/health", exec.Command(program, "-httpListenAddr=127.0.0.1:"+port, "-storageDataPath="+t.TempDir(), "-retentionPeriod=1y"))
	var b strings.Builder
	for _, line := range lines() {
		fmt.Fprintf(&b, "{\"_time\":%q,\"_msg\":%q,\"stream\":\"zeek\"}\n", now.Add(-time.Minute).Format(time.RFC3339), line)
	}
	post(t, base+"/insert/jsonline?_stream_fields=stream", "", b.String())
	ask(t, runner(t, siem.Settings{Type: "victorialogs", URL: base}, ""))
}

func TestLoki(t *testing.T) {
	program, port, dir := server(t, "loki"), freePort(t), t.TempDir()
	base := "http://127.0.0.1:" + port
	config := filepath.Join(dir, "loki.yaml")
	text := fmt.Sprintf(`auth_enabled: false
server: {http_listen_address: 127.0.0.1, http_listen_port: %s, grpc_listen_address: 127.0.0.1, grpc_listen_port: %s, log_level: error}
common:
  instance_addr: 127.0.0.1
  path_prefix: %s
  storage: {filesystem: {chunks_directory: %s/chunks, rules_directory: %s/rules}}
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
schema_config:
  configs: [{from: 2020-10-24, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}]
analytics: {reporting_enabled: false}
`, port, freePort(t), dir, dir, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, base+"/ready", exec.Command(program, "-config.file="+config))
	var entries []string
	for i, line := range lines() {
		entries = append(entries, fmt.Sprintf(`["%d",%q]`, now.Add(-time.Minute).UnixNano()+int64(i), line))
	}
	post(t, base+"/loki/api/v1/push", "", `{"streams":[{"stream":{"service_name":"zeek"},"values":[`+strings.Join(entries, ",")+`]}]}`)
	ask(t, runner(t, siem.Settings{Type: "loki", URL: base}, ""))
}

func TestZincSearchAsElasticsearch(t *testing.T) {
	program, port := server(t, "zincsearch"), freePort(t)
	base := "http://127.0.0.1:" + port
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "ZINC_FIRST_ADMIN_USER=admin", "ZINC_FIRST_ADMIN_PASSWORD=Complexpass#123", "ZINC_DATA_PATH="+t.TempDir(), "ZINC_SERVER_PORT="+port, "ZINC_SERVER_ADDRESS=127.0.0.1", "ZINC_TELEMETRY=false", "GIN_MODE=release")
	start(t, base+"/healthz", cmd)
	var b strings.Builder
	for _, line := range lines() {
		fmt.Fprintf(&b, "{\"index\":{\"_index\":\"zeek\"}}\n{\"@timestamp\":%q,%s\n", now.Add(-time.Minute).Format(time.RFC3339), line[1:])
	}
	post(t, base+"/es/_bulk", "admin:Complexpass#123", b.String())
	ask(t, runner(t, siem.Settings{Type: "elastic", URL: base + "/es", Index: "zeek", Auth: "Basic"}, "admin:Complexpass#123"))
}

func TestClickHouse(t *testing.T) {
	program, port, dir := server(t, "clickhouse-server"), freePort(t), t.TempDir()
	base := "http://127.0.0.1:" + port
	config := filepath.Join(dir, "config.xml")
	text := fmt.Sprintf(`<yandex><logger><level>error</level><console>1</console></logger><listen_host>127.0.0.1</listen_host>
<http_port>%s</http_port><tcp_port>%s</tcp_port><path>%s/</path><tmp_path>%s/tmp/</tmp_path><mark_cache_size>5368709120</mark_cache_size>
<users_config>%s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database></yandex>`, port, freePort(t), dir, dir, dir)
	users := `<yandex><profiles><default/></profiles><users><default><password>secret</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users><quotas><default/></quotas></yandex>`
	for path, body := range map[string]string{config: text, filepath.Join(dir, "users.xml"): users} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start(t, base+"/ping", exec.Command(program, "--config-file="+config))
	const auth = "default:secret"
	post(t, base+"/", auth, "CREATE TABLE zeek (timestamp DateTime, message String) ENGINE = MergeTree() PARTITION BY toYYYYMM(timestamp) ORDER BY timestamp")
	var b strings.Builder
	for _, line := range lines() {
		fmt.Fprintf(&b, "{\"timestamp\":%d,\"message\":%q}\n", now.Unix()-60, line)
	}
	post(t, base+"/?query=INSERT+INTO+zeek+FORMAT+JSONEachRow", auth, b.String())
	r := runner(t, siem.Settings{Type: "clickhouse", URL: base, Index: "default.zeek"}, auth)
	ask(t, r)

	// A query that fails after it has sent rows is one that failed.
	failing := r.Search.Query([]observable.Value{wanted[0].Value}, now, now, 1).Request
	failing.Source, failing.Anew, failing.Body = siem.SourceName(r.Name), true, []byte("SELECT throwIf(number = 100000) FROM system.numbers LIMIT 200000 FORMAT JSONEachRow")
	if reply, err := r.Door.Ask(t.Context(), failing); err != nil || reply.Status < 400 || bytes.HasPrefix(reply.Body, []byte("{")) {
		t.Errorf("failed after 100,000 rows: status %d, %.80s, %v", reply.Status, reply.Body, err)
	}
}
