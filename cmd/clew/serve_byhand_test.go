package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/server"
)

// investigated serves a case of depth one over loopback, and how to ask about it.
func investigated(t *testing.T) (c client, path string) {
	t.Helper()
	a := servedApp(t)
	served := *a
	served.pap, served.tlp, served.depth, served.maxHolders, served.offline = "AMBER", "AMBER", 1, 500, true
	served.connectors()
	c = listening(t, &served)
	run := c.run(c.want(202, "POST", "/api/v1/investigations", `{"indicators":["evil.example"]}`))
	return c, "/api/v1/cases/" + run.Case
}

// run follows a run to its end.
func (c client) run(text string) server.Run {
	c.t.Helper()
	var run server.Run
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		c.t.Fatal(err)
	}
	events := c.want(200, "GET", "/api/v1/investigations/"+run.ID+"/events", "")
	if err := json.Unmarshal([]byte(events[strings.LastIndex(events, "data: ")+len("data: "):]), &run); err != nil {
		c.t.Fatal(err)
	}
	if run.State != "complete" {
		c.t.Fatalf("run: %+v", run)
	}
	return run
}

func (c client) document(path string) (d casefile.Document) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.want(200, "GET", path, "")), &d); err != nil {
		c.t.Fatal(err)
	}
	return d
}

// TestServeByHand turns the thread by hand over the API.
func TestServeByHand(t *testing.T) {
	c, path := investigated(t)
	before := len(c.document(path).Findings)
	c.want(200, "GET", path+"/expand?indicator=evil[.]example&method=co-hosted", "", `"summary":"3 share this; 0 new"`, `"asked":0`, `"reason":"--offline"`)
	c.want(200, "GET", path+"/expand?indicator=evil.example", "", `"method":"co-hosted"`, `"method":"naming"`)
	c.want(422, "GET", path+"/expand?indicator=stranger.example", "", "neither a seed nor a finding")
	c.want(422, "GET", path+"/expand?indicator=evil.example&method=none", "", "no pivot method")
	c.want(422, "POST", path+"/pivots", `{"pivots":[]}`)
	c.want(422, "POST", path+"/pivots", `{"pivots":[{"from":"stranger.example","method":"co-hosted"}]}`, "neither a seed nor a finding")

	// Several at once wait for each other.
	first := c.want(202, "POST", path+"/pivots", `{"pivots":[{"from":"c2.example","method":"naming"}],"reason":"<b>like it</b>"}`, `"state":"`)
	second := c.want(202, "POST", path+"/pivots", `{"pivots":[{"from":"evil.example","method":"co-hosted","value":"192.0.2.1"},{"from":"evil.example","method":"txt"}]}`)
	c.run(first)
	c.run(second)
	c.want(200, "GET", "/api/v1/investigations?case="+path[strings.LastIndex(path, "/")+1:], "", `"total":3`)
	doc := c.document(path)
	if len(doc.Expansions) != 3 || doc.Expansions[0].Reason != "<b>like it</b>" || len(doc.Findings) < before {
		t.Fatalf("%d findings, expansions %+v", len(doc.Findings), doc.Expansions)
	}

	undo := fmt.Sprintf(`{"seq":%d,"reason":"a test"}`, doc.Expansions[0].Seq)
	c.want(201, "POST", path+"/undo", undo, `"type":"undone"`)
	c.want(422, "POST", path+"/undo", undo, "undone already")
	c.want(422, "POST", path+"/undo", `{"seq":1}`, "cannot be taken back")
	c.want(200, "GET", path, "", `"state":"rolled-back"`)

	reject := `{"pivot":{"from":"evil.example","method":"co-hosted","value":"192.0.2.1"},"reason":"a hoster's"}`
	c.want(422, "POST", path+"/pivots/reject", strings.Replace(reject, "a hoster's", " ", 1), "reason")
	c.want(201, "POST", path+"/pivots/reject", reject, `"type":"pivot-rejected"`)
	c.want(200, "GET", path, "", `"reason":"rejected by the analyst: a hoster's"`)
	c.want(201, "POST", path+"/pivots/reopen", reject, `"type":"reopened"`)
	c.want(422, "POST", path+"/pivots/reopen", reject, "nobody rejected")
	c.want(200, "GET", path+"/verify", "", `"problems":[]`)
}

