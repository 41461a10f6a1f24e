package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/server"
)

const serveToken = "0123456789abcdef-test"

// servedApp has a corpus in which two names share an address, one of them hostile.
func servedApp(t testing.TB) *app {
	t.Helper()
	dir := t.TempDir()
	env := map[string]string{"CLEW_DATA": filepath.Join(dir, "data"), "CLEW_TOKEN": serveToken, "CLEW_ACTOR": "tester", "CLEW_CONFIG": filepath.Join(dir, "config.yaml")}
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(k string) string { return env[k] }, clock: time.Now, random: rand.Reader}
	given := filepath.Join(dir, "pdns.json")
	rows := ""
	for _, name := range []string{"evil.example", "c2.example", "c3.example"} {
		rows += `{"rrname":"` + name + `","rrtype":"A","rdata":"192.0.2.1","time_first":1767225600,"time_last":1769904000}` + "\n"
	}
	rows += `{"rrname":"evil.example","rrtype":"TXT","rdata":"<script>alert(1)</script>","time_first":1767225600,"time_last":1769904000}` + "\n"
	for path, text := range map[string]string{given: rows, env["CLEW_CONFIG"]: "{}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code := a.run(t.Context(), []string{"import", "cof", given}); code != exitDone {
		t.Fatalf("import: exit %d", code)
	}
	return a
}

// client asks a running server.
type client struct {
	t    testing.TB
	base string
}

func (c client) do(method, path, body string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+serveToken)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer, string(text)
}

func (c client) want(status int, method, path, body string, parts ...string) string {
	c.t.Helper()
	answer, text := c.do(method, path, body)
	if answer.StatusCode != status {
		c.t.Fatalf("%s %s: got %d, want %d: %s", method, path, answer.StatusCode, status, text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			c.t.Errorf("%s %s: %s is not in %s", method, path, part, text)
		}
	}
	return text
}

// TestServe runs clew serve on loopback and does a whole investigation over it.
func TestServe(t *testing.T) {
	a := servedApp(t)
	out, in := io.Pipe()
	serving := *a
	serving.stdout = in
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- serving.run(ctx, []string{"serve", "--offline", "--listen", "127.0.0.1:0"}) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, strings.TrimSuffix(strings.TrimSpace(line), "/")}

	c.want(200, "POST", "/api/v1/recognise", `{"text":"see hxxps://evil[.]example/<script>alert(1)</script> and version 1.2.3.4"}`, `"kind":"url"`, `"defanged":true`)
	for text, want := range map[string]string{
		"evil.example":                     `"kind":"domain","value":"evil.example"`, // reserved: in a report it would be an example
		" domain:evil.example":             `"offset":1`,
		"person:Jane Roe":                  `"kind":"person","value":"Jane Roe"`,
		"cert:" + strings.Repeat("0a", 32): `"kind":"cert"`,
		"see evil.example":                 `"found":[]`,
	} {
		body, _ := json.Marshal(map[string]string{"text": text})
		c.want(200, "POST", "/api/v1/recognise", string(body), want)
	}
	c.want(200, "POST", "/api/v1/dry-run", `{"indicators":["evil[.]example"]}`, `"asked":0`, `"reason":"--offline"`)
	c.want(422, "POST", "/api/v1/dry-run", `{"indicators":["<script>"]}`, `"status":422`)
	c.want(422, "POST", "/api/v1/investigations", `{}`, "no indicator given")
	c.want(422, "POST", "/api/v1/investigations", `{"indicators":["google.com"]}`, "anyway")
	c.want(404, "POST", "/api/v1/investigations", `{"case":"none"}`, "no such case")

	var run server.Run
	if err := json.Unmarshal([]byte(c.want(202, "POST", "/api/v1/investigations", `{"indicators":["evil[.]example"],"scope":"live"}`)), &run); err != nil {
		t.Fatal(err)
	}
	events := c.want(200, "GET", "/api/v1/investigations/"+run.ID+"/events", "", "event: run", `"state":"complete"`)
	last := events[strings.LastIndex(events, "data: ")+len("data: "):]
	if err := json.Unmarshal([]byte(last), &run); err != nil {
		t.Fatal(err)
	}
	c.want(200, "GET", "/api/v1/investigations", "", run.ID)
	c.want(404, "GET", "/api/v1/investigations/none", "")
	c.want(200, "GET", "/api/v1/cases?q=EVIL%5B.%5Dexample", "", run.Case, `"total":1`)
	c.want(200, "GET", "/api/v1/cases?q=other.example", "", `"total":0`)
	checkCase(t, a, c, "/api/v1/cases/"+run.Case, run.Case)
	checkFeeds(t, a, c, run.Case)
	checkSharing(t, a, c, run.Case)
	checkActions(t, a, c, run.Case)

	c.want(200, "GET", "/api/v1/indicator?indicator=evil%5B.%5Dexample", "", `"value":"192.0.2.1"`, `<script>alert(1)</script>`)
	c.want(200, "GET", "/api/v1/pivots?indicator=evil.example", "", `"method":`, `"value":"192.0.2.1"`)
	c.want(422, "GET", "/api/v1/pivots?indicator=%00", "")
	c.want(200, "GET", "/api/v1/imports", "", `pdns.json`)
	c.want(200, "GET", "/api/v1/sources", "", `"name":"virustotal"`)
	c.want(200, "GET", "/api/v1/quotas", "", `"source":"virustotal"`)
	c.want(404, "GET", "/nothing", "", "/api lists")

	// Between two requests the corpus is free for the command line.
	if code := a.run(t.Context(), []string{"show", "evil.example"}); code != exitDone {
		t.Errorf("show beside the server: exit %d", code)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("serve ended with %d", code)
	}
}

