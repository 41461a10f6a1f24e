package casefile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/replay"
)

func bundle(t *testing.T, r casefile.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := casefile.WriteBundle(t.Context(), &out, r, "a-case", "0.1.0"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openBundle(t *testing.T, content []byte) (*casefile.Bundle, error) {
	t.Helper()
	return casefile.ReadBundle(t.Context(), bytes.NewReader(content), int64(len(content)))
}

func TestABundleIsTheCase(t *testing.T) {
	s := investigated(t)
	content := bundle(t, s)
	b, err := openBundle(t, content)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(load(t, s).Document(), load(t, b).Document()); diff != "" {
		t.Errorf("document (-case +bundle):\n%s", diff)
	}
	inStore, err := casefile.LastReads(t.Context(), s, "a-case")
	if err != nil {
		t.Fatal(err)
	}
	inBundle, err := casefile.LastReads(t.Context(), b, "a-case")
	if err != nil || inBundle.Len() != inStore.Len() {
		t.Errorf("reads: %d in the store, %d in the bundle, %v", inStore.Len(), inBundle.Len(), err)
	}
	if _, err := b.Head(t.Context(), "b-case"); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("head of another case: %v, want ErrNoCase", err)
	}
	if again := bundle(t, s); !bytes.Equal(content, again) {
		t.Error("bundled again, the same case gives other bytes")
	}
	if again := bundle(t, b); !bytes.Equal(content, again) {
		t.Error("bundled from its bundle, the case gives other bytes")
	}
}

func TestABundleIsAReplayFolder(t *testing.T) {
	b, err := openBundle(t, bundle(t, investigated(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(b.FS(), "index.json", "manifest.json", "record.jsonl"); err != nil {
		t.Error(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, b.FS()); err != nil {
		t.Fatal(err)
	}
	asker, err := replay.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := asker.Ask(t.Context(), source.Request{
		Method: "POST", URL: "https://pdns.example/v1/query?b=2&a=1", Body: []byte(`{"q": "evil.example"}`),
	})
	if err != nil || reply.Status != 200 || !strings.Contains(string(reply.Body), "203.0.113.7") || !reply.At.Equal(morning.Add(2e9)) {
		t.Errorf("reply = %d %q at %v, %v", reply.Status, reply.Body, reply.At, err)
	}
}

func TestADamagedCaseIsNotBundled(t *testing.T) {
	s := newStore(t)
	did(t, s, "a-case", opened(), casefile.Found{SHA256: casefile.DigestOf([]byte("never kept"))})
	if err := casefile.WriteBundle(t.Context(), io.Discard, s, "a-case", "0.1.0"); !errors.Is(err, casefile.ErrDamaged) {
		t.Errorf("bundle: %v, want ErrDamaged", err)
	}
}

type file struct{ name, content string }

func unzipped(t *testing.T, content []byte) []file {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	for _, f := range archive.File {
		text, err := fs.ReadFile(archive, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{f.Name, string(text)})
	}
	return files
}

func zipped(t *testing.T, files []file) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBundlesThatMustNotBeTrusted(t *testing.T) {
	sound := bundle(t, investigated(t))
	at := func(prefix string) func([]file) int {
		return func(files []file) int {
			return slices.IndexFunc(files, func(f file) bool { return strings.HasPrefix(f.name, prefix) })
		}
	}
	replaced := func(in func([]file) int, old, with string) func([]file) []file {
		return func(files []file) []file {
			f := &files[in(files)]
			if !strings.Contains(f.content, old) {
				t.Errorf("%s does not hold %q", f.name, old)
			}
			f.content = strings.Replace(f.content, old, with, 1)
			return files
		}
	}
	without := func(in func([]file) int) func([]file) []file {
		return func(files []file) []file { return slices.Delete(files, in(files), in(files)+1) }
	}
	with := func(f file) func([]file) []file {
		return func(files []file) []file { return append(files, f) }
	}
	for name, spoil := range map[string]func([]file) []file{
		"event_changed":        replaced(at("record"), "a phishing report", "a friendly hint"),
		"event_of_other_case":  replaced(at("record"), `"case":"a-case"`, `"case":"b-case"`),
		"event_is_no_json":     replaced(at("record"), `{"case"`, `{case`),
		"no_event":             func(files []file) []file { files[at("record")(files)].content = ""; return files },
		"answer_changed":       replaced(at("answers/"), "203.0.113.7", "203.0.113.8"),
		"findings_changed":     replaced(at("findings/"), "login-portal", "benign-portal"),
		"reads_changed":        replaced(at("reads/"), "evil", "good"),
		"index_changed":        replaced(at("index"), "pdns.example/v1", "other.example/v1"),
		"head_changed":         replaced(at("manifest"), `"events": 13`, `"events": 12`),
		"newer_format":         replaced(at("manifest"), `"format": 1`, `"format": 2`),
		"manifest_is_no_json":  replaced(at("manifest"), `{`, ``),
		"case_leads_elsewhere": replaced(at("manifest"), `"a-case"`, `"../../up"`),
		"no_manifest":          without(at("manifest")),
		"no_record":            without(at("record")),
		"no_index":             without(at("index")),
		"no_answer":            without(at("answers/")),
		"path_leads_up":        with(file{"../evil", "x"}),
		"path_within_leads_up": with(file{"answers/../../evil", "x"}),
		"absolute_path":        with(file{"/etc/cron.d/evil", "x"}),
		"windows_path":         with(file{`answers\evil`, "x"}),
		"folder":               with(file{"answers/", ""}),
		"extra_blob":           with(file{"answers/" + casefile.DigestOf([]byte("x")), "x"}),
		"manifest_twice":       with(file{"manifest.json", "{}"}),
	} {
		spoiled := zipped(t, spoil(unzipped(t, sound)))
		if _, err := openBundle(t, spoiled); !errors.Is(err, casefile.ErrBundle) {
			t.Errorf("%s: %v, want ErrBundle", name, err)
		}
	}
	for name, content := range map[string][]byte{
		"empty": nil, "no_zip": []byte("domain,score\n"), "cut_off": sound[:len(sound)-30],
	} {
		if _, err := openBundle(t, content); !errors.Is(err, casefile.ErrBundle) {
			t.Errorf("%s: %v, want ErrBundle", name, err)
		}
	}
}

func TestOpenBundleFromDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "case.zip")
	if err := os.WriteFile(path, bundle(t, investigated(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := casefile.OpenBundle(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if b.ID() != "a-case" || load(t, b).Findings[0].Value != observable.Must(observable.Domain, "login-portal.example").Text() {
		t.Errorf("bundle of %s", b.ID())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := casefile.OpenBundle(t.Context(), path+"-not-there"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v, want ErrNotExist", err)
	}
}

// A bundle is bounded before it is unpacked: sizes are the archive's own claim,
// and what is longer than its claim is an error of the archive.
func TestABombIsRefused(t *testing.T) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for range 20 {
		header := &zip.FileHeader{Name: "answers/" + casefile.DigestOf(out.Bytes()), Method: zip.Deflate, UncompressedSize64: 1 << 30, CompressedSize64: 4}
		w, err := archive.CreateRaw(header)
		if err == nil {
			_, err = w.Write([]byte("bomb"))
		}
		if err == nil {
			err = archive.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := openBundle(t, out.Bytes())
	if !errors.Is(err, casefile.ErrBundle) || !strings.Contains(err.Error(), "GiB") {
		t.Errorf("20 GiB in a small file: %v, want a refusal for its size", err)
	}
}

func FuzzReadBundle(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, content := range map[string]string{
		"manifest.json": `{"format":1,"case":"a-case","events":1}`, "index.json": "[]",
		"record.jsonl": `{"case":"a-case","seq":1,"type":"opened","data":{}}` + "\n",
	} {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := casefile.ReadBundle(t.Context(), bytes.NewReader(content), int64(len(content)))
		if err != nil && !errors.Is(err, casefile.ErrBundle) {
			t.Errorf("%v, want ErrBundle", err)
		}
	})
}
