package stix

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"clew/internal/export"
	"clew/internal/export/exporttest"
	"clew/internal/observable"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), bundleHolds) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), bundleHolds) }

// onePattern is a comparison with one constant, which nothing in it ends early.
var onePattern = regexp.MustCompile(`^\[[a-z0-9-]+:[A-Za-z0-9_.'-]+ (?:=|ISSUBSET) (?:'(?:[^'\\]|\\['\\])*'|[0-9]+)\]$`)

func bundleHolds(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	var b struct {
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal(files[Format().File], &b); err != nil {
		t.Fatal(err)
	}
	ids, indicators := map[string]bool{}, 0
	for _, o := range b.Objects {
		id := o["id"].(string)
		if ids[id] {
			t.Errorf("%s is there twice", id)
		}
		ids[id] = true
	}
	for _, o := range b.Objects {
		for key, value := range o {
			for _, ref := range refsOf(key, value) {
				if !ids[ref] {
					t.Errorf("%s refers to %s, which is not in the bundle", o["id"], ref)
				}
			}
		}
		if o["type"] == "indicator" {
			indicators++
			if pattern := o["pattern"].(string); !onePattern.MatchString(pattern) {
				t.Errorf("pattern %s", pattern)
			}
		}
	}
	if indicators != len(s.Entries) {
		t.Errorf("%d indicators for %d entries", indicators, len(s.Entries))
	}
}

func refsOf(key string, value any) []string {
	switch {
	case strings.HasSuffix(key, "_ref"):
		return []string{value.(string)}
	case strings.HasSuffix(key, "_refs"):
		var all []string
		for _, v := range value.([]any) {
			all = append(all, v.(string))
		}
		return all
	}
	return nil
}

// The identifiers that the standard's own libraries compute for these values.
func TestObservedIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"domain:example.com": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
		"ip:198.51.100.3":    "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
	} {
		kind, value, _ := strings.Cut(text, ":")
		o, ok := observed(exporttest.Value(t, kind, value))
		if !ok || o.ID() != want {
			t.Errorf("%s is %s, want %s", text, o.ID(), want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, row := range []struct{ kind, text, want string }{
		{"mutex", `Global\{it's}`, `[mutex:name = 'Global\\{it\'s}']`},
		{"prefix", "2001:db8::/32", "[ipv6-addr:value ISSUBSET '2001:db8::/32']"},
		{"file", strings.Repeat("ab", 32), "[file:hashes.'SHA-256' = '" + strings.Repeat("ab", 32) + "']"},
		{"asn", "AS64500", "[autonomous-system:number = 64500]"},
	} {
		if got := pattern(exporttest.Value(t, row.kind, row.text)); got != row.want {
			t.Errorf("%s %s: %s, want %s", row.kind, row.text, got, row.want)
		}
	}
	for _, k := range kinds() {
		if k != observable.File && k != observable.Cert && pattern(observable.Value{}) == "" && paths[k] == "" &&
			k != observable.IP && k != observable.Prefix && k != observable.ASN {
			t.Errorf("%s is offered and has no pattern", k)
		}
	}
}

// schemaFor finds the OASIS schema of a type.
func schemas(t *testing.T) func(kind string) *jsonschema.Schema {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	root = filepath.Join(root, "data", "reference", "stix21-schemas", "schemas")
	compiler, where := jsonschema.NewCompiler(), map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // read only
		doc, err := jsonschema.UnmarshalJSON(file)
		if err != nil {
			return err
		}
		id := doc.(map[string]any)["$id"].(string)
		where[strings.TrimSuffix(filepath.Base(path), ".json")] = id
		return compiler.AddResource(id, doc)
	})
	if err != nil {
		t.Skipf("the OASIS schemas are not here: %v", err)
	}
	return func(kind string) *jsonschema.Schema {
		schema, err := compiler.Compile(where[kind])
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return schema
	}
}

func TestOASISSchemasAccept(t *testing.T) {
	schemaOf := schemas(t)
	seen := map[string]bool{}
	for _, s := range []export.Set{
		exporttest.Set(t, Format(), exporttest.Rules()),
		exporttest.Set(t, Format(), exporttest.Rules(), exporttest.With(`";' \ <x> =1`)),
		exporttest.Set(t, Format(), exporttest.Rules(), exporttest.With("\u202egnp.exe")),
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(exporttest.Write(t, Format(), s)[Format().File]))
		if err != nil {
			t.Fatal(err)
		}
		bundle, known := doc.(map[string]any), []any{}
		for _, o := range bundle["objects"].([]any) {
			kind := o.(map[string]any)["type"].(string)
			seen[kind] = true
			if err := schemaOf(kind).Validate(o); err != nil {
				t.Errorf("%v: %v", o, err)
			}
			if kind != "grouping" && kind != "note" { // the schema of bundles forgot these two
				known = append(known, o)
			}
		}
		bundle["objects"] = known
		if err := schemaOf("bundle").Validate(doc); err != nil {
			t.Errorf("bundle: %v", err)
		}
	}
	for _, kind := range []string{"indicator", "observed-data", "relationship", "sighting", "note", "grouping", "marking-definition", "identity", "attack-pattern", "domain-name", "ipv6-addr", "file", "x509-certificate"} {
		if !seen[kind] {
			t.Errorf("no %s was checked", kind)
		}
	}
}

func TestIdentifiersStay(t *testing.T) {
	first := Bundle(exporttest.Set(t, Format(), exporttest.Rules()))
	again := exporttest.Worked()
	again.Case.Changed.Time = again.Case.Changed.AddDate(0, 0, 1)
	second := Bundle(exporttest.Set(t, Format(), exporttest.Rules(), again))
	a, b := first["objects"].([]Object), second["objects"].([]Object)
	for i := range a {
		if a[i].ID() != b[i].ID() {
			t.Errorf("%s became %s", a[i].ID(), b[i].ID())
		}
	}
	if a[2]["modified"] == b[2]["modified"] {
		t.Error("a change of the case is no new version")
	}
}