// checkCase reads a case in every way, judges in it, and compares it with what
// the command line says.
func checkCase(t *testing.T, a *app, c client, path, id string) {
	t.Helper()
	answer, page := c.do("GET", path, "")
	if again, text := c.do("GET", path, "", "If-None-Match: "+answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || text != "" {
		t.Errorf("the same document again: %d", again.StatusCode)
	}
	var printed, served casefile.Document
	var stdout bytes.Buffer
	shown := *a
	shown.stdout = &stdout
	if code := shown.run(t.Context(), []string{"case", "show", id, "--json"}); code != exitDone {
		t.Fatalf("case show: exit %d", code)
	}
	if err := errors.Join(json.Unmarshal(stdout.Bytes(), &printed), json.Unmarshal([]byte(page), &served)); err != nil {
		t.Fatal(err)
	}
	one, _ := json.Marshal(printed)
	two, _ := json.Marshal(served)
	if !bytes.Equal(one, two) || len(served.Findings) == 0 {
		t.Errorf("%d findings; the command line says\n%s\nthe server\n%s", len(served.Findings), one, two)
	}
	c.want(200, "GET", path+"/findings?limit=1", "", `"factors":[`, `"next":"`)
	c.want(410, "GET", path+"/findings?cursor=x", "")
	c.want(422, "GET", path+"/findings?band=purple", "")
	c.want(200, "GET", path+"/graph", "", `"value":"evil.example","role":"seed"`, `"value":"c2.example","role":"finding"`, `"relation":"resolves-to","family":"host"`)
	c.want(200, "GET", path+"/graph?limit=2&rejected=hide", "", `"left":{"findings":`)
	c.want(404, "GET", path+"/evidence/"+strings.Repeat("0", 64), "")
	c.want(200, "GET", path+"/verify", "", `"problems":[]`)
	c.want(200, "GET", path+"/audit", "", `"known":true`)
	for _, indicator := range []string{"c2%5B.%5Dexample", "c2.example&kind=domain"} {
		c.want(200, "GET", path+"/finding?indicator="+indicator, "", `"known":true`, `"value":"c2.example"`, `"family":"prior"`,
			`"relation":"resolves-to"`, `"holders":`, `"count_of":`, `"window":[`, `"weakest":{"relation":`, `"next":{"band":`, `"model":"fitted-`)
	}
	c.want(404, "GET", path+"/finding?indicator=nobody.example", "", "no finding nobody[.]example")
	c.want(422, "GET", path+"/finding?indicator=%3Cscript%3E", "")
	c.want(422, "GET", path+"/finding", "")
	c.want(201, "POST", path+"/verdicts", `{"verdict":"rejected","indicator":"c2[.]example","reason":"<img src=x onerror=alert(1)>"}`, `"type":"rejected"`)
	c.want(422, "POST", path+"/verdicts", `{"verdict":"rejected","indicator":"c2.example","reason":" "}`, "reason")
	c.want(422, "POST", path+"/verdicts", `{"verdict":"accepted","indicator":"c2.example","reason":"x","relation":"none"}`, "relation")
	c.want(422, "POST", path+"/verdicts", `{"verdict":"opened","indicator":"c2.example","reason":"x"}`)
	c.want(201, "POST", path+"/notes", `{"text":"asked the hoster","about":"evil[.]example"}`, `"type":"noted"`)
	c.want(404, "POST", "/api/v1/cases/none/notes", `{"text":"x"}`)
	c.want(200, "GET", path, "", `"verdict":"rejected"`, "asked the hoster", "<img src=x")
	c.want(200, "GET", path+"/log?limit=1000", "", `"type":"opened"`, `"type":"noted"`, `"actor":"tester"`)
	c.want(200, "GET", path+"/log?type=noted&type=opened&order=newest&limit=1", "", `"total":2`, `"type":"noted"`, `"words":"`)
	c.want(200, "GET", path+"/log?type=nothing-of-the-kind", "", `"items":[]`, `"total":0`)
	if answer, _ := c.do("GET", path, ""); answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("outside text under the type %q", answer.Header.Get("Content-Type"))
	}
}

