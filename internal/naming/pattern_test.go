package naming

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func namesOf(domains ...string) []Name {
	var names []Name
	for _, d := range domains {
		n, _ := nameOf(d)
		names = append(names, n)
	}
	return names
}

func TestLearnedPatterns(t *testing.T) {
	l := language(t)
	for name, test := range map[string]struct {
		learn        []string
		like, unlike []string
	}{
		"stem_and_letters": {
			[]string{"jppost-tu.test", "jppost-bra.test", "jppost-ke.test", "jppost-amu.example", "jppost-zo.test"},
			[]string{"jppost-abe.test", "jppost-lo.example"},
			[]string{"jppost.test", "japanpost-tu.test", "jppost-tu.invalid", "xjppost-tu.test", "jppost-tu.test.example"},
		},
		"word_and_number": {
			[]string{"syncvault1000.example", "syncvault2851.example", "syncvault2234.example", "syncvault1617.example"},
			[]string{"syncvault9999.example"},
			[]string{"syncvault.example", "syncvault12345678.example", "syncvaultx.example"},
		},
		"constant_tail": {
			[]string{"earnestnessbiophysicalohax.test", "kwtoestnessbiophysicalohax.test", "rvcxestnessbiophysicalohax.test", "hjbtestnessbiophysicalohax.test"},
			[]string{"qqqqestnessbiophysicalohax.test"},
			[]string{"biophysics.test", "estnessbiophysicalohaxq.test"},
		},
		"hex": {
			[]string{"3f9a0bc1de77aa01.test", "00aa81ffbc4d9e2a.test", "9b1c2d3e4f5a6b7c.test", "deadbeef01234567.test", "a0b1c2d3e4f50617.test"},
			[]string{"0123456789abcdef.test"},
			[]string{"0123456789abcdeg.test", "0123456789abcde.test"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Learn(namesOf(test.learn...), l)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(p.Regexp, strings.Join(p.Words, "; "))
			if p.Covered != len(test.learn) {
				t.Errorf("covers %d of %d; not %v", p.Covered, len(test.learn), p.Outside)
			}
			for _, n := range namesOf(test.like...) {
				if !p.Matches(n) {
					t.Errorf("does not match %s", n)
				}
			}
			for _, n := range namesOf(test.unlike...) {
				if p.Matches(n) {
					t.Errorf("matches %s", n)
				}
			}
			again, err := Learn(namesOf(append(slices.Clone(test.learn[1:]), test.learn[0], test.learn[0])...), l)
			if err != nil || again.Regexp != p.Regexp {
				t.Errorf("in another order %v, %v", again, err)
			}
		})
	}
}

func TestTooFewNamesAreNoPattern(t *testing.T) {
	if _, err := Learn(namesOf("a.test", "a.example", "b.test"), nil); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
}

func TestPatternFindsItsSiblingsInTheIndex(t *testing.T) {
	x := indexOf(t, "jppost-tu.test", "jppost-bra.test", "jppost-ke.test", "jppost-new.test", "bakery.test", "jppost.test")
	p, err := Learn(namesOf("jppost-tu.test", "jppost-bra.test", "jppost-ke.test"), language(t))
	if err != nil {
		t.Fatal(err)
	}
	found, more, err := x.Matching(t.Context(), p, 10)
	if err != nil || more || !slices.Contains(texts(found), "jppost-new.test") || len(found) != 4 {
		t.Errorf("found %v %v %v", found, more, err)
	}
	expected, err := language(t).Expected(p, 360_000_000)
	if err != nil || expected <= 0 || expected > 100 {
		t.Errorf("%v names expected by chance, %v", expected, err)
	}
}

// Expected must count what a pattern lets through: any name of letters is most
// of a world, a long fixed word next to nothing.
func TestExpectedFollowsThePattern(t *testing.T) {
	l := language(t)
	share := func(body string) float64 {
		p := &Pattern{Regexp: "^" + body + "$", compiled: regexp.MustCompile(body)}
		n, err := l.Expected(p, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	everything := share(`[a-z0-9-]{1,63}\.[a-z.]+`)
	com := share(`[a-z0-9-]{1,63}\.com`)
	word := share(`[a-z]{3,6}shop\.com`)
	noise := share(`[bcdfghjkz]{14}\.com`)
	if everything < 900 || everything > 1001 || com < 400 || com > 480 || word > 10 || word < 1e-4 || noise > 1e-6 {
		t.Errorf("everything %.4g, com %.4g, word %.4g, noise %.4g of 1000", everything, com, word, noise)
	}
}

func FuzzLearn(f *testing.F) {
	f.Add("jppost-tu.test jppost-bra.test jppost-ke.test")
	f.Add("a1b2.test xn--pple-43d.test --.test a_b.co.test 0.test")
	f.Fuzz(func(t *testing.T, text string) {
		var names []Name
		for _, field := range strings.Fields(text) {
			n, ok := nameOf(field)
			if v, valid := n.Value(); ok && valid && v.Text() == n.String() {
				names = append(names, n)
			}
		}
		p, err := Learn(names, nil)
		if err != nil {
			return
		}
		if _, err := regexp.Compile(p.Regexp); err != nil {
			t.Error(err)
		}
		outside := 0
		for _, n := range distinct(names) {
			if !p.Matches(n) {
				outside++
			}
		}
		if outside != len(p.Outside) || p.Covered+outside != p.Learned {
			t.Errorf("%d outside, said %d of %d", outside, len(p.Outside), p.Learned)
		}
	})
}

func TestSquatsAreUsualOnes(t *testing.T) {
	made := map[string]Trick{}
	for _, v := range append(Squats("paypal", []string{"login"}), DrawnIn(Name{"paypal", "com"})...) {
		made[v.Label] = v.Trick
	}
	for label, by := range map[string]Trick{
		"papal": Omission, "paypall": Repetition, "apypal": Transposition, "oaypal": AdjacentKey, "paypel": VowelSwap,
		"paypa1": Homoglyph, "pay-pal": Hyphenation, "qaypal": Bitsquatting, "paypal-login": ComboWord, "paypalcom": SuffixInLabel,
	} {
		if made[label] != by {
			t.Errorf("%s is %q, want %q", label, made[label], by)
		}
	}
	if _, itself := made["paypal"]; itself {
		t.Error("the label passes for itself")
	}
}

func TestPartsOfALabel(t *testing.T) {
	for label, want := range map[string][2]string{"jppost-tu7": {"jppost-tu#", "aaaaaa-aa0"}, "2024x10": {"#x#", "0000a00"}, "plain": {"plain", ""}} {
		if shape, ok := ShapeOf(label); ok != (want[1] != "") || ok && shape != want[1] || Skeleton(label) != want[0] {
			t.Errorf("%s: %s, %s %v", label, Skeleton(label), shape, ok)
		}
	}
	if Guise("xn--pple-43d") != Guise("apple") || Guise("rnicrosoft") != Guise("microsoft") || Guise("apple") == Guise("maple") {
		t.Error(fmt.Sprint(Guise("xn--pple-43d"), Guise("apple"), Guise("rnicrosoft"), Guise("microsoft")))
	}
}
