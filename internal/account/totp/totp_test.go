package totp_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"

	"clew/internal/account/totp"
)

// key is that of the RFCs' test vectors.
var key = totp.Key("12345678901234567890")

// Codes of RFC 4226, appendix D.
func TestCodesOfCounters(t *testing.T) {
	for counter, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := key.Code(int64(counter)); got != want {
			t.Errorf("counter %d: got %s, want %s", counter, got, want)
		}
	}
}

// Codes of RFC 6238, appendix B, of which six digits are the last of eight.
func TestCodesOfTimes(t *testing.T) {
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := key.Code(totp.Step(time.Unix(at, 0))); got != want[2:] {
			t.Errorf("at %d: got %s, want %s", at, got, want[2:])
		}
	}
}

func TestMatch(t *testing.T) {
	now := time.Unix(1111111111, 0)
	step := totp.Step(now)
	for name, c := range map[string]struct {
		code  string
		after int64
		right bool
	}{
		"of_now":              {key.Code(step), 0, true},
		"of_the_one_before":   {key.Code(step - 1), 0, true},
		"of_the_one_after":    {key.Code(step + 1), 0, true},
		"of_two_before":       {key.Code(step - 2), 0, false},
		"of_two_after":        {key.Code(step + 2), 0, false},
		"a_second_time":       {key.Code(step), step, false},
		"an_earlier_one_then": {key.Code(step - 1), step, false},
		"a_later_one_then":    {key.Code(step + 1), step, true},
		"empty":               {"", 0, false},
		"with_more":           {key.Code(step) + "0", 0, false},
	} {
		if at, right := key.Match(c.code, now, c.after); right != c.right || right && key.Code(at) != c.code {
			t.Errorf("%s: %d, %v, want %v", name, at, right, c.right)
		}
	}
}

func TestKeys(t *testing.T) {
	k, err := totp.NewKey(bytes.NewReader(bytes.Repeat([]byte{7}, totp.KeyBytes)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := totp.ParseKey(k.String())
	if err != nil || !bytes.Equal(again, k) || len(k.String()) != 32 {
		t.Errorf("%s: %v", k, err)
	}
	if _, err := totp.NewKey(strings.NewReader("short")); err == nil {
		t.Error("a key of too little chance")
	}
	for _, bad := range []string{"", "ABC", strings.ToLower(k.String()), k.String() + "AAAAAAAA", "1" + k.String()[1:]} {
		if _, err := totp.ParseKey(bad); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
	at, err := url.Parse(k.URI("clew team", "ada@team.example"))
	if err != nil || at.Scheme != "otpauth" || at.Host != "totp" || at.Path != "/clew team:ada@team.example" || at.Query().Get("secret") != k.String() || at.Query().Get("issuer") != "clew team" {
		t.Errorf("%s: %v", at, err)
	}
}
