package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"clew/scripts/npm"
)

const made = `{
  "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:TIME", "version": 1,
  "metadata": {"timestamp": "TIME", "tools": [{"name": "cyclonedx-gomod", "version": "v1", "hashes": [{"alg": "MD5", "content": "TIME"}]}],
    "component": {"name": "clew", "hashes": [{"alg": "SHA-256", "content": "of clew"}]}},
  "components": [{"name": "std", "version": "1.26 <>"}]
}`

// Made by another build of the tool at another time, the bill is the same, has
// what is in the page beside what is linked in, and keeps the digest of clew.
func TestFinish(t *testing.T) {
	web := filepath.Join("..", "..", "web")
	var bills []string
	for _, at := range []string{"2001-01-01T00:00:00Z", "2031-01-01T00:00:00+13:00"} {
		var out bytes.Buffer
		if err := finish(strings.NewReader(strings.ReplaceAll(made, "TIME", at)), &out, web); err != nil {
			t.Fatal(err)
		}
		bills = append(bills, out.String())
	}
	if bills[0] != bills[1] {
		t.Error("two times gave two bills")
	}
	var bill struct {
		Metadata struct {
			Component struct{ Hashes []struct{ Content string } }
		}
		Components []struct {
			Name, Purl string
			Hashes     []struct{ Content string }
		}
	}
	if err := json.Unmarshal([]byte(bills[0]), &bill); err != nil {
		t.Fatal(err)
	}
	if h := bill.Metadata.Component.Hashes; len(h) != 1 || h[0].Content != "of clew" {
		t.Errorf("the digest of clew: %v", h)
	}
	in := map[string]string{}
	for _, c := range bill.Components {
		in[c.Name] = c.Purl
		if c.Purl != "" && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 128) {
			t.Errorf("%s: %v", c.Name, c.Hashes)
		}
	}
	for _, name := range []string{"svelte", "sigma", "graphology"} {
		if !strings.HasPrefix(in[name], "pkg:npm/"+name+"@") {
			t.Errorf("%s is not in the bill: %q", name, in[name])
		}
	}
	if _, there := in["std"]; !there || in["vite"] != "" {
		t.Errorf("std is gone, or a tool came in: %v", in)
	}
}

// Who cannot be described is not left out quietly.
func TestRefuses(t *testing.T) {
	if err := finish(strings.NewReader(`{"bomFormat": "SPDX"}`), &bytes.Buffer{}, filepath.Join("..", "..", "web")); err == nil {
		t.Error("another format was taken")
	}
	if _, err := componentOf(npm.Package{Name: "x", Integrity: "sha1-AAAA"}); err == nil {
		t.Error("a package without a digest was taken")
	}
	c, err := componentOf(npm.Package{Name: "@a/b", Version: "1.0.0", Licence: "MIT", Integrity: "sha512-" + strings.Repeat("A", 86) + "=="})
	if err != nil || c["purl"] != "pkg:npm/%40a/b@1.0.0" {
		t.Error(c, err)
	}
}
