package indicators_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/telemetry/indicators"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ text, format, want string }{
		"plain":            {"# list\nevil[.]example\nhxxp://a.test/x # dropper\n192.0.2.1\n\n198.51.100.0/24\n", "plain", "evil.example http://a.test/x 192.0.2.1 198.51.100.0/24"},
		"hosts_file":       {"0.0.0.0 evil.example\n0.0.0.0 worse.example\n", "plain", "evil.example worse.example"},
		"csv_header":       {"date,indicator,family\n2026-01-02,evil.example,x\n2026-01-03,192.0.2.1,y\n", "csv", "evil.example 192.0.2.1"},
		"csv_bare":         {"evil.example;x\n192.0.2.1;y\n", "csv", "evil.example 192.0.2.1"},
		"stix_pattern":     {`{"type":"bundle","objects":[{"type":"indicator","pattern":"[domain-name:value = 'evil.example' OR ipv4-addr:value='192.0.2.1']","valid_from":"2026-01-02T00:00:00Z"},{"type":"indicator","pattern":"[file:hashes.'SHA-256' = '00000000000000000000000000000000000000000000000000000000000000aa']"}]}`, "stix", "evil.example 192.0.2.1 00000000000000000000000000000000000000000000000000000000000000aa"},
		"stix_observables": {`{"type":"bundle","objects":[{"type":"domain-name","value":"evil.example"},{"type":"file","hashes":{"MD5":"00000000000000000000000000000001"}}]}`, "stix", "evil.example 00000000000000000000000000000001"},
		"misp":             {`{"Event":{"date":"2026-01-02","Attribute":[{"type":"domain|ip","category":"Network activity","value":"evil.example|192.0.2.1"},{"type":"comment","category":"Other","value":"see report"}],"Object":[{"name":"file","Attribute":[{"type":"md5","category":"Payload","value":"00000000000000000000000000000001"}]}]}}`, "misp", "evil.example 192.0.2.1 00000000000000000000000000000001"},
		"json_lines":       {"{\"kind\":\"domain\",\"value\":\"evil.example\"}\n{\"ioc\":\"192.0.2.1\"}\n", "json", "evil.example 192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := indicators.Read(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range list.Indicators {
				got = append(got, i.Value.Text())
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" || list.Format != c.format {
				t.Errorf("%s, want %s; (- want, + got)\n%s", list.Format, c.format, diff)
			}
		})
	}
}

func TestWindowIsTheWidest(t *testing.T) {
	list, err := indicators.Read(strings.NewReader("indicator,first_seen,last_seen\nevil.example,2026-02-01,2026-02-10\nevil.example,2026-01-01,2026-01-10\n"))
	if err != nil {
		t.Fatal(err)
	}
	i := list.Indicators[0]
	if len(list.Indicators) != 1 || i.First.Format(time.DateOnly) != "2026-01-01" || i.Last.Format(time.DateOnly) != "2026-02-10" {
		t.Errorf("%+v", list.Indicators)
	}
}

// TestRealLists reads the published lists: nearly all entries of each must come
// through.
func TestRealLists(t *testing.T) {
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	for folder, format := range map[string]string{"misp": "misp", "stix21": "stix", "stix20": "stix"} {
		var paths []string
		_ = filepath.WalkDir(filepath.Join(root, "data", "campaigns", folder), func(p string, _ os.DirEntry, err error) error {
			if err == nil && strings.Contains(p, ".json") {
				paths = append(paths, p)
			}
			return nil
		})
		if len(paths) == 0 {
			t.Skipf("no real lists (set CLEW_SHARED)")
		}
		read, skipped := 0, 0
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			list, err := indicators.Read(bytes.NewReader(text))
			if err != nil {
				t.Logf("%s: %v", filepath.Base(p), err)
				continue
			}
			if list.Format != format && !strings.Contains(p, "mustang-panda") { // STIX 1 in JSON
				t.Errorf("%s is read as %s", filepath.Base(p), list.Format)
			}
			read += len(list.Indicators)
			skipped += list.Skipped
		}
		t.Logf("%s: %d indicators, %d skipped", folder, read, skipped)
		if read == 0 || skipped > read/5 {
			t.Errorf("%s: %d indicators, %d skipped", folder, read, skipped)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("evil.example\n"))
	f.Add([]byte(`{"type":"indicator","pattern":"[url:value = 'http://a.test/\\'x']"}`))
	f.Add([]byte("a,b\n1,2"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := indicators.Read(bytes.NewReader(text))
		if err == nil && len(list.Indicators) == 0 {
			t.Error("an empty list without an error")
		}
	})
}
