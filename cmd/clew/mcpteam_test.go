package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/server"
)

// asBearer sends a token along, to the name that the server goes by.
type asBearer struct {
	token, host string
	through     http.RoundTripper
}

func (b asBearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = b.host
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.through.RoundTrip(r)
}

// assistantOf is the SDK's own client over HTTP, with a token of a user.
func (g *team) assistantOf(user string, scopes ...account.Permission) *mcp.ClientSession {
	g.t.Helper()
	_, secret, err := g.book.MakeToken(g.t.Context(), account.Console("tester"), g.users[user].ID, account.NewToken{Name: "helper", Scopes: scopes})
	if err != nil {
		g.t.Fatal(err)
	}
	served := httptest.NewServer(g.server)
	g.t.Cleanup(served.Close)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(g.t.Context(), &mcp.StreamableClientTransport{
		Endpoint: served.URL + "/mcp", HTTPClient: &http.Client{Transport: asBearer{secret, "127.0.0.1:8777", http.DefaultTransport}}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = session.Close() }) // a test's
	return session
}

// With accounts an assistant may what its token was given and its user may, in the
// cases that the user sees; record and audit name the user, and that it was one.
func TestAssistantOfATeam(t *testing.T) {
	g := newTeam(t)
	reading, working := g.assistantOf("analyst", account.Read), g.assistantOf("analyst", account.Read, account.Work, account.Act)
	offered := func(s *mcp.ClientSession) (names []string) {
		for tool, err := range s.Tools(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, tool.Name)
		}
		return names
	}
	if names := offered(reading); slices.Contains(names, "note") || !slices.Contains(names, "report") {
		t.Errorf("a reading token is offered %v", names)
	}
	if names := offered(working); !slices.Contains(names, "note") || !slices.Contains(names, "propose") {
		t.Errorf("a working token is offered %v", names)
	}
	if text, failed := use(t, reading, "note", map[string]any{"case": g.ids["own"], "text": "x"}); !failed || !strings.Contains(text, "work") {
		t.Errorf("a reading token wrote a note: %s", text)
	}
	for name, refusal := range map[string]string{"own": "", "open": "", "looked": "may see case", "others": "no such case", "above": "no such case"} {
		text, failed := use(t, working, "note", map[string]any{"case": g.ids[name], "text": "looked at it"})
		if failed != (refusal != "") || !strings.Contains(text, refusal) {
			t.Errorf("%s: %s", name, text)
		}
	}
	var cases server.List[casefile.Summary]
	good(t, working, "cases", nil, &cases)
	if cases.Total != 3 {
		t.Errorf("%d cases are seen", cases.Total)
	}
	var run server.Run
	good(t, working, "start", map[string]any{"indicators": []string{"evil.example"}, "restricted": true}, &run)
	ended(t, working, "run", map[string]any{"run": run.ID}, &run.State)
	good(t, working, "run", map[string]any{"run": run.ID}, &run)
	good(t, working, "propose", map[string]any{"case": run.Case, "indicators": []string{"evil.example"}, "action": "block", "reason": "seen"}, &server.Acted{})
	var log server.List[casefile.Event]
	good(t, working, "log", map[string]any{"case": run.Case, "limit": 1000}, &log)
	for _, e := range log.Items {
		if e.Actor != "clew" && e.Actor != "analyst (assistant)" {
			t.Errorf("%s names %q", e.Type, e.Actor)
		}
	}
	for _, operation := range []string{"note", "start", "act"} {
		entries, _, err := g.book.Audit(t.Context(), account.AuditQuery{Actor: "analyst", Operation: operation, Outcome: account.Done, Limit: 10})
		if err != nil || len(entries) == 0 || entries[0].Via != "token helper (assistant)" || entries[0].Case == "" {
			t.Errorf("audit of %s: %+v %v", operation, entries, err)
		}
	}
}

// Nobody approves what their own assistant proposed.
func TestAssistantIsNoSecondPerson(t *testing.T) {
	g := newTeam(t)
	helper := g.assistantOf("approver", account.Read, account.Work, account.Act)
	good(t, helper, "propose", map[string]any{"case": g.ids["own"], "indicators": []string{seeds["own"]}, "action": "block", "reason": "seen"}, &server.Acted{})
	code, text := g.ask("approver", "POST /api/v1/cases/"+g.ids["own"]+"/actions", `{"verb":"approve","indicators":["`+seeds["own"]+`"],"reason":"agreed"}`)
	if code != 200 || !strings.Contains(text, "you proposed it") {
		t.Errorf("%d %s", code, text)
	}
}
