package yamlfile_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"clew/internal/yamlfile"
)

type form struct {
	Name string   `yaml:"name"`
	List []string `yaml:"list"`
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	for says, text := range map[string]string{
		"line 2: unknown field":         "name: x\nnothing: 1",
		"line 2: anchors and aliases":   "name: x\nlist: &a [b]",
		"line 1: more than 50 lists":    strings.Repeat("[", 60),
		"line 2: mapping key \"name\"":  "name: x\nname: y",
		"line 1: cannot unmarshal":      "name: [x]",
		"line 1: sequence end token":    "list: [x",
		"line 3: anchors and aliases a": "name: x\nlist:\n  - *a",
	} {
		var f form
		if err := yamlfile.Parse([]byte(text), &f); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q\ngot %v, want one line that says %q", text, err, says)
		}
	}
	var f form
	if err := yamlfile.Parse([]byte("name: x\nlist: [a, b]"), &f); err != nil || f.Name != "x" || len(f.List) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFilesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(path, []byte("#"+strings.Repeat("x", yamlfile.MaxBytes)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := yamlfile.Open(path); err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
	if _, err := yamlfile.Open(path + ".none"); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name: x\nlist: [a, b]")
	f.Fuzz(func(t *testing.T, text string) {
		var into, again form
		first, second := yamlfile.Parse([]byte(text), &into), yamlfile.Parse([]byte(text), &again)
		// Of several words that it does not know, the library names any one.
		if (first == nil) != (second == nil) || first == nil && !reflect.DeepEqual(into, again) {
			t.Errorf("%q read twice: %+v, %v and %+v, %v", text, into, first, again, second)
		}
	})
}
