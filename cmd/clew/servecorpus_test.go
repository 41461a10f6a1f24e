package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/server"
)

// ended polls a run until it is over.
func (c client) ended(run server.Run) server.Run {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err := json.Unmarshal([]byte(c.want(200, "GET", "/api/v1/investigations/"+run.ID, "")), &run); err != nil {
			c.t.Fatal(err)
		}
		if run.State != "running" && run.State != "queued" {
			return run
		}
	}
	c.t.Fatalf("still %+v", run)
	return run
}

func (c client) imported(status int, path, body string) server.Run {
	c.t.Helper()
	var run server.Run
	if err := json.Unmarshal([]byte(c.want(status, "POST", path, body)), &run); err != nil {
		c.t.Fatal(err)
	}
	return c.ended(run)
}

// TestServeCorpus imports by path and by upload, reads what the corpus holds,
// takes an import back, analyses a file and learns a pattern.
func TestServeCorpus(t *testing.T) {
	c, _ := investigated(t)
	more := filepath.Join(t.TempDir(), "more.json")
	rows := `{"rrname":"late.example","rrtype":"A","rdata":"192.0.2.9","time_first":1767225600,"time_last":1769904000}` + "\nrubbish\n"
	if err := os.WriteFile(more, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(more)
	if err != nil {
		t.Fatal(err)
	}

	run := c.imported(202, "/api/v1/imports", `{"path":`+string(quoted)+`}`)
	if i := run.Import; run.State != "complete" || i == nil || i.Format != "cof" || i.Kept != 1 || i.Rejected != 1 || len(i.First) != 1 || i.ID == "" {
		t.Fatalf("import of a path: %+v %+v", run, run.Import)
	}
	c.want(200, "GET", "/api/v1/indicator?indicator=late.example", "", "192.0.2.9")
	again := c.imported(202, "/api/v1/imports/upload?name=again.json", rows)
	if i := again.Import; again.State != "complete" || i.Unchanged.IsZero() || i.ID != run.Import.ID {
		t.Errorf("the same content twice: %+v %+v", again, again.Import)
	}
	nonsense := c.imported(202, "/api/v1/imports/upload?format=cof", "nothing of the kind\n")
	if nonsense.State != "failed" || nonsense.Error == "" {
		t.Errorf("a file of no format: %+v", nonsense)
	}
	c.want(422, "POST", "/api/v1/imports", `{"path":"/nowhere/at/all"}`, "no such file")
	c.want(422, "POST", "/api/v1/imports/upload?format=unheard-of", rows, "unheard-of")
	c.want(422, "POST", "/api/v1/imports/upload?as_of=yesterday", rows, "as_of")

	c.want(200, "GET", "/api/v1/corpus", "", `"imports":2`, `{"relation":"resolves-to","family":"host","subjects":4,"links":4,"estimate":false,"imports":["pdns.json","more.json"]`)
	c.want(404, "POST", "/api/v1/imports/none/remove", "", "no such import")
	c.want(200, "POST", "/api/v1/imports/"+run.Import.ID+"/remove", "", `"name":"more.json"`)
	c.want(200, "GET", "/api/v1/corpus", "", `"imports":1`, `"subjects":3,"links":3`)

	text := c.want(200, "POST", "/api/v1/files?name=note.txt", "see http://evil.example/gate.php\n", `"path":"note.txt"`, `"sha256":`, "evil.example/gate.php")
	if strings.Contains(text, os.TempDir()) {
		t.Errorf("says where the file lay: %s", text)
	}
	c.want(200, "POST", "/api/v1/files?name=note.txt", "see http://evil.example/gate.php\n", `"fresh":0`)
	c.want(404, "GET", "/api/v1/cases/none/pattern", "", "no such case")
}

// TestServePattern learns from the seeds of a case.
func TestServePattern(t *testing.T) {
	c, _ := investigated(t)
	run := c.imported(202, "/api/v1/investigations", `{"indicators":["jppost-tu.example","jppost-ke.example","jppost-bra.example"],"anyway":true}`)
	if run.State != "complete" {
		t.Fatalf("%+v", run)
	}
	c.want(200, "GET", "/api/v1/cases/"+run.Case+"/pattern", "", `"regexp":"^jppost-`, `"expected_by_chance":`)
	alone := c.imported(202, "/api/v1/investigations", `{"indicators":["evil.example"]}`)
	c.want(422, "GET", "/api/v1/cases/"+alone.Case+"/pattern", "", "at least 3 names")
}
