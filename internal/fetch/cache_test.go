package fetch_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/source"
)

// keeping returns a client that keeps replies in a folder of its own.
func keeping(t *testing.T, server *httptest.Server, change func(*fetch.Options)) (*fetch.Client, *clock, string) {
	t.Helper()
	folder := t.TempDir()
	client, c := local(t, server, func(o *fetch.Options) {
		o.CacheDir, o.Sources = folder, []source.Info{stub}
		if change != nil {
			change(o)
		}
	})
	return client, c, folder
}

func TestKeptReplies(t *testing.T) {
	const useful, barren, doubtful, unread = source.Useful, source.Barren, source.Doubtful, source.Verdict(-1)
	hour, day := time.Hour, 24*time.Hour
	tests := map[string]struct {
		status  int
		request source.Request
		info    func(*source.Info)
		verdict source.Verdict
		fresh   time.Duration // the second question is answered from the first reply until then
	}{
		"facts_were_read":             {verdict: useful, fresh: day},
		"nothing_in_it":               {verdict: barren, fresh: hour},
		"not_judged":                  {verdict: unread, fresh: hour},
		"no_answer_with_status_200":   {verdict: doubtful},
		"nothing_known":               {status: 404, verdict: barren, fresh: hour},
		"nothing_known_but_vouched":   {status: 404, verdict: useful, fresh: hour},
		"server_error":                {status: 500, verdict: barren},
		"no_access":                   {status: 403, verdict: barren},
		"time_of_the_source":          {info: func(i *source.Info) { i.TTL = 7 * day }, verdict: useful, fresh: 7 * day},
		"time_of_the_endpoint":        {request: source.Request{TTL: 10 * time.Minute}, verdict: useful, fresh: 10 * time.Minute},
		"short_time_nothing_in_it":    {request: source.Request{TTL: 10 * time.Minute}, verdict: barren, fresh: 10 * time.Minute},
		"list_of_servers_for_its_day": {request: source.Request{TTL: day}, verdict: barren, fresh: day},
		"never_kept":                  {request: source.Request{TTL: -1}, verdict: useful},
		"asked_anew":                  {request: source.Request{Anew: true}, verdict: useful},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.status = func(int) int { return max(test.status, 200) }
			client, c, _ := keeping(t, p.Server, func(o *fetch.Options) {
				if test.info != nil {
					test.info(&o.Sources[0])
				}
			})
			r := test.request
			r.Source, r.URL = "stub", p.URL+"/shop.example"
			first, err := client.Ask(t.Context(), r)
			if err != nil || first.Cached {
				t.Fatalf("first reply: %+v (%v)", first, err)
			}
			if test.verdict != unread {
				if _, err := client.Judge(t.Context(), r, test.verdict); err != nil {
					t.Fatal(err)
				}
			}
			start := c.now
			c.now = start.Add(max(test.fresh-time.Second, time.Second))
			asked := p.asked
			second, err := client.Ask(t.Context(), r)
			if kept := test.fresh > 0; second.Cached != kept || (p.asked == asked) != kept || kept && !second.At.Equal(first.At) {
				t.Errorf("a second before %s: kept %t from %s (%v), want %t from %s", test.fresh, second.Cached, second.At, err, kept, first.At)
			}
			c.now = start.Add(test.fresh + time.Second)
			if third, _ := client.Ask(t.Context(), r); third.Cached && test.fresh > 0 {
				t.Errorf("after %s the reply was still taken for fresh", test.fresh)
			}
		})
	}
}

