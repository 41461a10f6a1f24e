package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/server"
)

// TestHuntOverTheAPI searches logs for a list and for a case, looks up in the
// index, and reads what came of it, as a page would.
func TestHuntOverTheAPI(t *testing.T) {
	a := servedApp(t)
	logs := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("dns.log", "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tquery\n#path\tdns\n"+
		"1767323045.0\tC1\t192.168.7.10\twww.evil.example\n1767409445.0\tC2\t192.168.7.11\tc2.example\n1767409446.0\tC3\t192.168.7.11\tother.example\n")
	write("fw.log", "Jan  2 03:04:05 fw <script> from 192.168.7.10 to 192.0.2.1 dropped\n")
	c := listening(t, offlineApp(a))
	where, err := json.Marshal([]string{logs})
	if err != nil {
		t.Fatal(err)
	}

	c.want(422, "POST", "/api/v1/hunts", `{"indicators":["evil.example"]}`, "name where to look")
	c.want(422, "POST", "/api/v1/hunts", `{"logs":["/var/log"]}`, "name what to look for")
	c.want(422, "POST", "/api/v1/hunts", `{"indicators":["evil.example"],"logs":["relative"]}`, "whole path")
	c.want(422, "POST", "/api/v1/hunts", `{"indicators":["evil.example"],"logs":["/nowhere/at/all"]}`, "no log to search")
	c.want(422, "POST", "/api/v1/hunts", `{"indicators":["evil.example"],"siem":["elk"]}`, "--offline")
	c.want(422, "POST", "/api/v1/hunts", `{"indicators":["evil.example"],"index":true}`, "no index yet")
	c.want(422, "POST", "/api/v1/hunts", `{"list":"nothing here","logs":`+string(where)+`}`, "list")
	c.want(404, "POST", "/api/v1/hunts", `{"case":"none","logs":`+string(where)+`}`)
	c.want(404, "GET", "/api/v1/hunts/none", "")
	c.want(422, "GET", "/api/v1/telemetry", "", "no index yet")

	ended := func(ask string) server.HuntReport {
		t.Helper()
		var hunt server.Hunt
		if err := json.Unmarshal([]byte(c.want(202, "POST", "/api/v1/hunts", ask)), &hunt); err != nil {
			t.Fatal(err)
		}
		c.want(200, "GET", "/api/v1/hunts/"+hunt.ID+"/events", "", "event: hunt", `"state":"complete"`)
		var report server.HuntReport
		if err := json.Unmarshal([]byte(c.want(200, "GET", "/api/v1/hunts/"+hunt.ID, "")), &report); err != nil {
			t.Fatal(err)
		}
		return report
	}
	list := ended(`{"list":"evil[.]example\n192.0.2.1\nco.uk\nnotseen.example\n","logs":` + string(where) + `}`)
	if list.Indicators != 4 || list.Hits != 2 || list.Kept != 2 || len(list.LeftOut) != 1 || len(list.Places) != 1 || len(list.Places[0].Seen) != 2 {
		t.Fatalf("%+v", list)
	}
	if s := list.Places[0].Searched; !s.Complete || s.Files != 2 || s.Lines != 4 || len(s.Logs) != 2 {
		t.Errorf("coverage: %+v", s)
	}
	hits := "/api/v1/hunts/" + list.ID + "/hits"
	c.want(200, "GET", hits+"?indicator=evil.example", "", `"total":1`, `"asset":"192.168.7.10"`, `"field":"query"`, `"value":"www.evil.example"`)
	first := c.want(200, "GET", hits+"?limit=1", "", `"number":1`, `"total":2`)
	next := first[strings.Index(first, `"next":"`)+len(`"next":"`):]
	c.want(200, "GET", hits+"?limit=1&cursor="+next[:strings.Index(next, `"`)], "", `"number":2`, `<script>`)
	c.want(200, "GET", "/api/v1/hunts", "", list.ID)

	opened := offlineApp(a)
	if code := opened.run(t.Context(), []string{"investigate", "evil.example", "--offline"}); code != exitDone {
		t.Fatalf("investigate: exit %d", code)
	}
	for range 2 { // the second time says the same, not twice as much
		if of := ended(`{"case":"20","logs":` + string(where) + `}`); of.Case == "20" || of.Hits == 0 {
			t.Errorf("%+v", of)
		}
	}
	indexing := offlineApp(a)
	if code := indexing.run(t.Context(), []string{"telemetry", "index", logs}); code != exitDone {
		t.Fatalf("index: exit %d", code)
	}
	c.want(200, "GET", "/api/v1/telemetry", "", `"logs":2`, `"missing":[]`)
	if found := ended(`{"indicators":["c2.example"],"index":true}`); found.Hits != 1 || found.Places[0].Where != "telemetry index" {
		t.Errorf("%+v", found)
	}
	checkSightings(t, c)
}

func checkSightings(t *testing.T, c client) {
	t.Helper()
	var seen casefile.Sightings
	if err := json.Unmarshal([]byte(c.want(200, "GET", "/api/v1/cases/20/sightings", "")), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Searches) != 2 || seen.Searches[0].Lines != 4 || !seen.Searches[0].Complete || len(seen.Values) == 0 {
		t.Fatalf("%+v", seen)
	}
	seed := seen.Values[0]
	for _, v := range seen.Values {
		if v.Value == "evil.example" {
			seed = v
		}
	}
	if seed.State != casefile.Hit || seed.Band != "seed" || seed.Count != 1 || len(seed.Days) != 1 || seed.Days[0] != (casefile.Bucket{When: "2026-01-02", Count: 1}) ||
		len(seed.Assets) != 1 || seed.Assets[0] != (casefile.AssetCount{Name: "192.168.7.10", Count: 1}) || seed.Verdicts["hit"] != 1 {
		t.Errorf("%+v", seed)
	}
	if len(seen.Days) == 0 || len(seen.Assets) == 0 {
		t.Errorf("%+v", seen)
	}
}

// offlineApp is a with the flags that clew serve has, asking nobody.
func offlineApp(a *app) *app {
	offline := *a
	offline.pap, offline.tlp, offline.depth, offline.maxHolders, offline.offline = "AMBER", "AMBER", 2, 500, true
	offline.stdout, offline.stderr = io.Discard, io.Discard
	offline.connectors()
	return &offline
}
