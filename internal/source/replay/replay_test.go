package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/source"
	"clew/internal/source/replay"
)

// folder writes an index and one file per row, holding the row's name.
func folder(t *testing.T, rows ...replay.Row) string {
	t.Helper()
	dir := t.TempDir()
	for _, row := range rows {
		write(t, filepath.Join(dir, row.File), row.File)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, replay.IndexName), string(text))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, rows ...replay.Row) *replay.Replay {
	t.Helper()
	r, err := replay.Open(folder(t, rows...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, r.Close()) })
	return r
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMatching(t *testing.T) {
	search := "https://api.example/v1/search?q=a.example&size=100"
	tests := map[string]struct {
		row     replay.Row
		request source.Request
		match   bool
	}{
		"same":                   {replay.Row{URL: search}, source.Request{URL: search}, true},
		"other_page_size":        {replay.Row{URL: search}, source.Request{URL: "https://api.example/v1/search?size=10&q=a.example"}, true},
		"no_page_size":           {replay.Row{URL: search}, source.Request{URL: "https://api.example/v1/search/?q=a.example"}, true},
		"first_page_by_number":   {replay.Row{URL: search}, source.Request{URL: "https://API.example:443/v1/search?q=a.example&page=1"}, true},
		"first_page_by_offset":   {replay.Row{URL: search}, source.Request{URL: "https://api.example/v1/search?q=a.example&offset=0&cursor="}, true},
		"key_in_the_recording":   {replay.Row{URL: search + "&key=REDACTED"}, source.Request{URL: search}, true},
		"escaped_otherwise":      {replay.Row{URL: "https://api.example/?q=%25.a.example"}, source.Request{URL: "https://api.example/?q=%25%2Ea.example"}, true},
		"second_page":            {replay.Row{URL: search}, source.Request{URL: search + "&page=2"}, false},
		"cursor":                 {replay.Row{URL: search}, source.Request{URL: search + "&cursor=abc"}, false},
		"search_after":           {replay.Row{URL: search}, source.Request{URL: search + "&search_after=1,2"}, false},
		"direction":              {replay.Row{URL: search + "&direction=children"}, source.Request{URL: search + "&direction=parents"}, false},
		"other_value":            {replay.Row{URL: search}, source.Request{URL: "https://api.example/v1/search?q=b.example"}, false},
		"other_path":             {replay.Row{URL: search}, source.Request{URL: "https://api.example/v2/search?q=a.example"}, false},
		"other_host":             {replay.Row{URL: search}, source.Request{URL: "https://other.example/v1/search?q=a.example"}, false},
		"other_method":           {replay.Row{URL: search}, source.Request{Method: "POST", URL: search}, false},
		"placeholder":            {replay.Row{URL: "https://api.example/{domain}"}, source.Request{URL: "https://api.example/{domain}"}, false},
		"ellipsis":               {replay.Row{URL: "https://api.example/…"}, source.Request{URL: "https://api.example/…"}, false},
		"example_from_a_manual":  {replay.Row{Kind: "documented example", URL: search}, source.Request{URL: search}, false},
		"assembled":              {replay.Row{Kind: "ASSEMBLED from documented field examples", URL: search}, source.Request{URL: search}, false},
		"recorded_and_trimmed":   {replay.Row{Kind: "recorded, trimmed", URL: search}, source.Request{URL: search}, true},
		"same_json":              {replay.Row{Method: "POST", URL: "https://api.example/", RequestBody: `{"a":1,"b":{"c":[2]}}`}, source.Request{Method: "POST", URL: "https://api.example/", Body: []byte("{\"b\": {\"c\": [2]},\n \"a\": 1}")}, true},
		"other_json":             {replay.Row{Method: "POST", URL: "https://api.example/", RequestBody: `{"a":1}`}, source.Request{Method: "POST", URL: "https://api.example/", Body: []byte(`{"a":2}`)}, false},
		"large_numbers_differ":   {replay.Row{Method: "POST", URL: "https://api.example/", RequestBody: `{"a":9007199254740993}`}, source.Request{Method: "POST", URL: "https://api.example/", Body: []byte(`{"a":9007199254740992}`)}, false},
		"same_form":              {replay.Row{Method: "POST", URL: "https://api.example/", RequestBody: "query=get_info&hash=ab"}, source.Request{Method: "POST", URL: "https://api.example/", Body: []byte("hash=ab&query=get_info&limit=5")}, true},
		"body_against_no_body":   {replay.Row{Method: "POST", URL: "https://api.example/"}, source.Request{Method: "POST", URL: "https://api.example/", Body: []byte(`{"a":2}`)}, false},
		"older_interface":        {replay.Row{URL: search}, source.Request{URL: "https://api.example/v9", Older: &source.Request{URL: search}}, true},
		"whois_server_named":     {replay.Row{Method: "WHOIS", URL: "whois.nic.example:43 192.0.2.1"}, source.Request{Method: "WHOIS", URL: "whois://whois.nic.example/n%20+%20192.0.2.1"}, true},
		"whois_other_server":     {replay.Row{Method: "WHOIS", URL: "whois.nic.example:43 192.0.2.1"}, source.Request{Method: "WHOIS", URL: "whois://whois.other.example/192.0.2.1"}, false},
		"whois_some_registry":    {replay.Row{Method: "WHOIS", URL: "whois://example-registry/shop.example"}, source.Request{Method: "WHOIS", URL: "whois://whois.nic.example/domain%20SHOP.example"}, true},
		"whois_name_alone":       {replay.Row{Method: "WHOIS", URL: "whois://shop.example"}, source.Request{Method: "WHOIS", URL: "whois://whois.nic.example/shop.example"}, true},
		"whois_without_question": {replay.Row{Method: "WHOIS", URL: "rwhois.nic.example:4321"}, source.Request{Method: "WHOIS", URL: "whois://rwhois.nic.example/"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.row.File = "reply.txt"
			_, err := open(t, test.row).Ask(t.Context(), test.request)
			if matched := err == nil; matched != test.match {
				t.Errorf("%+v\nanswers %+v: %t (%v), want %t", test.row, test.request, matched, err, test.match)
			}
			if err != nil && !errors.Is(err, source.ErrNotRecorded) {
				t.Errorf("error %v, want ErrNotRecorded", err)
			}
		})
	}
}