func TestWhatIsKeptDependsOnTheQuestionInFull(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "session=1")
		w.Header().Set("X-Next", "7")
		_, _ = io.WriteString(w, r.Method+" "+r.URL.String()+" "+string(body)+" "+r.Header.Get("Accept"))
	})
	key := ""
	client, _, _ := keeping(t, server, func(o *fetch.Options) { o.Key = func(source.Info) string { return key } })
	base := source.Request{Source: "stub", URL: server.URL + "/a"}
	variants := map[string]func(*source.Request){
		"same":         func(*source.Request) {},
		"other path":   func(r *source.Request) { r.URL += "b" },
		"other query":  func(r *source.Request) { r.URL += "?page=2" },
		"other method": func(r *source.Request) { r.Method = "POST" },
		"other body":   func(r *source.Request) { r.Method, r.Body = "POST", []byte("x=1") },
		"other accept": func(r *source.Request) { r.Header = http.Header{"Accept": {"text/plain"}} },
		"other source": func(r *source.Request) { r.Source = "other" },
		"with a key":   func(*source.Request) { key = "secret" },
	}
	if _, err := client.Ask(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	for name, change := range variants {
		r := base
		key = ""
		change(&r)
		got, err := client.Ask(t.Context(), r)
		if err != nil || got.Cached != (name == "same") {
			t.Errorf("%s: from the cache %t (%v): %q", name, got.Cached, err, got.Body)
		}
		if name == "same" && (got.Header.Get("X-Next") != "7" || got.Header.Get("Set-Cookie") != "") {
			t.Errorf("kept headers: %v", got.Header)
		}
	}
}

func TestNothingKeptTellsKeyOrQuestion(t *testing.T) {
	const key = "k3y-of-the-team"
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "echo") {
			_, _ = io.WriteString(w, "your key is "+r.URL.Query().Get("key"))
		}
	})
	client, _, folder := keeping(t, server, func(o *fetch.Options) {
		o.Sources = []source.Info{{Name: "stub", KeyParameter: "key", KeyHost: strings.TrimPrefix(server.URL, "https://")}}
		o.Key = func(source.Info) string { return key }
	})
	for _, path := range []string{"/evil.test", "/evil.test/echo"} {
		for range 2 {
			reply, err := client.Ask(t.Context(), source.Request{Source: "stub", URL: server.URL + path})
			if err != nil || strings.Contains(path, "echo") && (reply.Cached || !strings.Contains(string(reply.Body), key)) {
				t.Fatalf("%s: %q, kept %t (%v)", path, reply.Body, reply.Cached, err)
			}
		}
	}
	files := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if text := path + string(content); strings.Contains(text, key) || strings.Contains(text, "evil") {
			t.Errorf("%s tells %q", path, text)
		}
		return err
	})
	if err != nil || files != 1 {
		t.Errorf("%d files kept (%v), want the one without the key", files, err)
	}
}

func TestDamagedBodyIsAskedForAgain(t *testing.T) {
	p := newProvider(t)
	client, _, folder := keeping(t, p.Server, nil)
	r := source.Request{Source: "stub", URL: p.URL + "/a"}
	damage := map[string]func(path string) error{
		"cut off": func(path string) error { return os.Truncate(path, 5) },
		"gone":    os.Remove,
		"changed": func(path string) error { return os.WriteFile(path, []byte("something else"), 0o600) },
	}
	for name, harm := range damage {
		if _, err := client.Ask(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		paths, err := filepath.Glob(filepath.Join(folder, "??", "*"))
		if err != nil || len(paths) != 1 {
			t.Fatalf("kept %v (%v)", paths, err)
		}
		if err := harm(paths[0]); err != nil {
			t.Fatal(err)
		}
		got, err := client.Ask(t.Context(), r)
		if err != nil || got.Cached || string(got.Body) != "{}" {
			t.Errorf("%s: %q, kept %t (%v)", name, got.Body, got.Cached, err)
		}
	}
}

func TestOldRepliesAreRemoved(t *testing.T) {
	p := newProvider(t)
	client, c, folder := keeping(t, p.Server, nil)
	if err := p.asks(t, client, 1, "a"); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(folder, "ab", strings.Repeat("c", 62))
	if err := errors.Join(os.MkdirAll(filepath.Dir(old), 0o700), os.WriteFile(old, nil, 0o600), os.Chtimes(old, c.now, c.now.Add(-24*time.Hour))); err != nil {
		t.Fatal(err)
	}
	again, _ := local(t, p.Server, func(o *fetch.Options) { o.CacheDir = folder })
	if err := p.asks(t, again, 1, "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a body that nothing needs is still there (%v)", err)
	}
}

