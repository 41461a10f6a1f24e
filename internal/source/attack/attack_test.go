package attack_test

import (
	"flag"
	"testing"

	"clew/internal/source/attack"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, attack.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, attack.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, attack.Source{}) }
