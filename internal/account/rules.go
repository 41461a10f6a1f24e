package account

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Bounds of a password. The least is that of OWASP ASVS 5.0 (6.2.1, 6.2.9 with the
// recommended margin); the most keeps a request from costing more than it should.
const (
	LeastPassword = 12   // characters
	mostPassword  = 1024 // bytes
	// leastWorth is how much of a password must be left when what everybody tries
	// first (words, names, runs of a keyboard) counts as one character each.
	leastWorth = 8
)

// tried are words that lists of leaked passwords and of those about security teams
// are full of. Our own list: what matters is their sort, and length does the rest.
var tried = []string{
	"password", "passwort", "passphrase", "letmein", "welcome", "willkommen", "changeme", "secret", "default", "administrator", "admin", "root",
	"login", "signin", "access", "master", "dragon", "monkey", "shadow", "sunshine", "princess", "football", "baseball", "superman", "batman",
	"iloveyou", "trustno", "whatever", "qwertz", "qwerty", "azerty", "asdfgh", "zxcvbn", "yxcvbn", "summer", "winter", "spring", "autumn", "fall",
	"monday", "friday", "january", "december", "company", "network", "internet", "computer", "server", "security", "analyst", "approver", "viewer",
	"threat", "intelligence", "indicator", "incident", "response", "investigation", "hunter", "hunting", "malware", "clew", "correcthorsebatterystaple",
	"test", "temp", "user", "guest", "hello", "hallo", "pass",
}

// year is what people put behind a word to have digits.
var year = regexp.MustCompile(`(19|20)[0-9][0-9]`)

// folded undoes what people write for letters.
var folded = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i", "ß", "ss")

// CheckPassword says why a password is not accepted, if it is not. There is no rule
// on what characters it has (NIST SP 800-63B-4, 3.1.1.2). about are words that whoever knows the
// user would try: the name.
func CheckPassword(password string, about ...string) error {
	switch {
	case !utf8.ValidString(password):
		return fmt.Errorf("%w: the password is not valid text", ErrInvalid)
	case utf8.RuneCountInString(password) < LeastPassword:
		return fmt.Errorf("%w: the password has less than %d characters; several words are easy to keep in mind", ErrInvalid, LeastPassword)
	case len(password) > mostPassword:
		return fmt.Errorf("%w: the password has more than %d bytes", ErrInvalid, mostPassword)
	case min(worth(password, about), worth(folded.Replace(strings.ToLower(password)), about)) < leastWorth:
		return fmt.Errorf("%w: the password is made of what everybody tries first: add words that have nothing to do with you or with this", ErrInvalid)
	}
	return nil
}

// worth counts the characters of a password, where a word that is tried first, a
// run (abcd, 4321, qwert) and a repetition count as one.
func worth(password string, about []string) int {
	text := year.ReplaceAllString(strings.ToLower(password), "\x01")
	words := append([]string{}, tried...)
	for _, a := range about {
		for _, part := range strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return strings.ContainsRune("._-@ ", r) }) {
			if len(part) > 2 {
				words = append(words, part)
			}
		}
	}
	// The longest first, so that a part of one does not hide it.
	for again := true; again; {
		again = false
		longest := ""
		for _, w := range words {
			if len(w) > len(longest) && strings.Contains(text, w) {
				longest = w
			}
		}
		if longest != "" {
			text, again = strings.ReplaceAll(text, longest, "\x00"), true
		}
	}
	runes := []rune(text)
	n := 0
	seen := map[rune]int{}
	for i, r := range runes {
		seen[r]++
		if i > 0 && neighbours(runes[i-1], r) {
			continue
		}
		if seen[r] <= 3 { // the fourth of a character tells nothing new
			n++
		}
	}
	return n
}

// rows are keys side by side, on the keyboards of several countries.
var rows = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertzuiop", "qwertyuiop", "azertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "qsdfghjklm", "wxcvbn"}

// neighbours reports whether a character follows from the one before.
func neighbours(a, b rune) bool {
	if a == b {
		return true
	}
	for _, row := range rows {
		if strings.Contains(row, string([]rune{a, b})) || strings.Contains(row, string([]rune{b, a})) {
			return true
		}
	}
	return false
}
