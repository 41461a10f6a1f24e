package attack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/source/attack"
)

func library(t *testing.T) *attack.Library {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "bundle_as_a_file", "bundle.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	l, err := attack.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTechniques(t *testing.T) {
	l := library(t)
	domains := attack.Technique{ID: "T1583.001", Name: "Domains", Parent: "T1583", Tactics: []string{"command-and-control", "persistence"}}
	for id, want := range map[string]attack.Technique{"T1583.001": domains, " t1583.001": domains, "T1066": domains, "T1153": {}, "T9999": {}, "": {}} {
		got, ok := l.Technique(id)
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.ID != "") {
			t.Errorf("Technique(%q): %t (-want +got):\n%s", id, ok, diff)
		}
	}
}

func TestUses(t *testing.T) {
	l := library(t)
	tests := map[string]struct{ got, want []string }{
		"techniques_of_software_old_ones_by_their_new_number": {techniques(l.TechniquesOf("S9001")), []string{"T1071", "T1583.001"}},
		"software_that_uses_it_revoked_ones_not":              {names(l.SoftwareUsing("T1071")), []string{"S9001", "S9002"}},
		"groups_by_their_campaigns_too":                       {names(l.GroupsUsing("T1071")), []string{"G9002"}},
		"groups_that_use_software":                            {names(l.GroupsUsing("S9001")), []string{"G9001"}},
		"software_of_a_group":                                 {names(l.SoftwareOf("G9001")), []string{"S9001"}},
		"revoked_relationships_do_not_count":                  {names(l.SoftwareUsing("T1583")), nil},
		"nobody":                                              {names(l.GroupsUsing("T9999")), nil},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSoftwareByAnyName(t *testing.T) {
	l := library(t)
	want := attack.Named{ID: "S9001", Name: "Shoplifter", Aliases: []string{"Pickpocket"}}
	for _, name := range []string{"Shoplifter", "shoplifter", "PICKPOCKET ", "S9001", "s9001"} {
		got, ok := l.Software(name)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("Software(%q): %t (-want +got):\n%s", name, ok, diff)
		}
	}
	if s, ok := l.Software("Retired"); ok {
		t.Errorf("revoked software is found: %v", s)
	}
}

func TestMatches(t *testing.T) {
	var got []string
	for _, m := range library(t).Matches([]string{"T1071", "T1066", "T1583.001", "T1153", "nonsense"}) {
		got = append(got, m.Name+" "+strings.Join(techniques(m.Shared), " "))
	}
	if diff := cmp.Diff([]string{"Shoplifter T1071 T1583.001", "Crowbar T1071"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "no JSON object",
		"[]":                          "no JSON object",
		`{"type":"bundle"}`:           `no "objects"`,
		`{"objects":{}}`:              `"objects" is no list`,
		`{"objects":[{"type":"x"},{]`: "after 1 objects",
		`{"objects":[{"type":"x"}`:    "after 1 objects",
		`{"id":1`:                     `no "objects"`,
	} {
		if _, err := attack.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"objects":[{"type":"attack-pattern","id":"a","external_references":[{"source_name":"mitre-attack","external_id":"T1"}]}]}`)
	f.Add(`{"objects":[{"type":"relationship","relationship_type":"revoked-by","source_ref":"a","target_ref":"a"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		l, err := attack.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, m := range l.Matches([]string{"T1"}) {
			if len(m.Shared) == 0 || len(m.Shared) > m.Of {
				t.Errorf("%s shares %d of %d techniques", m.Name, len(m.Shared), m.Of)
			}
		}
	})
}

func techniques(all []attack.Technique) []string {
	var ids []string
	for _, t := range all {
		ids = append(ids, t.ID)
	}
	return ids
}

func names(all []attack.Named) []string {
	var ids []string
	for _, n := range all {
		ids = append(ids, n.ID)
	}
	return ids
}
