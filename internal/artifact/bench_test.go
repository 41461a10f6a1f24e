package artifact_test

import (
	"os"
	"testing"
	"time"

	"clew/internal/artifact"
)

func BenchmarkFile(b *testing.B) {
	path := os.Getenv("CLEW_BENCH_FILE")
	if path == "" {
		b.Skip("CLEW_BENCH_FILE names no file")
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if _, err := walkOne(&artifact.Analyzer{Now: time.Unix(0, 0)}, path); err != nil {
			b.Fatal(err)
		}
	}
}
