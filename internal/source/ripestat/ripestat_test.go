package ripestat_test

import (
	"flag"
	"testing"

	"clew/internal/source/ripestat"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, ripestat.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, ripestat.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, ripestat.Source{}) }
