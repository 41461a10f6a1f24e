package handover_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/casefile/sqlite"
	"clew/internal/export"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/response/handover"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const id = "2026-11-23-evil-example-4f2a"

// packed writes the package of a small case with one raw answer and a sighting.
func packed(t *testing.T, rules export.Rules) ([]byte, error) {
	t.Helper()
	store, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // a test
	reply := []byte(`{"rdata":"203.0.113.7"}`)
	digest, err := store.PutBlob(t.Context(), reply)
	if err != nil {
		t.Fatal(err)
	}
	value := observable.Must(observable.Domain, "login.test")
	blob, found, err := casefile.FindingsBlob([]pivot.Finding{{Value: value, P: 0.97, Band: "high"}}, "closed-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutBlob(t.Context(), blob); err != nil {
		t.Fatal(err)
	}
	about := casefile.Value{Kind: "domain", Value: "login.test"}
	add := func(kind casefile.Type, data any) casefile.Entry {
		return casefile.Entry{Time: noon, Type: kind, Actor: "ana", Data: data}
	}
	_, err = store.Append(t.Context(), id,
		add(casefile.TypeOpened, casefile.Opened{Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example"}}, Scope: "live", TLP: "AMBER", PAP: "AMBER"}),
		add(casefile.TypeAsked, casefile.Asked{Source: "pdns", About: about, State: "answered", Evidence: []casefile.Evidence{{SHA256: digest, URL: "https://pdns.example/q"}}}),
		add(casefile.TypeAsked, casefile.Asked{Source: "pdns", About: about, State: "answered", Evidence: []casefile.Evidence{{SHA256: digest, URL: "https://pdns.example/q"}}}),
		add(casefile.TypeFound, found),
		add(casefile.TypeSighted, casefile.Sighted{About: about, State: casefile.Hit, Count: 3, Where: "=cmd|' /C calc'!A0\n../../etc"}),
		add(casefile.TypeNoted, casefile.Noted{Text: "\x1b[31m</script><img src=x onerror=alert(1)>"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	record, err := casefile.Load(t.Context(), store, id)
	if err != nil {
		t.Fatal(err)
	}
	rules.At = noon
	rules.Benign = func(observable.Value) (string, bool) { return "", false }
	var out bytes.Buffer
	err = handover.Write(t.Context(), &out, handover.Package{Record: record, Document: record.Document(), Rules: rules, Blobs: store})
	return out.Bytes(), err
}

func TestEveryFileHasItsDigest(t *testing.T) {
	content, err := packed(t, export.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	for _, want := range []string{"report.html", "report.md", "report.json", "indicators.stix.json", "sightings.jsonl", "timeline.txt", "timeline.jsonl", "evidence/index.jsonl"} {
		if files[want] == "" {
			t.Errorf("%s is missing or empty", want)
		}
	}
	sums := strings.Split(strings.TrimSpace(files["SHA256SUMS"]), "\n")
	if len(sums) != len(files)-1 {
		t.Errorf("%d digests for %d files", len(sums), len(files))
	}
	for _, line := range sums {
		digest, name, _ := strings.Cut(line, "  ")
		if sum := sha256.Sum256([]byte(files[name])); hex.EncodeToString(sum[:]) != digest {
			t.Errorf("%s is not what its digest says", name)
		}
		if base, isBlob := strings.CutPrefix(name, "evidence/"); isBlob && base != "index.jsonl" && base != digest {
			t.Errorf("evidence %s has digest %s", base, digest)
		}
	}
	if strings.Contains(files["report.html"], "<img") || strings.Contains(files["timeline.txt"], "\x1b") {
		t.Error("outside text is live in the report or the timeline")
	}
	if !strings.Contains(files["indicators.stix.json"], "login.test") {
		t.Error("the finding is not in the STIX bundle")
	}
	again, err := packed(t, export.Rules{})
	if err != nil || !bytes.Equal(content, again) {
		t.Errorf("the same case gives other bytes (%v)", err)
	}
}

func TestAStricterCaseIsNotHandedOver(t *testing.T) {
	if _, err := packed(t, export.Rules{Audience: marking.TLP("GREEN")}); !errors.Is(err, export.ErrTLP) {
		t.Errorf("AMBER for GREEN: %v, want ErrTLP", err)
	}
}
