package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"clew/internal/casefile"
)

// letters is a mail server on this machine that keeps what it is given, or
// refuses it.
type letters struct {
	refuse bool
	got    []string
}

func (l *letters) NewSession(*smtp.Conn) (smtp.Session, error) { return l, nil }
func (l *letters) Mail(string, *smtp.MailOptions) error        { return nil }
func (l *letters) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (l *letters) Reset()                                      {}
func (l *letters) Logout() error                               { return nil }
func (l *letters) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if l.refuse {
		return &smtp.SMTPError{Code: 554, Message: "not today"}
	}
	l.got = append(l.got, string(text))
	return err
}

func mailServer(t *testing.T) (*letters, string) {
	t.Helper()
	l := &letters{}
	server := smtp.NewServer(l)
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return l, listener.Addr().String()
}

// watching is clew telemetry watch over a folder, round by round, at a clock of
// the test's.
type watching struct {
	t      *testing.T
	now    time.Time
	env    map[string]string
	logs   string
	stderr bytes.Buffer
}

func startWatching(t *testing.T) (*watching, *letters) {
	t.Helper()
	mail, address := mailServer(t)
	dir := t.TempDir()
	w := &watching{t: t, now: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), logs: filepath.Join(dir, "logs"), env: map[string]string{
		"CLEW_DATA": filepath.Join(dir, "data"), "CLEW_CONFIG": filepath.Join(dir, "config.yaml"), "CLEW_ACTOR": "tester",
	}}
	if err := os.Mkdir(w.logs, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("../config.yaml", fmt.Sprintf("escalation: {to: [{name: duty, kind: mail, url: '%s', from: clew@corp.example, to: [duty@corp.example], security: none, private: true}]}\n", address))
	w.clew(0, "investigate", "evil.example", "--offline")
	return w, mail
}