func TestReply(t *testing.T) {
	r := open(t, replay.Row{
		File: "a", Bytes: 1, URL: "https://api.example/a", Status: 429, Recorded: "2019-10-02T23:28:29Z",
		Headers: map[string]string{"retry-after": "60"},
	})
	got, err := r.Ask(t.Context(), source.Request{URL: "https://api.example/a"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2019, 10, 2, 23, 28, 29, 0, time.UTC)
	if string(got.Body) != "a" || got.Status != 429 || !got.At.Equal(at) || got.Header.Get("Retry-After") != "60" {
		t.Errorf("got %+v", got)
	}
}

func TestTheBestOfSeveralRecordingsAnswers(t *testing.T) {
	const url = "https://api.example/a"
	tests := map[string]struct {
		rows []replay.Row
		want string
	}{
		"later":                         {[]replay.Row{{File: "old", URL: url, Recorded: "2019-10"}, {File: "new", URL: url, Recorded: "2020"}}, "new"},
		"later_whatever_the_order":      {[]replay.Row{{File: "new", URL: url, Recorded: "2020"}, {File: "old", URL: url, Recorded: "2019-10"}}, "new"},
		"dated_before_undated":          {[]replay.Row{{File: "undated", URL: url}, {File: "dated", URL: url, Recorded: "2019"}}, "dated"},
		"answer_before_later_refusal":   {[]replay.Row{{File: "answer", URL: url, Recorded: "2019"}, {File: "refusal", URL: url, Status: 401, Recorded: "2023"}}, "answer"},
		"nothing_known_is_an_answer":    {[]replay.Row{{File: "nothing", URL: url, Status: 404}, {File: "trouble", URL: url, Status: 503, Recorded: "2023"}}, "nothing"},
		"refusal_when_there_is_no_more": {[]replay.Row{{File: "refusal", URL: url, Status: 401}}, "refusal"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := open(t, test.rows...).Ask(t.Context(), source.Request{URL: url})
			if err != nil || string(got.Body) != test.want {
				t.Errorf("answered by %q (%v), want %q", got.Body, err, test.want)
			}
		})
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	const url = "https://api.example/a"
	tests := map[string]struct {
		change func(t *testing.T, dir string)
		want   []string
	}{
		"no_index":         {func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, "index.json"))) }, []string{"has no index.json", "name a folder"}},
		"index_is_cut":     {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "index.json"), `[{"file":"a"`) }, []string{"index.json", "no list of recordings"}},
		"index_is_no_list": {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "index.json"), `{}`) }, []string{"no list of recordings"}},
		"file_is_missing":  {func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, "b"))) }, []string{"row 2 (b)", "missing"}},
		"file_is_half":     {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "b"), "") }, []string{"row 2 (b)", "0 bytes, the index says 1", "half-written"}},
		"file_is_a_folder": {func(t *testing.T, dir string) {
			check(t, os.Remove(filepath.Join(dir, "b")))
			check(t, os.Mkdir(filepath.Join(dir, "b"), 0o700))
		}, []string{"row 2 (b)", "no regular file"}},
		"file_is_too_large": {func(t *testing.T, dir string) { check(t, os.Truncate(filepath.Join(dir, "b"), source.MaxReply+1)) }, []string{"row 2 (b)", "larger than"}},
		"file_is_outside":   {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "index.json"), `[{"file":"../b"}]`) }, []string{"row 1 (../b)", "outside the folder"}},
		"file_links_out": {func(t *testing.T, dir string) {
			check(t, os.Remove(filepath.Join(dir, "b")))
			if os.Symlink("/etc/hostname", filepath.Join(dir, "b")) != nil {
				t.Skip("no symbolic links here")
			}
		}, []string{"row 2 (b)", "escapes"}},
		"date_is_no_date": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "index.json"), `[{"file":"b","recorded":"yesterday"}]`)
		}, []string{"row 1 (b)", `"yesterday" is no date`}},
		"rows_disagree": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "index.json"), `[{"file":"a","url":"https://x.example/"},{"file":"b","url":"https://x.example"}]`)
		}, []string{"row 2 (b)", "same request as row 1 (a)", "differently"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, replay.Row{File: "a", URL: url}, replay.Row{File: "b", Bytes: 1, URL: url + "b"})
			test.change(t, dir)
			_, err := replay.Open(dir)
			if !errors.Is(err, replay.ErrUnreadable) {
				t.Fatalf("error %v, want ErrUnreadable", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestRowsThatAgreeAreNoConflict(t *testing.T) {
	dir := folder(t, replay.Row{File: "a", URL: "https://x.example/"}, replay.Row{File: "b", URL: "https://x.example/?page=1"})
	write(t, filepath.Join(dir, "b"), "a")
	r, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if answered, ignored := r.Len(); answered != 1 || ignored != 0 {
		t.Errorf("%d requests answered, %d rows ignored; want 1 and 0", answered, ignored)
	}
}

func TestCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := open(t, replay.Row{File: "a", URL: "https://x.example/"})
	if _, err := r.Ask(ctx, source.Request{URL: "https://x.example/"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestRecordedAnswersOpen(t *testing.T) {
	dir := os.Getenv("CLEW_SHARED")
	if dir == "" {
		dir = "../../../../shared"
	}
	dir = filepath.Join(dir, "fixtures", "sources")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded answers are not beside the repository: %v", err)
	}
	r, err := replay.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if answered, _ := r.Len(); answered < 150 {
		t.Errorf("%d requests can be answered, want most of the recordings", answered)
	}
	reply, err := r.Ask(t.Context(), source.Request{
		Method: http.MethodPost, URL: "https://api.securitytrails.com/v1/domains/list?page=1",
		Body: []byte(`{ "filter": {"whois_email": "test@test.com"} }`),
	})
	if err != nil || reply.Status != http.StatusOK {
		t.Errorf("status %d (%v): the answer of 2019 goes before the refusal of 2023", reply.Status, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(`[{"file":"a","url":"https://x.example/","recorded":"2019"}]`, "GET", "https://x.example/?page=1", "{}")
	f.Add(`[{"file":"a","method":"WHOIS","url":"whois://com-registry/shop.example"}]`, "WHOIS", "whois://w.example/domain%20shop.example", "a=b")
	f.Fuzz(func(t *testing.T, index, method, url, body string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, replay.IndexName), index)
		write(t, filepath.Join(dir, "a"), "a")
		r, err := replay.Open(dir)
		if err != nil {
			return
		}
		defer func() { check(t, r.Close()) }()
		if _, err := r.Ask(t.Context(), source.Request{Method: method, URL: url, Body: []byte(body)}); err != nil && !errors.Is(err, source.ErrNotRecorded) {
			t.Errorf("error %v, want none or ErrNotRecorded", err)
		}
	})
}
