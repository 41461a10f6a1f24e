package misp

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestGolden(t *testing.T) {
	exporttest.Golden(t, Format())
	exporttest.Golden(t, Feed())
}

func TestHostile(t *testing.T) {
	exporttest.Hold(t, Format(), func(t testing.TB, files map[string][]byte, s export.Set) {
		t.Helper()
		holds(t, files[Format().File], s)
	})
}

func FuzzFormat(f *testing.F) {
	exporttest.Fuzz(f, Feed(), func(t testing.TB, files map[string][]byte, s export.Set) {
		t.Helper()
		for name, content := range files {
			if strings.HasSuffix(name, ".json") && name != "manifest.json" {
				holds(t, content, s)
			}
		}
	})
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// holds reads an event back: an attribute an entry, exact, every identifier once.
func holds(t testing.TB, content []byte, s export.Set) {
	t.Helper()
	var got struct{ Event Event }
	decode := json.NewDecoder(bytes.NewReader(content))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Event.Attributes) < len(s.Entries) {
		t.Fatalf("%d attributes for %d entries", len(got.Event.Attributes), len(s.Entries))
	}
	seen := map[string]bool{}
	check := func(id string) {
		if !uuidForm.MatchString(id) || seen[id] {
			t.Errorf("UUID %q is none, or there twice", id)
		}
		seen[id] = true
	}
	for i, a := range got.Event.Attributes {
		check(a.UUID)
		if i < len(s.Entries) && a.Value != s.Entries[i].Value.Text() {
			t.Errorf("value %q, want %q", a.Value, s.Entries[i].Value.Text())
		}
		if a.Type == "" || a.Category == "" {
			t.Errorf("attribute without type: %+v", a)
		}
	}
	for _, o := range got.Event.Objects {
		check(o.UUID)
	}
}

// The feed's manifest names the event, and hashes.csv finds its values.
func TestFeed(t *testing.T) {
	files := exporttest.Write(t, Feed(), exporttest.Set(t, Feed(), exporttest.Rules()))
	var manifest map[string]listed
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("%d events: %v", len(manifest), err)
	}
	for id, row := range manifest {
		if files[id+".json"] == nil || row.Orgc.Name != "Example CERT" || row.Tags[0].Name != "tlp:amber" {
			t.Errorf("manifest: %+v", row)
		}
		sum := md5.Sum([]byte("login-portal.example"))
		if want := hex.EncodeToString(sum[:]) + "," + id + "\n"; !strings.Contains(string(files["hashes.csv"]), want) {
			t.Errorf("hashes.csv does not find login-portal.example: %s", files["hashes.csv"])
		}
	}
}

// Every field that published events have in common is in ours.
func TestPublishedEventsHaveTheSameForm(t *testing.T) {
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(root, "data", "campaigns", "misp", "tweetfeed", "0*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("no shared data beside the repository")
	}
	ours := fields(t, []byte(exporttest.Only(t, Format())))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for path, kind := range fields(t, content) {
			if got, ok := ours[path]; ok && got != kind {
				t.Errorf("%s is a %s there and a %s here", path, kind, got)
			} else if !ok && needed[path] {
				t.Errorf("%s is missing", path)
			}
		}
	}
}

// needed are the fields without which MISP takes no event.
var needed = map[string]bool{
	"Event.uuid": true, "Event.info": true, "Event.date": true, "Event.timestamp": true, "Event.analysis": true, "Event.threat_level_id": true,
	"Event.Orgc.name": true, "Event.Orgc.uuid": true, "Event.Attribute[].type": true, "Event.Attribute[].category": true, "Event.Attribute[].value": true,
	"Event.Attribute[].uuid": true, "Event.Attribute[].timestamp": true, "Event.Attribute[].to_ids": true, "Event.Tag[].name": true,
}

// fields lists the paths of a JSON document with the kind of their value.
func fields(t *testing.T, content []byte) map[string]string {
	t.Helper()
	var doc any
	if err := json.Unmarshal(content, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(strings.TrimPrefix(path+"."+key, "."), value)
			}
		case []any:
			for _, value := range v {
				walk(path+"[]", value)
			}
		case string:
			all[path] = "string"
		case bool:
			all[path] = "bool"
		case float64:
			all[path] = "number"
		}
	}
	walk("", doc)
	return all
}
