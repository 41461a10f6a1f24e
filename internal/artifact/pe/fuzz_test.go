package pe

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/artifact/view"
)

// FuzzRead starts from two programs of ours: testdata/README.md.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.exe")
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Read(view.New(bytes.NewReader(data), int64(len(data))), time.Unix(1_700_000_000, 0))
		if err != nil {
			return
		}
		if info.Overlay < 0 || info.Overlay > int64(len(data)) {
			t.Errorf("overlay of %d bytes in a file of %d", info.Overlay, len(data))
		}
		if len(info.Problems) > maxProblems || len(info.Resources) > maxResources || len(info.Sections) > maxSections {
			t.Error("a bound does not hold")
		}
		if len(info.Authentihash) != 64 {
			t.Errorf("authentihash %q", info.Authentihash)
		}
	})
}
