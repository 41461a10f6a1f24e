package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What earlier clews wrote is read, verified and gone on with by today's: a data
// directory of 2026-11-23, whose corpus knew no imports, and a backup of 2026-11-27,
// both as those clews left them.
func TestWhatEarlierClewsWrote(t *testing.T) {
	for name, fill := range map[string]func(t *testing.T, a *app, dir string){
		"2026-11-23-data.zip": func(t *testing.T, _ *app, dir string) {
			files, err := zip.OpenReader(filepath.Join("testdata", "earlier", "2026-11-23-data.zip"))
			if err != nil {
				t.Fatal(err)
			}
			defer files.Close() //nolint:errcheck // read only
			if err := os.CopyFS(dir, files); err != nil {
				t.Fatal(err)
			}
		},
		"2026-11-27-backup.zip": func(t *testing.T, a *app, _ string) {
			runs(t, a, exitDone, "restore", filepath.Join("testdata", "earlier", "2026-11-27-backup.zip"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			a := with(t, servedApp(t), "{}\n", "CLEW_DATA", dir)
			fill(t, a, dir)
			if said := runs(t, a, exitDone, "case", "list"); strings.Count(said, "2026-11-27-evil-example-") != 1 {
				t.Errorf("cases: %s", said)
			}
			if said := runs(t, a, exitDone, "case", "verify", "2026-11-27-evil"); !strings.Contains(said, "is sound") {
				t.Errorf("verified: %s", said)
			}
			says(t, "what the corpus knows", runs(t, a, exitDone, "show", "second.example"), "203[.]0[.]113[.]7", "2026-01-01 to 2026-02-01", "pdns.jsonl")
			says(t, "who is there", runs(t, a, exitDone, "show", "203.0.113.7"), "2 names of 2 registered domains")
			runs(t, a, exitDone, "case", "note", "2026-11-27-evil", "today's goes on")
			more := filepath.Join(t.TempDir(), "more.jsonl")
			if err := os.WriteFile(more, []byte(`{"rrname":"third.example","rrtype":"A","rdata":"203.0.113.7","time_first":1767225600,"time_last":1769904000}`+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			runs(t, a, exitDone, "import", "cof", more)
			says(t, "with an import", runs(t, a, exitDone, "show", "203.0.113.7"), "3 names of 3 registered domains")
			if said := examined(t, a); strings.Contains(said, "bad corpus") || strings.Contains(said, "bad record") || strings.Contains(said, "bad spending") {
				t.Errorf("the doctor: %s", said)
			}

			if err := os.WriteFile(filepath.Join(dir, "corpus", "CORPUS"), []byte("clew corpus 2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			says(t, "a corpus of a later clew", runs(t, a, exitFailed, "show", "203.0.113.7"), "it has format 2 and this clew reads format 1", "use the clew that wrote it")
		})
	}
}

// runs runs a command as another process would.
func runs(t *testing.T, a *app, want int, args ...string) string {
	t.Helper()
	one, out := *a, &lines{}
	one.stdout, one.stderr = out, out
	if code := one.run(t.Context(), args); code != want {
		t.Fatalf("%v: exit %d, want %d: %s", args, code, want, out)
	}
	return out.String()
}

// A configuration of every day since the first is read: nothing was ever taken out.
// One of a later clew is refused with the line and the setting, never with a value.
func TestConfigurationsOfOtherClews(t *testing.T) {
	a := servedApp(t)
	for day, text := range map[string]string{
		"2026-11-23": "keys: {virustotal: a-key}\nsources: {virustotal: {every: 15s, quotas: [{requests: 500, per: day}]}}\nresolver: 192.0.2.53\n",
		"2026-11-25": "keys: {virustotal: a-key}\npolicy: policy.yaml\nescalation: {to: [{name: soc, kind: webhook, url: 'https://soc.example/hook'}]}\nattack: bundle.json\n",
		"2026-11-27": "database: {url: 'postgres://db.example:5432/clew', user: clew, password: p}\ncorpus: {url: 'https://ch.example:8443'}\nserve: {listen: '127.0.0.1:8777', behind_proxy: [127.0.0.1]}\nretention: {replies: 30}\naccounts: {on: true, idle: 1h}\n",
	} {
		if _, err := with(t, a, text).settings(); err != nil {
			t.Errorf("%s: %v", day, err)
		}
	}
	for text, want := range map[string]string{
		"keys: {virustotal: a-secret}\nserve:\n  quantum: yes-please\n": `line 3: unknown setting "quantum": it is misspelled, or of a newer clew`,
		"keys:\n  virustotal: [a-secret\n":                              "is not in the form",
		"'a-secret of mine': 1\n":                                       "is not in the form",
	} {
		_, err := with(t, a, text).settings()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "a-secret") || strings.Contains(err.Error(), "yes-please") {
			t.Errorf("%q: %v; want %q and no value", text, err, want)
		}
	}
}