// barrier answers when it is opened, and says when somebody waits.
type barrier struct {
	*httptest.Server
	came, open chan struct{}
	asked      atomic.Int32
}

func newBarrier(t *testing.T) *barrier {
	b := &barrier{came: make(chan struct{}, 100), open: make(chan struct{})}
	b.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		b.came <- struct{}{}
		select {
		case <-b.open:
			_, _ = io.WriteString(w, "well")
		case <-r.Context().Done():
		}
	})
	return b
}

func TestTheSameIsAskedOnce(t *testing.T) {
	b := newBarrier(t)
	client, _ := local(t, b.Server, func(o *fetch.Options) { o.CacheDir = t.TempDir() })
	r := source.Request{URL: b.URL + "/a"}
	var left, cached atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			reply, err := client.Pass(t.Context(), r, func(context.Context) error { left.Add(1); return nil })
			if err != nil || string(reply.Body) != "well" {
				t.Errorf("%q (%v)", reply.Body, err)
			}
			if reply.Cached {
				cached.Add(1)
			}
		})
	}
	<-b.came
	close(b.open)
	group.Wait()
	if n := b.asked.Load(); n != left.Load() || cached.Load() != 50-n {
		t.Errorf("%d sent, %d said to leave, %d answered by another's", n, left.Load(), cached.Load())
	}
	if n := b.asked.Load(); n != 1 { // whoever came after the first reply has it from the kept ones
		t.Errorf("the same was asked %d times", n)
	}
}

func TestWhoeverWaitsAsksWhenTheOtherGivesUp(t *testing.T) {
	refused := errors.New("no budget")
	tests := map[string]func(cancel func()) error{
		"its_run_is_cancelled": func(cancel func()) error { cancel(); return nil },
		"its_budget_is_spent":  func(func()) error { return refused },
	}
	for name, giveUp := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBarrier(t)
			close(b.open)
			client, _ := local(t, b.Server, nil)
			r := source.Request{URL: b.URL + "/a"}
			first, cancel := context.WithCancel(t.Context())
			defer cancel()
			leading, follow := make(chan struct{}), make(chan struct{})
			var group sync.WaitGroup
			group.Go(func() {
				_, err := client.Pass(first, r, func(context.Context) error {
					close(leading)
					<-follow
					return giveUp(cancel)
				})
				if !errors.Is(err, context.Canceled) && !errors.Is(err, refused) {
					t.Errorf("the first got %v", err)
				}
			})
			<-leading
			group.Go(func() {
				reply, err := client.Pass(t.Context(), r, func(context.Context) error { return nil })
				if err != nil || string(reply.Body) != "well" || reply.Cached {
					t.Errorf("the second got %q, cached %t (%v), want an answer of its own", reply.Body, reply.Cached, err)
				}
			})
			close(follow)
			group.Wait()
		})
	}
}

func TestARefusalToLeaveSpendsNothing(t *testing.T) {
	p := newProvider(t)
	client, c := local(t, p.Server, func(o *fetch.Options) {
		info := stub
		info.Every, info.Quotas = time.Minute, []source.Quota{{Requests: 1, Per: source.Day}}
		o.Sources = []source.Info{info}
	})
	no := errors.New("no")
	for range 5 {
		_, err := client.Pass(t.Context(), source.Request{Source: "stub", URL: p.URL}, func(context.Context) error { return no })
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
	}
	if err := p.asks(t, client, 1, "a"); err != nil || p.asked != 1 || len(c.slept) != 0 {
		t.Errorf("%d sent after waiting %v (%v), want one at once", p.asked, c.slept, err)
	}
}
