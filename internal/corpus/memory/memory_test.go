package memory_test

import (
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/corpustest"
	"clew/internal/corpus/memory"
)

func TestConformance(t *testing.T) {
	corpustest.Run(t, func(*testing.T) corpus.Store { return memory.New() })
}
