package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"clew/internal/server"
)

// TestLogsAreKeptOverTheAPI indexes logs and watches them, as a page would: what is
// met of a case is in its record, and a watch ends when it is told to.
func TestLogsAreKeptOverTheAPI(t *testing.T) {
	a := servedApp(t)
	logs := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("dns.log", "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tquery\n#path\tdns\n1767323045.0\tC1\t192.168.7.10\twww.evil.example\n")
	opened := offlineApp(a)
	if code := opened.run(t.Context(), []string{"investigate", "evil.example", "--offline"}); code != exitDone {
		t.Fatalf("investigate: exit %d", code)
	}
	c := listening(t, offlineApp(a))
	where, err := json.Marshal([]string{logs})
	if err != nil {
		t.Fatal(err)
	}
	const at = "/api/v1/telemetry/work"
	c.want(422, "POST", at, `{"paths":["relative"]}`, "whole path")
	c.want(422, "POST", at, `{"paths":["/nowhere/at/all"]}`, "no log")
	c.want(404, "POST", at+"/none/cancel", "")

	begun := func(ask string) server.LogsWork {
		t.Helper()
		var work server.LogsWork
		if err := json.Unmarshal([]byte(c.want(202, "POST", at, ask)), &work); err != nil {
			t.Fatal(err)
		}
		return work
	}
	// until waits for work to be as it should, and gives it.
	until := func(id string, right func(server.LogsWork) bool) server.LogsWork {
		t.Helper()
		var last server.LogsWork
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			var list server.List[server.LogsWork]
			if err := json.Unmarshal([]byte(c.want(200, "GET", at, "")), &list); err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(list.Items, func(w server.LogsWork) bool { return w.ID == id })
			if i >= 0 && right(list.Items[i]) {
				return list.Items[i]
			}
			if i >= 0 {
				last = list.Items[i]
			}
		}
		t.Fatalf("the work stands at %+v", last)
		return last
	}
	update := until(begun(`{"paths":`+string(where)+`}`).ID, func(w server.LogsWork) bool { return w.State == "complete" })
	if update.Looks != 1 || update.Read != 1 || update.Watch {
		t.Errorf("%+v", update)
	}
	c.want(200, "GET", "/api/v1/telemetry", "", `"logs":1`)

	watch := begun(`{"watch":true,"paths":` + string(where) + `}`)
	until(watch.ID, func(w server.LogsWork) bool { return w.State == "running" && w.Looks > 0 })
	c.want(200, "GET", "/api/v1/cases/20/sightings", "", `"state":"hit"`, "192.168.7.10")
	c.want(409, "POST", at, `{"paths":`+string(where)+`}`, "being written already")
	c.want(200, "POST", at+"/"+watch.ID+"/cancel", "")
	until(watch.ID, func(w server.LogsWork) bool { return w.State == "interrupted" })
}