// checkFeeds fetches lists and collections as tools do.
func checkFeeds(t *testing.T, a *app, c client, id string) {
	t.Helper()
	before, text := c.do("GET", "/feeds/edl-domain", "")
	if before.StatusCode != http.StatusOK || strings.Contains(text, "c3.example") {
		t.Errorf("before anything is approved: %d %s", before.StatusCode, text)
	}
	if code := a.run(t.Context(), []string{"act", id, "approve", "c3.example", "--action", "block", "--reason", "a test"}); code != exitDone {
		t.Fatalf("act: exit %d", code)
	}
	list, text := c.do("GET", "/feeds/edl-domain", "", "If-None-Match: "+before.Header.Get("ETag"))
	if text != "c3.example\n*.c3.example\n" || !strings.HasPrefix(list.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("approved: %d %q", list.StatusCode, text)
	}
	if again, _ := c.do("GET", "/feeds/edl-domain", "", "If-None-Match: "+list.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same list again: %d", again.StatusCode)
	}
	c.want(404, "GET", "/feeds/stix", "")
	c.want(404, "GET", "/feeds/none", "")

	c.want(200, "GET", "/taxii2/", "", `"default":"/taxii2/cases/"`)
	c.want(200, "GET", "/taxii2/cases/", "", "taxii")
	c.want(200, "GET", "/taxii2/cases/collections/", "", `"title":"`+id+`"`, collection(id))
	c.want(200, "GET", "/taxii2/cases/collections/"+collection(id)+"/objects/?match[type]=indicator", "", "[domain-name:value = 'evil.example']")
	c.want(200, "GET", "/taxii2/cases/collections/"+id+"/manifest/", "", `"id":"indicator--`)
	c.want(404, "GET", "/taxii2/cases/collections/none/objects/", "")
	c.want(403, "POST", "/taxii2/cases/collections/"+id+"/objects/", `{"objects":[]}`)
	for _, path := range []string{"/feeds/edl-domain", "/taxii2/", "/taxii2/cases/collections/"} {
		if answer, _ := c.do("GET", path, "", "Authorization: Bearer wrong"); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without the token: %d", path, answer.StatusCode)
		}
	}
}

