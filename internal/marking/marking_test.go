package marking

import "testing"

func TestPAPAllowsWhatIsNoMoreVisible(t *testing.T) {
	levels := []PAP{Red, Amber, Green, Clear}
	for i, allowed := range levels {
		for j, need := range levels {
			if got := allowed.Allows(need); got != (j <= i) {
				t.Errorf("PAP:%s allows what needs PAP:%s: %v", allowed, need, got)
			}
		}
		if got, err := ParsePAP("pap:" + allowed.String()); err != nil || got != allowed {
			t.Errorf("PAP:%s reads as %s, %v", allowed, got, err)
		}
	}
	if got, err := ParsePAP(" white "); err != nil || got != Clear {
		t.Errorf("WHITE reads as %s, %v", got, err)
	}
	for _, bad := range []string{"", "PURPLE", "TLP:RED"} {
		if got, err := ParsePAP(bad); err == nil {
			t.Errorf("%q reads as PAP:%s", bad, got)
		}
	}
	if PAP(0).Allows(Red) {
		t.Error("no marking allows an action")
	}
}

func TestTLP(t *testing.T) {
	for text, want := range map[string]TLP{
		"RED": TLPRed, "tlp:amber+strict": TLPAmberStrict, "Amber": TLPAmber, "TLP:GREEN": TLPGreen, "clear": TLPClear, "white": TLPClear,
	} {
		if got, err := ParseTLP(text); err != nil || got != want {
			t.Errorf("%q reads as %q, %v", text, got, err)
		}
	}
	if got, err := ParseTLP("PAP:RED"); err == nil {
		t.Errorf("PAP:RED reads as TLP:%s", got)
	}
}

func TestTLPOrder(t *testing.T) {
	order := []TLP{"", TLPRed, TLPAmberStrict, TLPAmber, TLPGreen, TLPClear}
	for i, a := range order {
		for j, b := range order {
			if got := a.StricterThan(b); got != (i < j) {
				t.Errorf("TLP:%s stricter than TLP:%s: %v", a, b, got)
			}
		}
	}
}
