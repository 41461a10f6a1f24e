package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"clew/internal/account"
	"clew/internal/server"
	"clew/internal/watch"
)

// TestServeWatches keeps a watch over the API, from saving to removing.
func TestServeWatches(t *testing.T) {
	c := listening(t, offlineApp(servedApp(t)))
	const at = "/api/v1/watches"
	c.want(422, "POST", at, `{"name":"op","indicators":["evil.example"],"schedule":"now and then"}`, "every 6h")
	c.want(422, "POST", at, `{"name":"op","indicators":["evil.example"],"schedule":"every 6h","to":["nobody"]}`, "no recipient nobody")
	c.want(404, "POST", at, `{"name":"op","case":"none","schedule":"every 6h"}`)
	c.want(404, "GET", at+"/op", "")
	var saved watch.Watch
	if err := json.Unmarshal([]byte(c.want(201, "POST", at, `{"name":"op","indicators":["evil.example"],"schedule":"every 6h","band":"low"}`)), &saved); err != nil {
		t.Fatal(err)
	}
	c.want(409, "POST", at, `{"name":"op","indicators":["c2.example"],"schedule":"every 6h"}`, "op")
	c.want(200, "GET", at, "", saved.ID, `"name":"op"`)
	c.want(200, "POST", at+"/op", `{"paused":true,"band":"high"}`, `"paused":true`, `"band":"high"`)
	c.want(422, "POST", at+"/op", `{"schedule":"never"}`, "every 6h")

	c.want(200, "GET", at+"?case="+saved.Case, "", saved.ID, `"last_run":null`, `"last_news":null`)
	c.want(200, "GET", at+"?case=another", "", `"items":[]`)
	c.want(422, "POST", at+"/op", `{"budget":["many"]}`, "budget")
	c.want(200, "POST", at+"/op", `{"budget":["20"],"depth":1,"pap":"RED","offline":true,"max_holders":50}`, `"budget":["20"]`, `"depth":1`, `"pap":"RED"`, `"offline":true`, `"max_holders":50`)

	run := c.run(c.want(202, "POST", at+"/op/run", ""))
	if run.Case != saved.Case {
		t.Errorf("ran on case %q, want %q", run.Case, saved.Case)
	}
	var runs server.List[watch.Round]
	if err := json.Unmarshal([]byte(c.want(200, "GET", at+"/"+saved.ID+"/runs", "")), &runs); err != nil || len(runs.Items) != 1 {
		t.Errorf("%d runs, %v; want the one", len(runs.Items), err)
	}
	c.want(200, "GET", at, "", `"last_run":{"job":"`+run.ID+`"`, `"state":"settled"`, `"last_news":null`)
	c.want(422, "POST", at+"/op", `{"budget":["20","nosuch source=2"]}`) // also now that its case is there
	c.want(200, "POST", at+"/op/remove", "")
	c.want(404, "GET", at+"/op", "")
	if events := c.want(200, "GET", at+"/op/events", ""); !strings.Contains(events, "event: gone") {
		t.Errorf("events of a watch that is gone: %s", events)
	}
	c.want(200, "GET", "/api/v1/cases/"+saved.Case, "") // what was found stays
}

// What is done to a watch stands in the audit with the case that it goes on with.
func TestTheAuditNamesTheCaseOfAWatch(t *testing.T) {
	g := newTeam(t)
	const at = "POST /api/v1/watches"
	for _, request := range []struct {
		way, body string
		code      int
	}{
		{at, `{"name":"op","case":"` + g.ids["own"] + `","schedule":"every 6h"}`, http.StatusCreated},
		{at + "/op", `{"paused":true}`, http.StatusOK},
		{at + "/op/remove", ``, http.StatusOK},
	} {
		if code, text := g.ask("analyst", request.way, request.body); code != request.code {
			t.Fatalf("%s: %d %s", request.way, code, text)
		}
	}
	for _, operation := range []string{"watch-add", "watch-change", "watch-remove"} {
		entries, _, err := g.book.Audit(t.Context(), account.AuditQuery{Actor: "analyst", Operation: operation, Outcome: account.Done, Limit: 10})
		if err != nil || len(entries) != 1 || entries[0].Case != g.ids["own"] {
			t.Errorf("audit of %s: %+v %v", operation, entries, err)
		}
	}
}
