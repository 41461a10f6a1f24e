package crtsh_test

import (
	"flag"
	"testing"

	"clew/internal/source/crtsh"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, crtsh.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, crtsh.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, crtsh.Source{}) }