// write adds lines to a log.
func (w *watching) write(name, text string) {
	w.t.Helper()
	file, err := os.OpenFile(filepath.Join(w.logs, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watching) query(machine, name string) {
	w.write("dns.json", fmt.Sprintf(`{"ts":1700000000,"uid":"C1","id.orig_h":%q,"id.resp_h":"10.0.0.53","query":%q}`+"\n", machine, name))
}

// clew runs a command and returns what it printed.
func (w *watching) clew(code int, args ...string) string {
	w.t.Helper()
	var out bytes.Buffer
	w.stderr.Reset()
	a := &app{
		stdin: strings.NewReader(""), stdout: &out, stderr: &w.stderr, getenv: func(name string) string { return w.env[name] },
		clock: func() time.Time { return w.now }, random: strings.NewReader(strings.Repeat("0123456789abcdef", 1000)),
	}
	if got := a.run(w.t.Context(), args); got != code {
		w.t.Fatalf("clew %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), w.stderr.String())
	}
	return out.String()
}

func (w *watching) round(code int) string {
	w.t.Helper()
	return w.clew(code, "telemetry", "watch", w.logs, "--once")
}

// New telemetry that meets a finding of a case is printed, recorded, and told to
// the recipients; a further machine is news, the same one is not.
func TestWatchTellsTheRecipients(t *testing.T) {
	w, mail := startWatching(t)
	w.query("10.0.0.4", "harmless.example")
	w.round(0)
	if len(mail.got) != 0 {
		t.Fatalf("told of nothing: %s", mail.got)
	}
	if log := w.clew(0, "case", "log", "2026"); !strings.Contains(log, "no-hit") || !strings.Contains(log, "1 log") {
		t.Errorf("the record does not say what silence rests on:\n%s", log)
	}
	for step, machine := range []string{"10.0.0.5", "10.0.0.9", "10.0.0.9"} {
		w.query(machine, "www.evil.example")
		if out := w.round(0); strings.Count(out, "www.evil.example") != 1 || !strings.Contains(out, machine) {
			t.Errorf("step %d printed\n%s", step, out)
		}
		want := []int{1, 2, 2}[step]
		if len(mail.got) != want {
			t.Fatalf("step %d: %d letters, want %d\n%s", step, len(mail.got), want, w.stderr.String())
		}
		if step < 2 && (!strings.Contains(mail.got[step], "internal-hit") || !strings.Contains(mail.got[step], strings.ReplaceAll(machine, ".", "[.]"))) {
			t.Errorf("step %d told\n%s", step, mail.got[step])
		}
	}
	if doc := w.clew(0, "case", "show", "2026", "--json"); !strings.Contains(doc, `"sightings": 3`) {
		t.Errorf("three sightings are not in the record:\n%s", doc)
	}
}

// A new case is looked up in what was indexed before it was opened, and told.
func TestWatchLooksUpNewFindings(t *testing.T) {
	w, mail := startWatching(t)
	w.query("10.0.0.5", "www.later.example")
	w.round(0)
	w.now = w.now.Add(time.Hour)
	w.clew(0, "investigate", "later.example", "--offline")
	if out := w.round(0); strings.Count(out, "www.later.example") != 1 {
		t.Errorf("printed\n%s", out)
	}
	if len(mail.got) != 1 || !strings.Contains(mail.got[0], "later[.]example") {
		t.Errorf("told %q", mail.got)
	}
	if out := w.round(0); out != "" || len(mail.got) != 1 {
		t.Errorf("told again: %s %d", out, len(mail.got))
	}
}

// The same value in two cases is an alert of each.
func TestWatchAlertsEveryCase(t *testing.T) {
	w, mail := startWatching(t)
	w.now = w.now.Add(24 * time.Hour)
	w.clew(0, "investigate", "evil.example", "--offline")
	w.round(0)
	w.query("10.0.0.5", "evil.example")
	out := w.round(0)
	if strings.Count(out, "2026-11-27-evil-example") != 1 || strings.Count(out, "2026-11-28-evil-example") != 1 || len(mail.got) != 2 {
		t.Errorf("%d letters, printed\n%s", len(mail.got), out)
	}
}

// A delivery that fails costs neither the record nor the alert: the next run
// tries again, though nothing is new in the logs.
func TestWatchTriesAgain(t *testing.T) {
	w, mail := startWatching(t)
	mail.refuse = true
	w.query("10.0.0.5", "evil.example")
	if w.round(3); !strings.Contains(w.stderr.String(), "not today") {
		t.Errorf("said\n%s", w.stderr.String())
	}
	if log := w.clew(0, "case", "log", "2026"); !strings.Contains(log, "failed") || !strings.Contains(log, "sighted") {
		t.Errorf("recorded\n%s", log)
	}
	mail.refuse = false
	if out := w.round(0); out != "" || len(mail.got) != 1 {
		t.Errorf("printed %q, %d letters", out, len(mail.got))
	}
	if w.round(0); len(mail.got) != 1 {
		t.Errorf("%d letters for one escalation", len(mail.got))
	}
}

// What was printed before the process was killed is recorded and told by the next.
func TestWatchGoesOnAfterAKill(t *testing.T) {
	w, mail := startWatching(t)
	w.query("10.0.0.5", "evil.example")
	w.clew(0, "telemetry", "watch", w.logs, "--once", "--print-only")
	if len(mail.got) != 0 || strings.Contains(w.clew(0, "case", "log", "2026"), "sighted") {
		t.Fatal("--print-only wrote or told")
	}
	var list struct{ Cases []casefile.Summary }
	if err := json.Unmarshal([]byte(w.clew(0, "case", "list", "--json")), &list); err != nil || len(list.Cases) != 1 {
		t.Fatalf("%d cases, %v", len(list.Cases), err)
	}
	// As a watch leaves it that was killed behind the commit of the segment.
	due, err := json.Marshal(watchDue{Met: map[string][]string{list.Cases[0].ID: {"evil.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.env["CLEW_DATA"], "telemetry", "due.json"), due, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := w.round(0); out != "" || len(mail.got) != 1 {
		t.Errorf("printed %q, %d letters", out, len(mail.got))
	}
	if log := w.clew(0, "case", "log", "2026"); strings.Count(log, "sighted") != 1 {
		t.Errorf("recorded\n%s", log)
	}
}

// A mistake in the configuration ends the watch before it begins, not when the
// first alert is due.
func TestWatchChecksRecipientsFirst(t *testing.T) {
	w, _ := startWatching(t)
	if err := os.WriteFile(w.env["CLEW_CONFIG"], []byte("escalation: {to: [{name: desk, kind: webhook, url: 'https://soc.example/x'}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.query("10.0.0.5", "evil.example")
	if out := w.round(2); out != "" || !strings.Contains(w.stderr.String(), "CLEW_KEY_DESK") {
		t.Errorf("printed %q, said %s", out, w.stderr.String())
	}
}
