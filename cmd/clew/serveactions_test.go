package main

import (
	"encoding/json"
	"strings"
	"testing"

	"clew/internal/server"
)

// checkActions blocks over the API, and compares with what the command line
// says of it. c3.example is approved already.
func checkActions(t *testing.T, a *app, c client, id string) {
	t.Helper()
	path := "/api/v1/cases/" + id + "/actions"
	same := func() {
		t.Helper()
		var served, printedOut struct {
			Items, Actions []server.Decision
		}
		if err := json.Unmarshal([]byte(c.want(200, "GET", path, "")), &served); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(printed(t, a, "act", id, "list", "--json")), &printedOut); err != nil {
			t.Fatal(err)
		}
		one, _ := json.Marshal(served.Items)
		two, _ := json.Marshal(printedOut.Actions)
		if string(one) != string(two) || len(served.Items) == 0 {
			t.Errorf("the server lists\n%s\nthe command\n%s", one, two)
		}
	}
	same()
	c.want(200, "GET", path+"?measure=true", "", `"value":"c3.example"`)
	c.want(422, "GET", path+"?band=purple", "", "no band")
	c.want(404, "GET", "/api/v1/cases/none/actions", "")

	// evil.example is the seed: a block of it, weighed against who is beside it.
	dry := c.want(200, "POST", path, `{"verb":"propose","indicators":["evil[.]example"],"dry_run":true}`, `"recorded":false`, `"changes":1`, `"blast":{"bystanders":`)
	if !strings.Contains(dry, "a seed of the case") {
		t.Errorf("proposed: %s", dry)
	}
	c.want(200, "GET", path, "", `"total":1`)
	c.want(200, "POST", path, `{"verb":"propose","indicators":["evil.example"]}`, `"recorded":true`, `"changes":1`)
	c.want(200, "POST", path, `{"verb":"propose","indicators":["evil.example"]}`, `"changes":0`)
	c.want(200, "POST", path, `{"verb":"approve","indicators":["evil.example"],"approver":"shift lead","action":"block","reason":"<b>agreed</b>","expires":"9d"}`,
		`"approver":"shift lead"`, `"state":"approved"`, `"reason":"<b>agreed</b>"`)
	same()
	c.want(422, "POST", path, `{"verb":"approve"}`, "name what to approve")
	c.want(422, "POST", path, `{"verb":"revoke","indicators":["evil.example"]}`, "a reason is needed")
	c.want(422, "POST", path, `{"verb":"approve","indicators":["nobody.example"]}`, "neither a seed nor a finding")
	c.want(422, "POST", path, `{"verb":"approve","indicators":["evil.example"],"expires":"soon"}`, "--expires")
	c.want(422, "POST", path, `{"verb":"burn"}`)
	c.want(422, "POST", path, `{"verb":"revoke","indicators":["c3.example"],"reason":"x","approver":"\u0000"}`, "actor")
	c.want(200, "POST", path, `{"verb":"apply","indicators":["evil.example"],"reason":"RPZ serial 7"}`, `"state":"applied"`)
	if text := printed(t, a, "export", "edl-domain", id, "--seeds"); !strings.Contains(text, "evil.example") {
		t.Errorf("applied, and not in the list: %q", text)
	}
	c.want(200, "POST", path, `{"verb":"revoke","indicators":["evil.example"],"reason":"a customer called"}`, `"state":"revoked"`)
	c.want(200, "POST", path, `{"verb":"expire"}`, `"changes":0`)
	c.want(200, "GET", "/api/v1/cases/"+id+"/log?limit=1000", "", `"actor":"shift lead"`, `"type":"acted"`)
	same()
}
