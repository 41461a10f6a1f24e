package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/journal"
)

var openAPIOfTests = huma.OpenAPI{Paths: map[string]*huma.PathItem{"/api/v1/cases/{case}": {Get: &huma.Operation{OperationID: "read-case"}}}}

// answering is a server around handlers of tests, with the lines it writes.
func answering(t *testing.T, level slog.Level, mux *http.ServeMux) (*requests, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := journal.New(&out, journal.Options{Format: journal.JSON, Level: level, Secrets: []string{testToken}})
	if err != nil {
		t.Fatal(err)
	}
	rs := newRequests(Options{Log: log, Clock: time.Now}, mux, &openAPIOfTests, nil)
	rs.next = newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8777}, Place{}, testToken, mux)
	return rs, &out
}

func requested(t *testing.T, rs *requests, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8777", "127.0.0.1:4000"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	rs.ServeHTTP(w, r)
	return w
}

// A line says what was asked, by whom and how it went; not about what, and with
// nothing that opens a door.
func TestLinesOfRequests(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/cases/{case}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("case") == "broken" {
			problem(w, http.StatusInternalServerError, "dial postgres://clew:hunter2-hunter2@db.example/: refused\nlevel=INFO msg=forged \x1b[31m")
		}
	})
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	bearer := "Authorization: Bearer " + testToken
	for name, c := range map[string]struct {
		target  string
		headers []string
		want    []string
	}{
		"answered":   {"/api/v1/cases/secret-case?indicator=evil.example", []string{bearer}, []string{`"level":"INFO"`, `"operation":"read-case"`, `"status":200`, `"user":"token"`, `"client":"127.0.0.1"`, `"ms":`, `"request":"`}},
		"cookie":     {"/api/v1/cases/x", []string{"Cookie: clew-8777=" + testToken}, []string{`"status":200`}},
		"password":   {"/api/v1/cases/x", []string{basic("clew", testToken)}, []string{`"status":200`}},
		"link":       {"/?token=" + testToken, nil, []string{`"status":303`}},
		"wrong_link": {"/?token=another-t0ken", nil, []string{`"level":"WARN"`, `"status":401`, `"user":"nobody"`}},
		"no_token":   {"/api/v1/cases/x", nil, []string{`"level":"WARN"`, `"status":401`}},
		"broken":     {"/api/v1/cases/broken", []string{bearer}, []string{`"level":"ERROR"`, `"error":"dial postgres://[secret]@db.example/: refused level=INFO msg=forged \\u{1b}[31m"`}},
		"nothing":    {"/secret-case", []string{bearer}, []string{`"operation":"none"`, `"status":404`}},
	} {
		rs, out := answering(t, slog.LevelInfo, mux)
		w := requested(t, rs, c.target, c.headers...)
		line := out.String()
		if strings.Count(line, "\n") != 1 || !json.Valid(out.Bytes()) {
			t.Errorf("%s: not one line: %q", name, line)
		}
		for _, part := range append(c.want, `"request":"`+w.Header().Get("X-Request-Id")+`"`) {
			if !strings.Contains(line, part) {
				t.Errorf("%s: no %s in %s", name, part, line)
			}
		}
		for _, never := range []string{testToken, "another-t0ken", "evil.example", "secret-case", "hunter2", "Bearer", "clew-8777"} {
			if strings.Contains(line, never) {
				t.Errorf("%s: %s is in %s", name, never, line)
			}
		}
		// At debug, what was asked about is there; what opens a door is not.
		rs, out = answering(t, slog.LevelDebug, mux)
		requested(t, rs, c.target, c.headers...)
		for _, never := range []string{testToken, "another-t0ken", "hunter2", "Bearer"} {
			if strings.Contains(out.String(), never) {
				t.Errorf("%s: at debug %s is in %s", name, never, out)
			}
		}
		if name == "answered" && !strings.Contains(out.String(), "indicator=evil.example") {
			t.Errorf("at debug there is no query: %s", out)
		}
	}
	rs, out := answering(t, slog.LevelInfo, mux)
	if requested(t, rs, "/healthz"); out.Len() > 0 {
		t.Errorf("a probe is worth a line: %s", out)
	}
}

// A server that stops ends streams at once and finishes answers.
func TestStoppingFinishesAnswers(t *testing.T) {
	mux := http.NewServeMux()
	begun, goOn := make(chan string, 2), make(chan struct{})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		begun <- "slow"
		select {
		case <-goOn:
			_, _ = io.WriteString(w, "whole")
		case <-r.Context().Done():
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		begun <- "stream"
		<-r.Context().Done()
	})
	rs, _ := answering(t, slog.LevelInfo, mux)
	rs.next = mux
	web := httptest.NewServer(rs)
	defer web.Close()
	type ended struct {
		status int
		text   string
	}
	get := func(path string) chan ended {
		out := make(chan ended, 1)
		go func() {
			answer, err := http.Get(web.URL + path) //nolint:noctx // ends with the test
			if err != nil {
				out <- ended{text: err.Error()}
				return
			}
			defer answer.Body.Close() //nolint:errcheck // read to its end
			text, _ := io.ReadAll(answer.Body)
			out <- ended{answer.StatusCode, string(text)}
		}()
		return out
	}
	slow, stream := get("/slow"), get("/stream")
	<-begun
	<-begun
	rs.endStreams()
	if got := <-stream; got.status != http.StatusOK {
		t.Errorf("stream: %+v", got)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- web.Config.Shutdown(context.Background()) }()
	close(goOn)
	if got := <-slow; got != (ended{http.StatusOK, "whole"}) {
		t.Errorf("slow answer: %+v", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	late := httptest.NewRecorder() // one that was under way and becomes a stream only now
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
	})
	rs.ServeHTTP(late, httptest.NewRequestWithContext(ctx, http.MethodGet, "/late", nil))
	if ctx.Err() != nil {
		t.Error("a late stream went on")
	}
}
