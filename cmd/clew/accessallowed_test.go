package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clew/internal/account"
	"clew/internal/server"
)

// What the API says that somebody may do is what it lets them do: the tables of the
// access test say both.
func TestWhatIsAllowedIsWhatIsLetIn(t *testing.T) {
	g := newTeam(t)
	var ops []server.Route
	for _, way := range g.server.Routes() {
		if strings.Contains(way.Pattern, " /api/v1/") && !slices.Contains(continues, way.Operation) {
			ops = append(ops, way)
		}
	}
	said := func(caller, request string, into any) bool {
		status, text := g.ask(caller, request, "")
		if status != http.StatusOK {
			return false
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s to %s: %v in %s", request, caller, err, text)
		}
		return true
	}
	for _, caller := range g.callers() {
		if slices.Contains([]string{"nobody", "halfway", "expired", "disabled"}, caller) {
			continue
		}
		var v server.Visit
		if !said(caller, "GET /api/v1/session", &v) {
			t.Fatalf("%s is told nothing", caller)
		}
		for _, way := range ops {
			if got, want := slices.Contains(v.Operations, way.Operation), expected(way, caller, "") == "let in"; got != want {
				t.Errorf("%s is told of %s: %t, want %t", caller, way.Operation, got, want)
			}
		}
		if got, want := len(v.Parts) > 0, table(whoMay)[string(account.Approve)][caller] == "yes"; got != want {
			t.Errorf("%s is told of parts %v", caller, v.Parts)
		}
		for name, id := range g.ids {
			var c server.CaseAllowed
			hidden := expected(server.Route{Pattern: "GET /api/v1/cases/{case}/may", Needs: account.Read}, caller, name) != "let in"
			if told := said(caller, "GET /api/v1/cases/"+id+"/may", &c); told == hidden {
				t.Errorf("%s is told of the case %q: %t", caller, name, told)
			}
			for _, way := range ops {
				if _, _, about := g.request(way, name); !about || hidden {
					continue
				}
				if got, want := slices.Contains(c.Operations, way.Operation), expected(way, caller, name) == "let in"; got != want {
					t.Errorf("%s is told of %s about the case %q: %t, want %t", caller, way.Operation, name, got, want)
				}
			}
		}
	}
}

// Alone on loopback everything is allowed, and the names of parts are those of the
// description.
func TestAloneEverythingIsAllowed(t *testing.T) {
	c := listening(t, offlineApp(servedApp(t)))
	run := c.run(c.want(202, "POST", "/api/v1/investigations", `{"indicators":["evil.example"],"offline":true}`))
	for _, at := range []string{"/api/v1/session", "/api/v1/cases/" + run.Case + "/may"} {
		var a server.Allowed
		if err := json.Unmarshal([]byte(c.want(200, "GET", at, "")), &a); err != nil {
			t.Fatal(err)
		}
		for _, op := range []string{"note", "act", "user-add", "watch-add", "access-set"} {
			if !slices.Contains(a.Operations, op) {
				t.Errorf("%s does not say %s", at, op)
			}
		}
		field, _ := reflect.TypeFor[server.Allowed]().FieldByName("Parts")
		if got, want := strings.Join(a.Parts, ","), field.Tag.Get("enum"); got != want {
			t.Errorf("%s says the parts %s, and the description %s", at, got, want)
		}
	}
	c.want(404, "GET", "/api/v1/cases/none/may", "")
}