// TestServeMachine says what the server stands on, and names what a legend shows.
func TestServeMachine(t *testing.T) {
	c, _ := investigated(t)
	c.want(200, "GET", "/api/v1/status", "", `"offline":true`, `"corpus":"embedded"`, `"pap":"AMBER"`, `"actor":"tester"`, `"running":0`)
	c.want(200, "GET", "/api/v1/doctor", "", `"what":"corpus","state":"ok","detail":"4 links"`, `"what":"record","state":"ok"`)
	c.want(422, "POST", "/api/v1/sources/crtsh/test", "", "--offline")
	c.want(200, "GET", "/api/v1/kinds", "", `"name":"domain","label":"Domain","group":"network"`)
	c.want(200, "GET", "/api/v1/relations", "", `"name":"resolves-to","family":"host"`, `"name":"token","family":"name"`, `"inferred":true`)
	c.want(200, "GET", "/api/v1/methods", "", `"name":"resolves-to","canonical":"co-hosted"`)
}

// TestServeSearch looks for things of every sort, also by a defanged indicator.
func TestServeSearch(t *testing.T) {
	c, path := investigated(t)
	c.want(201, "POST", path+"/notes", `{"text":"Asked the HOSTER about it"}`)
	c.want(201, "POST", path+"/tags", `{"add":["wave 3"]}`)
	c.want(201, "POST", path+"/verdicts", `{"verdict":"accepted","indicator":"c2.example","reason":"seen"}`)
	c.want(200, "GET", "/api/v1/search?q=evil%5B.%5Dexample", "", `"where":"seed"`, `"where":"corpus"`, `"indicator":{"kind":"domain","value":"evil.example"}`, `"unsearched":[]`)
	c.want(200, "GET", "/api/v1/search?q=c2", "", `"where":"finding"`, `"value":"c2.example"`, `"indicator":null`)
	c.want(200, "GET", "/api/v1/search?q=hoster", "", `"where":"note"`, `"total":1`)
	c.want(200, "GET", "/api/v1/search?q=WAVE", "", `"where":"tag"`)
	c.want(200, "GET", "/api/v1/search?q=example&limit=1", "", `"next":"`)
	c.want(200, "GET", "/api/v1/search?q=nowhere-to-be-found", "", `"items":[]`, `"cases":1`)
	c.want(422, "GET", "/api/v1/search?q=%20x%20", "", "too short")
	c.want(200, "GET", "/api/v1/search?q="+path[len("/api/v1/cases/"):], "", `"where":"case"`)
}

// TestServeDecisions tags, notes, closes, and takes back.
func TestServeDecisions(t *testing.T) {
	c, path := investigated(t)
	c.want(201, "POST", path+"/tags", `{"add":["Phishing","wave 3"]}`, `"type":"tagged"`)
	c.want(201, "POST", path+"/tags", `{"add":["panel"],"about":"c2[.]example"}`)
	c.want(422, "POST", path+"/tags", `{"add":["a,b"]}`, "a tag is")
	c.want(422, "POST", path+"/tags", `{}`, "no tag given")
	c.want(200, "GET", path, "", `"tags":["phishing","wave 3"]`, `"tags":["panel"]`)
	c.want(200, "GET", path+"/graph", "", `"tags":["panel"]`)
	c.want(200, "GET", "/api/v1/cases", "", `"tags":["phishing","wave 3"]`, `"escalations":0`)

	var note casefile.Event
	if err := json.Unmarshal([]byte(c.want(201, "POST", path+"/notes", `{"text":"# **Markdown** <script>"}`)), &note); err != nil {
		t.Fatal(err)
	}
	c.want(200, "GET", path, "", `# **Markdown** <script>`)
	c.want(201, "POST", path+"/undo", fmt.Sprintf(`{"seq":%d}`, note.Seq))
	if notes := c.document(path).Notes; len(notes) != 0 {
		t.Errorf("undone: %+v", notes)
	}
	c.want(200, "GET", path+"/log?limit=1000", "", `# **Markdown**`)

	c.want(201, "POST", path+"/verdicts", `{"verdict":"rejected","indicator":"c2.example","reason":"ours"}`)
	c.want(201, "POST", path+"/weigh", "")
	c.want(201, "POST", path+"/close", `{"reason":"done"}`, `"type":"closed"`)
	c.want(200, "GET", "/api/v1/cases", "", `"state":"closed"`)
	c.want(201, "POST", path+"/reopen", `{}`)
	c.want(200, "GET", path, "", `"state":"complete"`)
}
