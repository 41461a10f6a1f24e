package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
)

var tlpLevels = []marking.TLP{marking.TLPClear, marking.TLPGreen, marking.TLPAmber, marking.TLPAmberStrict, marking.TLPRed}

// markedCases makes a case of each level, seed and one approved block in each:
// clear.example and c-clear.example, and so on.
func markedCases(t *testing.T) *app {
	t.Helper()
	dir := t.TempDir()
	env := map[string]string{"CLEW_DATA": filepath.Join(dir, "data"), "CLEW_ACTOR": "tester", "CLEW_CONFIG": filepath.Join(dir, "config.yaml")}
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(k string) string { return env[k] }, clock: time.Now, random: rand.Reader}
	rows := ""
	for i, tlp := range tlpLevels {
		for _, name := range []string{nameOf(tlp), "c-" + nameOf(tlp)} {
			rows += fmt.Sprintf(`{"rrname":%q,"rrtype":"A","rdata":"192.0.2.%d","time_first":1767225600,"time_last":1769904000}`+"\n", name, i+1)
		}
	}
	given := filepath.Join(dir, "pdns.json")
	for path, text := range map[string]string{given: rows, env["CLEW_CONFIG"]: "{}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) {
		t.Helper()
		if code := a.run(t.Context(), args); code != exitDone {
			t.Fatalf("clew %s: exit %d", strings.Join(args, " "), code)
		}
	}
	run("import", "cof", given)
	for _, tlp := range tlpLevels {
		run("investigate", nameOf(tlp), "--offline", "--tlp", string(tlp))
	}
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		t.Fatal(err)
	}
	heads, err := w.Cases.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, head := range heads {
		run("act", head.Case, "approve", "c-"+nameIn(head.Case), "--action", "block", "--reason", "a test")
	}
	return a
}

func nameOf(tlp marking.TLP) string {
	return strings.ToLower(strings.ReplaceAll(string(tlp), "+", "-")) + ".example"
}

// nameIn is the seed in the name of a case, 2026-11-27-amber-strict-example-4f2a.
func nameIn(id string) string {
	middle := id[len("2026-11-27-") : len(id)-len("-4f2a")]
	return strings.TrimSuffix(middle, "-example") + ".example"
}

// Each audience gets the cases that are marked for it and no others, in lists and
// in collections; the collection of another is not there.
func TestFeedsLeaveOutWhatIsMarkedStricter(t *testing.T) {
	a := markedCases(t)
	f := feeds{a}
	check := func(config string, lists, collections int) {
		t.Helper()
		if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := f.List(t.Context(), "edl-domain")
		if err != nil {
			t.Fatal(err)
		}
		offered, err := f.Collections(httptest.NewRequest("GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, c := range offered {
			titles = append(titles, nameIn(c.Title))
		}
		if list.Withheld != len(tlpLevels)-lists || len(offered) != collections {
			t.Errorf("%q: %d cases withheld from lists, %d collections", config, list.Withheld, len(offered))
		}
		for i, tlp := range tlpLevels {
			if in := slices.Contains(strings.Split(string(list.Content), "\n"), "c-"+nameOf(tlp)); in != (i < lists) {
				t.Errorf("%q: in the list TLP:%s: %v\n%s", config, tlp, in, list.Content)
			}
			if in := slices.Contains(titles, nameOf(tlp)); in != (i < collections) {
				t.Errorf("%q: a collection of TLP:%s: %v", config, tlp, in)
			}
		}
	}
	check("{}\n", 4, 3) // AMBER+STRICT and AMBER
	for i, tlp := range tlpLevels {
		check(fmt.Sprintf("feeds: {lists: %s}\n", tlp), i+1, 3)
		check(fmt.Sprintf("feeds: {taxii: %q}\n", tlp), 4, i+1)
	}
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte("feeds: {lists: PINK}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.List(t.Context(), "edl-domain"); err == nil || !strings.Contains(err.Error(), "feeds.lists") {
		t.Errorf("a marking that is none: %v", err)
	}
}

// Whoever knows the identifier of a collection does not get it for that.
func TestACollectionThatIsWithheldHoldsNothing(t *testing.T) {
	a := markedCases(t)
	f := feeds{a}
	err := f.withHeads(t.Context(), func(_ casefile.Reader, heads []casefile.Head) error {
		for _, head := range heads {
			records, err := f.Records(t.Context(), collection(head.Case))
			if err != nil {
				return err
			}
			withheld := strings.Contains(head.Case, "red") || strings.Contains(head.Case, "strict")
			text := ""
			for _, r := range records {
				text += string(r.Object)
			}
			if strings.Contains(text, nameIn(head.Case)) == withheld {
				t.Errorf("%s, withheld %v: %d objects\n%.300s", head.Case, withheld, len(records), text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
