package server

import (
	"fmt"
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	r := newRates(20, func() time.Time { return now })
	answered := func(who string, n int) (yes int) {
		for range n {
			if r.admit(who) == 0 {
				yes++
			}
		}
		return yes
	}
	if n := answered("ada", 1000); n != 200 {
		t.Errorf("%d of a burst were answered, want ten seconds' worth", n)
	}
	if wait := r.admit("ada"); wait <= 0 || wait > 100*time.Millisecond {
		t.Errorf("wait %v, want about a twentieth of a second", wait)
	}
	if n := answered("bob", 5); n != 5 {
		t.Errorf("another was answered %d times of 5", n)
	}
	now = now.Add(2 * time.Second)
	if n := answered("ada", 1000); n != 40 {
		t.Errorf("%d after two seconds, want 40", n)
	}
	for i := range 3 * mostRates { // whoever comes from everywhere fills no memory
		r.admit(fmt.Sprint("place ", i))
	}
	if len(r.by) > mostRates {
		t.Errorf("%d are told apart", len(r.by))
	}
}
