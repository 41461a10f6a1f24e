package mnemonic_test

import (
	"flag"
	"testing"

	"clew/internal/source/mnemonic"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, mnemonic.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, mnemonic.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, mnemonic.Source{}) }
