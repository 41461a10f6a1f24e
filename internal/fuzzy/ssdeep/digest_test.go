package ssdeep

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// someDigest makes up a digest over few characters, so that runs and shared
// grams are common.
func someDigest(random *rand.Rand) string {
	part := func(most int) string {
		var b strings.Builder
		letters := alphabet[:2+random.IntN(6)]
		for range random.IntN(most + 1) {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	return fmt.Sprintf("%d:%s:%s", minBlock<<random.IntN(6), part(64), part(32))
}

// varied changes a few characters of a digest.
func varied(random *rand.Rand, digest string) string {
	size, halves, _ := strings.Cut(digest, ":")
	changed := []byte(halves)
	for range random.IntN(12) {
		i := random.IntN(len(changed))
		if changed[i] == ':' {
			continue
		}
		switch random.IntN(3) {
		case 0:
			changed[i] = alphabet[random.IntN(64)]
		case 1:
			changed = append(changed[:i], changed[i+1:]...)
		case 2:
			n, _ := strconv.Atoi(size)
			size = strconv.Itoa(max(minBlock, n/2))
		}
	}
	return size + ":" + string(changed)
}

func TestScoreIsFuzzyCompares(t *testing.T) {
	p := startPeer(t)
	random := rand.New(rand.NewPCG(5, 6))
	scored := 0
	for range 20_000 {
		a := someDigest(random)
		b := varied(random, a)
		if random.IntN(4) == 0 {
			b = someDigest(random)
		}
		da, err := Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		db, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		got, want := Score(&da, &db), p.Ask(t, "score "+a+" "+b+"\n")
		if strconv.Itoa(got) != want {
			t.Fatalf("%s\n%s\n got %d, want %s", a, b, got, want)
		}
		if back := Score(&db, &da); back != got {
			t.Fatalf("%s\n%s\n %d one way, %d the other", a, b, got, back)
		}
		if got > 0 {
			scored++
		}
	}
	if scored < 1000 {
		t.Errorf("only %d pairs scored: the test compares too little", scored)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                   "",
		"no_halves":                 "3",
		"one_half":                  "3:abc",
		"size_not_three_times_2^k":  "9:abc:abc",
		"size_zero":                 "0:abc:abc",
		"size_with_leading_zero":    "03:abc:abc",
		"a_character_that_none_has": "3:a-c:abc",
		"a_half_too_long":           "3:" + strings.Repeat("ab", 33) + ":abc",
		"three_halves":              "3:abc:abc:abc",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: %q was read", name, text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("3:AAAAbcdefgh:hgf,\"name\"", "6:abcdefgh:h")
	f.Add("3::", "3::")
	f.Fuzz(func(t *testing.T, one, other string) {
		a, err := Parse(one)
		if err != nil {
			return
		}
		again, err := Parse(a.String())
		if err != nil || again != a {
			t.Fatalf("%q reads back as %q, %v", one, again.String(), err)
		}
		if score := Score(&a, &again); score != 100 {
			t.Fatalf("%q scores %d with itself", one, score)
		}
		b, err := Parse(other)
		if err != nil {
			return
		}
		if ab, ba := Score(&a, &b), Score(&b, &a); ab != ba || ab < 0 || ab > 100 {
			t.Fatalf("%q and %q score %d and %d", one, other, ab, ba)
		}
	})
}

// FuzzHash holds the hasher to its own digest form, however the input is cut.
func FuzzHash(f *testing.F) {
	f.Add([]byte("some bytes"), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		whole, pieces := New(), New()
		whole.Write(data)
		cut = max(0, min(cut, len(data)))
		pieces.Write(data[:cut])
		pieces.Write(data[cut:])
		a, err := whole.Sum()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := pieces.Sum(); err != nil || a != b {
			t.Fatalf("%s whole, %s in pieces, %v", a, b, err)
		}
		if _, err := Parse(a); err != nil {
			t.Fatal(err)
		}
	})
}
