package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/server"
	"clew/internal/server/assistant"
)

// assisted is the SDK's own client, connected to the tools over a served corpus.
func assisted(t *testing.T, act bool) *mcp.ClientSession {
	t.Helper()
	a := servedApp(t)
	log := filepath.Join(t.TempDir(), "dns.log")
	if err := os.WriteFile(log, []byte("2026-01-20T10:00:00Z client 10.0.0.7 query evil.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := a.run(t.Context(), []string{"telemetry", "index", log}); code != exitDone {
		t.Fatalf("telemetry index: exit %d", code)
	}
	a.offline = true
	a.ceiled()
	s, err := server.New(&net.TCPAddr{}, server.Options{Core: core{a}, Version: "test", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test's
	api, doc := s.API()
	tools, err := assistant.New(doc, api, assistant.Options{Version: "test", Act: act, Ceiling: marking.TLPAmber})
	if err != nil {
		t.Fatal(err)
	}
	here, there := mcp.NewInMemoryTransports()
	if _, err := tools.Connect(t.Context(), there, nil); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // a test's
	return session
}

func use(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any) (text string, failed bool) {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	content, ok := result.Content[0].(*mcp.TextContent)
	if !ok {
		t.Fatalf("%s answered %T", tool, result.Content[0])
	}
	return content.Text, result.IsError
}

func good(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any, into any) {
	t.Helper()
	text, failed := use(t, session, tool, arguments)
	if failed {
		t.Fatalf("%s: %s", tool, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v: %.200s", tool, err, text)
	}
}

// An assistant works a case from the indicator to a verdict, and the record says
// that it was one.
func TestAssistantWorksACase(t *testing.T) {
	session := assisted(t, true)
	var seen struct {
		Found []struct{ Kind, Value string }
	}
	good(t, session, "recognise", map[string]any{"text": "it calls hxxp://evil[.]example/x", "distinct": true}, &seen)
	if len(seen.Found) == 0 {
		t.Fatal("nothing recognised")
	}
	var plan struct{ Asked int }
	good(t, session, "dry-run", map[string]any{"indicators": []string{"evil.example"}}, &plan)
	if plan.Asked != 0 {
		t.Errorf("offline, and %d would be asked", plan.Asked)
	}
	var run server.Run
	good(t, session, "start", map[string]any{"indicators": []string{"evil.example"}}, &run)
	for end := time.Now().Add(20 * time.Second); run.State == "running" || run.State == "queued"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the investigation does not end")
		}
		good(t, session, "run", map[string]any{"run": run.ID}, &run)
	}
	whole(t, session, run.Case)
	if report, failed := use(t, session, "report", map[string]any{"case": run.Case}); failed || !strings.Contains(report, "evil[.]example") {
		t.Errorf("report: %.300s", report)
	}
	var event casefile.Event
	good(t, session, "note", map[string]any{"case": run.Case, "text": "looked at it"}, &event)
	if event.Actor != "tester (assistant)" {
		t.Errorf("the record names %q", event.Actor)
	}
	for tool, arguments := range map[string]map[string]any{
		"findings": {"case": run.Case, "limit": 5}, "audit": {"case": run.Case}, "verify": {"case": run.Case}, "log": {"case": run.Case}, "sources": {}, "policy": {},
	} {
		var any map[string]json.RawMessage
		good(t, session, tool, arguments, &any)
	}
}

// whole does with a case what is left of it after it was opened: why, one more hop,
// our own logs, what is to be done.
func whole(t *testing.T, session *mcp.ClientSession, id string) {
	t.Helper()
	var found struct {
		Items []struct{ Kind, Value, Band string }
	}
	good(t, session, "findings", map[string]any{"case": id, "limit": 3}, &found)
	if len(found.Items) == 0 {
		t.Fatal("no findings")
	}
	one := found.Items[0].Value
	var why struct{ Finding casefile.Finding }
	good(t, session, "finding", map[string]any{"case": id, "indicator": one}, &why)
	if why.Finding.Value != one || len(why.Finding.Factors) == 0 {
		t.Errorf("why: %+v", why)
	}
	var counts server.Counts
	good(t, session, "counts", map[string]any{"case": id, "indicator": one}, &counts)
	if len(counts.Points) == 0 {
		t.Errorf("%s: nothing counted", one)
	}
	var run server.Run
	good(t, session, "turn", map[string]any{"case": id, "pivots": []any{map[string]any{"from": one, "method": counts.Points[0].Method, "value": counts.Points[0].Value}}}, &run)
	ended(t, session, "run", map[string]any{"run": run.ID}, &run.State)
	var hunt server.Hunt
	good(t, session, "hunt", map[string]any{"case": id, "index": true}, &hunt)
	ended(t, session, "hunt-state", map[string]any{"hunt": hunt.ID}, &hunt.State)
	if text, failed := use(t, session, "sightings", map[string]any{"case": id}); failed || !strings.Contains(text, "evil.example") {
		t.Errorf("sightings: %s", text)
	}
	var acted server.Acted
	good(t, session, "propose", map[string]any{"case": id, "indicators": []string{one}, "action": "monitor", "reason": "it shares the host"}, &acted)
	if acted.Changes != 1 || acted.Actions[0].Action.State != "proposed" {
		t.Errorf("proposed: %+v", acted)
	}
	var actions server.List[server.Decision]
	good(t, session, "actions", map[string]any{"case": id, "kind": []string{"ip", "domain"}}, &actions)
	if !slices.ContainsFunc(actions.Items, func(d server.Decision) bool { return d.Value == one && d.Action.By == "tester (assistant)" }) {
		t.Errorf("actions: %+v", actions)
	}
	var log server.List[casefile.Event]
	good(t, session, "log", map[string]any{"case": id, "limit": 1000}, &log)
	for _, e := range log.Items {
		if e.Actor != "clew" && e.Actor != "tester (assistant)" {
			t.Errorf("%s names %q", e.Type, e.Actor)
		}
	}
}

// ended waits until what runs has.
func ended(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any, state *string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); *state == "running" || *state == "queued"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: it does not end", tool)
		}
		var now struct{ State, Error string }
		good(t, session, tool, arguments, &now)
		if *state = now.State; now.Error != "" {
			t.Errorf("%s: %s", tool, now.Error)
		}
	}
}

