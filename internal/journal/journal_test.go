package journal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"clew/internal/journal"
)

const known = "k3y-of/a source+1"

func logger(t testing.TB, format string, level slog.Level) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := journal.New(&out, journal.Options{
		Format: format, Level: level, Secrets: []string{known, "abc"},
		Clock: func() time.Time { return time.Date(2026, 11, 27, 10, 0, 0, 0, time.FixedZone("", 3600)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return log, &out
}

func TestForms(t *testing.T) {
	for format, want := range map[string]string{
		journal.Text:    `time=2026-11-27T09:00:00.000Z level=WARN msg="certificate expires" days=3 http.status=200` + "\n",
		journal.JSON:    `{"time":"2026-11-27T09:00:00Z","level":"WARN","msg":"certificate expires","days":3,"http":{"status":200}}` + "\n",
		journal.Systemd: `<4>level=WARN msg="certificate expires" days=3 http.status=200` + "\n",
	} {
		log, out := logger(t, format, slog.LevelInfo)
		log.Debug("not written")
		log.With("days", 3).WithGroup("http").Warn("certificate expires", "status", 200)
		if out.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", format, out, want)
		}
	}
	if _, err := journal.New(&bytes.Buffer{}, journal.Options{Format: "xml"}); err == nil || !strings.Contains(err.Error(), "text, json, journal") {
		t.Errorf("unknown format: %v", err)
	}
}

type holder struct{ Password string }

type state string

// What is a word by a name of its own, as the state of a job is, is written as that word.
func TestNamedWords(t *testing.T) {
	log, out := logger(t, journal.Text, slog.LevelInfo)
	log.Info("job ends", "state", state("complete"))
	if !strings.HasSuffix(out.String(), "state=complete\n") {
		t.Error(out)
	}
}

// Secrets do not reach a line, whichever way they come.
func TestSecretsStayOut(t *testing.T) {
	for name, attrs := range map[string][]any{
		"value":           {"detail", "asked with " + known},
		"in_an_address":   {"url", "https://api.example/?q=1&k=" + url.QueryEscape(known)},
		"in_base64":       {"header", base64.StdEncoding.EncodeToString([]byte(known))},
		"in_an_error":     {"error", fmt.Errorf("get: %w", errors.New("401 for "+known))},
		"in_a_word":       {"state", state(known)},
		"in_a_struct":     {"settings", holder{"hunter2-hunter2"}},
		"in_a_group":      {slog.Group("a", slog.Group("b", slog.String("c", known)))},
		"in_a_list":       {"names", []string{known}},
		"by_name":         {"api_key", "hunter2-hunter2"},
		"cookie":          {"Cookie", "hunter2-hunter2"},
		"authorization":   {"header", "Authorization: Bearer hunter2-hunter2"},
		"basic":           {"said", "basic aHVudGVyMi1odW50ZXIy"},
		"userinfo":        {"error", errors.New("dial postgres://clew:hunter2-hunter2@db.example:5432/clew: refused")},
		"assigned":        {"error", errors.New(`password="hunter2-hunter2" host=db.example`)},
		"query":           {"target", "/feeds/x?token=hunter2-hunter2&a=b"},
		"json":            {"body", `{"client_secret": "hunter2-hunter2"}`},
		"across_the_cut":  {"long", strings.Repeat("x", 2<<10-4) + known},
		"set_cookie_text": {"header", "Set-Cookie: __Host-session=hunter2-hunter2; Path=/"},
	} {
		for _, format := range journal.Formats() {
			log, out := logger(t, format, slog.LevelDebug)
			log.Info("something", attrs...)
			log.With(attrs...).Info("with " + known)
			for _, secret := range []string{known, "hunter2", "aHVudGVyMi", "k3y-of", base64.StdEncoding.EncodeToString([]byte(known))} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%s as %s: %s", name, format, out)
				}
			}
		}
	}
	log, out := logger(t, journal.Text, slog.LevelInfo)
	log.Info("abc is too short to be told from words")
	if !strings.Contains(out.String(), "abc is") {
		t.Errorf("a short secret blanked out words: %s", out)
	}
}

// FuzzLine: whatever is logged, it is one printable line, JSON where that is said,
// and holds no secret.
func FuzzLine(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("a\nlevel=ERROR msg=forged", "k\n=", "\x1b[31m\u202e\x9b")
	f.Add(known, "token", "bearer  x\xff")
	f.Add(strings.Repeat(known, 500), "a b", "secret=")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		for _, format := range journal.Formats() {
			log, out := logger(t, format, slog.LevelInfo)
			log.Info(message, key, value, "between", value+known+message, "error", errors.New(value))
			text, ended := strings.CutSuffix(out.String(), "\n")
			if !ended || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(text) {
				t.Fatalf("%s: %q", format, out)
			}
			if strings.Contains(text, known) {
				t.Fatalf("%s: the secret is in %q", format, out)
			}
			if format == journal.JSON && !json.Valid([]byte(text)) {
				t.Fatalf("not JSON: %q", text)
			}
		}
	})
}
