package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/server"
)

// caseOf investigates in a served app and returns the ID of the case.
func caseOf(t *testing.T, a *app) string {
	t.Helper()
	if code := a.run(t.Context(), []string{"investigate", "evil.example", "--offline"}); code != exitDone {
		t.Fatalf("investigate: exit %d", code)
	}
	var list struct{ Cases []casefile.Summary }
	if err := json.Unmarshal([]byte(printed(t, a, "case", "list", "--json")), &list); err != nil || len(list.Cases) != 1 {
		t.Fatalf("%d cases, %v", len(list.Cases), err)
	}
	return list.Cases[0].ID
}

// asked sends a request to a server that listens nowhere.
func asked(t *testing.T, s *server.Server, method, path, kind string, body []byte, into any) (status int, text string) {
	t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, bytes.NewReader(body))
	r.Host, r.Header = "127.0.0.1:8777", http.Header{"Authorization": {"Bearer " + serveToken}, "Content-Type": {kind}}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, path, w.Code, w.Body, err)
		}
	}
	return w.Code, w.Body.String()
}

// A case that one machine made is replayed on another and taken in there, and
// what it decided counts only where somebody trusts it.
func TestServeBundles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // what another process leaves in the system's place is not ours
	from, to := servedApp(t), servedApp(t)
	id := caseOf(t, from)
	file := filepath.Join(t.TempDir(), "case.zip")
	pack := func() []byte {
		t.Helper()
		if code := from.run(t.Context(), []string{"case", "bundle", id, "-o", file}); code != exitDone {
			t.Fatalf("bundle: exit %d", code)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	const zip = "application/zip"
	content, there := pack(), serverOf(t, to)
	var again server.Replayed
	if status, text := asked(t, there, "POST", "/bundles/replay", zip, content, &again); status != 200 || again.Case != id || again.Findings == 0 || again.Document.Case.ID != id {
		t.Errorf("replayed: %d %.300s", status, text)
	}
	if status, text := asked(t, there, "GET", "/cases", "", nil, nil); !strings.Contains(text, `"total":0`) {
		t.Errorf("a replay is kept: %d %s", status, text)
	}
	var got casefile.Pushed
	if status, text := asked(t, there, "POST", "/bundles", zip, content, &got); status != 201 || got.Case != id || got.Events == 0 {
		t.Errorf("taken in: %d %s", status, text)
	}
	if status, text := asked(t, there, "POST", "/cases/"+id+"/replay", "application/json", nil, &again); status != 200 || again.Digest == "" {
		t.Errorf("replayed from the record: %d %.300s", status, text)
	}
	one, two := printed(t, from, "case", "show", id, "--json"), printed(t, to, "case", "show", id, "--json")
	if one != two {
		t.Errorf("the case is another one there:\n%s\n%s", one, two)
	}

	if code := from.run(t.Context(), []string{"act", id, "approve", "c2.example", "--action", "block", "--reason", "a test"}); code != exitDone {
		t.Fatalf("act: exit %d", code)
	}
	content = pack()
	if status, text := asked(t, there, "POST", "/bundles", zip, content, nil); status != 409 || !strings.Contains(text, "1 approved action") {
		t.Errorf("approved elsewhere: %d %s", status, text)
	}
	if status, text := asked(t, there, "POST", "/bundles?trusted=true", zip, content, &got); status != 201 || got.Events != 1 {
		t.Errorf("trusted: %d %s", status, text)
	}
	for name, test := range map[string]struct {
		content []byte
		status  int
	}{
		"no_zip": {[]byte("GIF89a"), 422}, "nothing": {nil, 422}, "cut": {content[:len(content)/2], 422}, "other_zip": {zipOf(t), 422},
	} {
		for _, path := range []string{"/bundles", "/bundles/replay"} {
			if status, text := asked(t, there, "POST", path, zip, test.content, nil); status != test.status {
				t.Errorf("%s to %s: %d %s", name, path, status, text)
			}
		}
	}
	for _, e := range leftInTemp(t) {
		t.Errorf("left behind: %s", e)
	}
}

// leftInTemp lists files of ours in the system's place for temporary ones.
func leftInTemp(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "clew-*load-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func zipOf(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := writeZip(&out, "../../etc/passwd", "x"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What fires is shown, recorded and handed over as clew escalate does it.
func TestServeEscalations(t *testing.T) {
	a := servedApp(t)
	id := caseOf(t, a)
	// Nobody is at this address, and it is none that may be reached.
	config := "keys: {desk: a secret of the team}\nescalation:\n  organisation: {terms: [evil]}\n  to:\n" +
		"  - {name: desk, kind: webhook, url: 'https://127.0.0.1:9/x'}\n  - {name: world, kind: webhook, url: 'https://127.0.0.1:9/y', tlp: GREEN}\n"
	config = strings.Replace(config, "keys: {", "keys: {world: another secret of the team, ", 1)
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serverOf(t, a)
	status, text := asked(t, s, "GET", "/recipients", "", nil, nil)
	if status != 200 || !strings.Contains(text, `{"name":"desk","kind":"webhook","severity":"","tlp":"AMBER+STRICT"}`) || strings.Contains(text, "secret") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("recipients: %d %s", status, text)
	}
	path := "/cases/" + id + "/escalations"
	var told server.Told
	if status, text := asked(t, s, "POST", path, "application/json", []byte(`{"dry_run":true}`), &told); status != 200 || told.New == 0 || len(told.Escalations) != told.New ||
		len(told.Would) != 2*told.New || told.Would[0].Content == "" || !strings.Contains(told.Would[1].Refused, "TLP") || strings.Contains(text, "secret") {
		t.Fatalf("a dry run: %d %s", status, text)
	}
	fired := told.New
	if _, text := asked(t, s, "GET", path, "", nil, nil); !strings.Contains(text, `"items":[]`) {
		t.Errorf("a dry run is recorded: %s", text)
	}
	if status, text := asked(t, s, "POST", path, "application/json", []byte(`{"to":["world"]}`), &told); status != 200 || told.New != fired || len(told.Failed) != fired {
		t.Errorf("told: %d %s", status, text)
	}
	if status, text := asked(t, s, "POST", path, "application/json", []byte(`{"to":["world"]}`), &told); status != 200 || told.New != 0 || len(told.Escalations) != fired || len(told.Failed) != fired {
		t.Errorf("told again: %d %s", status, text)
	}
	if _, text := asked(t, s, "GET", path, "", nil, nil); !strings.Contains(text, `"state":"withheld"`) || !strings.Contains(text, `"to":"world"`) {
		t.Errorf("the list: %s", text)
	}
	if status, _ := asked(t, s, "POST", path, "application/json", []byte(`{"to":["nobody"]}`), nil); status != 422 {
		t.Errorf("to nobody: %d", status)
	}
	if status, _ := asked(t, s, "GET", "/cases/none/escalations", "", nil, nil); status != 404 {
		t.Errorf("of no case: %d", status)
	}
}
