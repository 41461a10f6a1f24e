package naming

import "strings"

// Blank stands for a run of digits in a skeleton.
const Blank = '#'

// Skeleton returns a label with its runs of digits blanked: syncvault# for
// syncvault1000. Names of one series share it.
func Skeleton(label string) string {
	if !strings.ContainsAny(label, "0123456789") {
		return label
	}
	out := make([]byte, 0, len(label))
	for i := range len(label) {
		switch c := label[i]; {
		case !isDigit(c):
			out = append(out, c)
		case len(out) == 0 || out[len(out)-1] != Blank:
			out = append(out, Blank)
		}
	}
	return string(out)
}

// ShapeOf returns a label with letters as a and digits as 0: aaaaaa-aa0 for
// jppost-tu7. A label of letters alone has none, for that were its length.
func ShapeOf(label string) (shape string, ok bool) {
	if strings.HasPrefix(label, punycode) {
		return "", false // its letters stand for others
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a'
		case r >= '0' && r <= '9':
			return '0'
		}
		return r
	}, label), strings.ContainsFunc(label, func(r rune) bool { return r < 'a' || r > 'z' })
}

// punycode starts an internationalised label.
const punycode = "xn--"

// MinTokenLetters is how many letters a part of a label needs to be a token.
const MinTokenLetters = 4

// tokens returns the runs of letters of a label that are tokens, with where each
// starts.
func tokens(label string, visit func(token string, at int)) {
	if strings.HasPrefix(label, punycode) {
		return // its letters stand for others
	}
	start := -1
	for i := 0; i <= len(label); i++ {
		if i < len(label) && isLetter(label[i]) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start >= MinTokenLetters {
			visit(label[start:i], start)
		}
		start = -1
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }
