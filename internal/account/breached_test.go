package account_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clew/internal/account"
)

func kept(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "breached")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every password of a list is found in every form of it, and no other.
func TestBreachedPasswords(t *testing.T) {
	var words, digests, unsorted []string
	for i := range 3000 {
		word := fmt.Sprintf("horse number %d of many", i)
		words = append(words, word)
		unsorted = append(unsorted, fmt.Sprintf("%X:%d", sha1.Sum([]byte(word)), i%7+1))
	}
	digests = slices.Sorted(slices.Values(unsorted))
	bare := make([]string, len(digests))
	for i, line := range digests {
		bare[i] = strings.ToLower(line[:40])
	}
	for name, text := range map[string]string{
		"text":                    strings.Join(words, "\n"),
		"text_of_windows":         strings.Join(words, "\r\n") + "\r\n",
		"digests_with_counts":     strings.Join(digests, "\n") + "\n",
		"digests_of_windows":      strings.Join(digests, "\r\n") + "\r\n",
		"digests_without_the_end": strings.Join(digests, "\n"),
		"bare_digests":            strings.Join(bare, "\n"),
		"digests_in_disorder":     strings.Join(unsorted, "\n"),
		"one_digest":              digests[0],
	} {
		list, err := account.OpenBreached(kept(t, text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, word := range words {
			if i > 40 && i%97 != 0 && strings.Contains(name, "disorder") {
				continue // read through each time
			}
			want := name != "one_digest" || strings.HasPrefix(digests[0], fmt.Sprintf("%X", sha1.Sum([]byte(word))))
			if got, err := list.Holds(t.Context(), word); got != want || err != nil {
				t.Fatalf("%s: %q: %v, %v", name, word, got, err)
			}
		}
		for _, other := range []string{"", "horse number 3000 of many", "horse number 1 of many ", "zebra", "\x00"} {
			if got, err := list.Holds(t.Context(), other); got || err != nil {
				t.Errorf("%s: %q: %v, %v", name, other, got, err)
			}
		}
	}
}

func TestListsThatCannotBeRead(t *testing.T) {
	digest := strings.Repeat("0a", 20)
	for name, path := range map[string]string{
		"none": filepath.Join(t.TempDir(), "none"), "a_folder": t.TempDir(), "empty": kept(t, ""),
		"digests_and_words": kept(t, digest+"\n"+strings.Repeat("word\n", 500)), "no_lines": kept(t, strings.Repeat("x", 1<<20)),
	} {
		if _, err := account.OpenBreached(path); !errors.Is(err, account.ErrBreached) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that is gone later lets nothing through.
	path := kept(t, "horse number 1 of many\n")
	list, err := account.OpenBreached(path)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.RefuseBreached(list)
	_, _, err = d.AddUser(t.Context(), account.Console("root"), account.NewUser{Name: "ada", Role: account.Admin, Password: "horse number 1 of many"})
	is(t, "a breached one", err, account.ErrInvalid)
	d.add("ada", account.Admin)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, _, err = d.AddUser(t.Context(), account.Console("root"), account.NewUser{Name: "bob", Role: account.Viewer, Password: good})
	is(t, "without the list", err, account.ErrBreached)
}

func FuzzBreached(f *testing.F) {
	f.Add("0000000000000000000000000000000000000000:1\nFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:2\n", "x")
	f.Add("a\nb\r\n\n", "b")
	f.Fuzz(func(t *testing.T, text, password string) {
		list, err := account.OpenBreached(kept(t, text))
		if err != nil {
			return
		}
		held, err := list.Holds(t.Context(), password)
		if err != nil && !errors.Is(err, account.ErrBreached) || held && err != nil {
			t.Errorf("%v, %v", held, err)
		}
	})
}
