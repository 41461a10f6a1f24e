package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"clew/internal/source/all"
)

// notConnectors are the folders beside the connectors.
var notConnectors = []string{"all", "ctlog", "custom", "replay", "sourcetest", "testdata"}

func TestEveryConnectorIsListed(t *testing.T) {
	var listed []string
	for _, s := range all.Sources() {
		listed = append(listed, s.Info().Name)
	}
	if !slices.IsSorted(listed) {
		t.Errorf("not in the order of names: %v", listed)
	}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(notConnectors, e.Name()) {
			folders = append(folders, e.Name())
		}
	}
	if !slices.Equal(listed, folders) {
		t.Errorf("listed %v, folders %v: add the connector to all.Sources", listed, folders)
	}
}

func TestInfoIsComplete(t *testing.T) {
	for _, s := range all.Sources() {
		info := s.Info()
		switch {
		case info.Title == "", len(info.Accepts) == 0, len(info.Answers) == 0, info.PAP == 0, info.Cost == 0:
			t.Errorf("%s: incomplete: %+v", info.Name, info)
		case info.Retired == "" && info.Every == 0:
			t.Errorf("%s: no pace", info.Name)
		case (info.KeyEnv == "") != (info.KeyHeader+info.KeyParameter == "") || (info.KeyEnv == "") != (info.KeyHost == ""):
			t.Errorf("%s: a key needs a variable, a header or parameter, and a host", info.Name)
		}
		if _, err := os.Stat(filepath.Join("..", info.Name, info.Name+".go")); err != nil {
			t.Errorf("%s: named unlike its folder: %v", info.Name, err)
		}
	}
}