// TestReferencePageLoadsNothing: the page of the API names no other host.
func TestReferencePageLoadsNothing(t *testing.T) {
	a := servedApp(t)
	s := serverOf(t, a)
	for _, path := range []string{"/api", "/api/reference.css", "/openapi.json"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host, r.Header = "127.0.0.1:8777", http.Header{"Authorization": {"Bearer " + serveToken}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if text := w.Body.String(); w.Code != 200 || strings.Contains(text, "http://") || strings.Contains(text, "https://") && path != "/openapi.json" || strings.Contains(text, "<script") {
			t.Errorf("%s: %d\n%s", path, w.Code, text)
		}
	}
}

func serverOf(t testing.TB, a *app) *server.Server {
	t.Helper()
	s, err := server.New(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, server.Options{Core: core{offlineApp(a)}, Token: serveToken, Version: "test", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// listening serves a on loopback, and is a client of it.
func listening(t testing.TB, a *app) client {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	s, err := server.New(web.Listener.Addr(), server.Options{Core: core{a}, Token: serveToken, Version: "test", Clock: a.clock})
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = s
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return client{t, web.URL}
}

// FuzzServe: whatever is sent, the answer is JSON, and the server's own fault
// never.
func FuzzServe(f *testing.F) {
	for _, seed := range [][3]string{
		{"recognise", "", `{"text":"evil[.]example"}`},
		{"recognise", "", `{"text":"\u202e\u200b<script>","type":"html"}`},
		{"dry-run", "", `{"indicators":["hxxp://evil[.]example"],"budget":["virustotal=9c"],"since":"2026-01-01"}`},
		{"dry-run", "", `{"indicators":[null],"depth":99999999999999999999}`},
		{"cases/x/verdicts", "", `{"verdict":"accepted","indicator":"a","reason":"b"}`},
		{"cases/x/notes", "", `[[[[[[`},
		{"cases", "cursor=x&limit=-1", ""},
		{"cases/%2e%2e/log", "limit=1", ""},
		{"indicator", "indicator=%ff%fe", ""},
		{"pivots", "indicator=192.0.2.1&max_holders=2", ""},
		{"cases/x/actions", "", `{"verb":"approve","indicators":["evil.example"],"expires":"-1d"}`},
		{"cases/x/exports/stix", "state=proposed,none&tlp=CLEAR", ""},
		{"cases/x/report", "format=md&download=true", ""},
		{"cases/x/escalations", "", `{"to":["../.."],"dry_run":true}`},
		{"bundles", "trusted=true", "PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"bundles/replay", "", "PK\x03\x04"},
	} {
		f.Add(seed[0], seed[1], []byte(seed[2]))
	}
	s := serverOf(f, servedApp(f))
	f.Fuzz(func(t *testing.T, path, query string, body []byte) {
		method := http.MethodGet
		if len(body) > 0 {
			method = http.MethodPost
		}
		r := httptest.NewRequest(method, "/", bytes.NewReader(body))
		r.URL.Path, r.URL.RawQuery = "/api/v1/"+path, query
		if strings.HasSuffix(path, "events") || strings.Contains(path, "investigations") {
			return // streams and runs have their own tests
		}
		r.Host = "127.0.0.1:8777"
		r.Header.Set("Authorization", "Bearer "+serveToken)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q ? %q %q: %d %s", method, path, query, body, w.Code, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); strings.Contains(kind, "json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q: not JSON: %q", method, path, w.Body)
		} else if strings.Contains(kind, "html") && w.Code == 200 {
			t.Errorf("%s %q: a page: %q", method, path, w.Body)
		}
	})
}
