package navigator

import (
	"encoding/json"
	"regexp"
	"testing"

	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), holds) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), holds) }

var form = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)

func holds(t testing.TB, files map[string][]byte, _ export.Set) {
	t.Helper()
	var l layer
	if err := json.Unmarshal(files[Format().File], &l); err != nil || len(l.Techniques) == 0 {
		t.Fatalf("%d techniques: %v", len(l.Techniques), err)
	}
	for _, technique := range l.Techniques {
		if !form.MatchString(technique.ID) || technique.Score < 1 {
			t.Errorf("%+v", technique)
		}
	}
}
