package snort

import (
	"testing"

	"clew/internal/export/exporttest"
)

// The grammar of the Rule Writing Guide, as far as our rules go.
const grammar = `alert (?:udp|http|ip) \$HOME_NET any -> (?:any 53|any any|[0-9a-f.:/]+ any) \((?:(?:msg:"clew [a-z]+"|` +
	`content:"(?:[A-Za-z0-9._/=?&+@-]|\|[0-9A-F]{2}\|)+"(?:,nocase)?|http_header:field host|http_raw_uri|metadata:[A-Za-z0-9 ,+-]+|sid:1[0-9]{6}|rev:1); ?)+\)`

var form = exporttest.Lines("#", grammar)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), form) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), form) }

func TestNamesAsTheWireHasThem(t *testing.T) {
	if got, want := labels("a-b.example"), "|03|a-b|07|example|00|"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
