package securitytrails_test

import (
	"flag"
	"testing"

	"clew/internal/source/securitytrails"
	"clew/internal/source/sourcetest"
)

var update = flag.Bool("update", false, "write testdata/*/want.txt anew")

func TestCases(t *testing.T) { sourcetest.Cases(t, securitytrails.Source{}, *update) }

func TestTrouble(t *testing.T) { sourcetest.Run(t, securitytrails.Source{}) }

func FuzzReply(f *testing.F) { sourcetest.Fuzz(f, securitytrails.Source{}) }