func TestAssistantCannotWidenItsBounds(t *testing.T) {
	reading, acting := assisted(t, false), assisted(t, true)
	for tool, err := range reading.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if !tool.Annotations.ReadOnlyHint || slices.Contains([]string{"start", "turn", "judge", "note", "cancel", "hunt", "propose"}, tool.Name) {
			t.Errorf("a reader is offered %s", tool.Name)
		}
	}
	for _, bound := range []string{"pap", "tlp", "budget", "anyway"} {
		text, failed := use(t, acting, "start", map[string]any{"indicators": []string{"evil.example"}, bound: "CLEAR"})
		if !failed || !strings.Contains(text, "no argument") {
			t.Errorf("%s: %s", bound, text)
		}
	}
	for tool, wrong := range map[string]map[string]any{
		"propose": {"case": "x", "verb": "approve"}, "hunt": {"indicators": []string{"evil.example"}, "logs": []string{"/etc/passwd"}}, "turn": {"case": "x", "budget": []string{"0"}},
	} {
		if text, failed := use(t, acting, tool, wrong); !failed || !strings.Contains(text, "no argument") {
			t.Errorf("%s: %s", tool, text)
		}
	}
	for _, wrong := range []map[string]any{{"case": ""}, {}, {"case": "../../sources"}, {"case": 7}, {"case": "x", "band": "purple"}} {
		if text, failed := use(t, acting, "findings", wrong); !failed || text == "" {
			t.Errorf("%v: %s", wrong, text)
		}
	}
	if _, err := reading.CallTool(context.Background(), &mcp.CallToolParams{Name: "start"}); err == nil {
		t.Error("a reader may start")
	}
}

// Over HTTP it answers whoever has the token, and nobody else.
func TestAssistantOverHTTP(t *testing.T) {
	a := servedApp(t)
	offline := *a
	offline.offline = true
	s, err := server.New(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, server.Options{Core: core{&offline}, Token: serveToken, Version: "test", Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	if err := mountAssistants(s, assistant.Options{Ceiling: marking.TLPAmber}); err != nil {
		t.Fatal(err)
	}
	ask := func(token string) *httptest.ResponseRecorder {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"show","arguments":{"indicator":"evil[.]example"}}}`
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1:8777/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	if w := ask(serveToken); w.Code != 200 || !strings.Contains(w.Body.String(), "192.0.2.1") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	if w := ask("x"); w.Code != 401 {
		t.Errorf("without the token: %d", w.Code)
	}
}
