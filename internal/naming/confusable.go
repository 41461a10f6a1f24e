package naming

import (
	"strings"

	"github.com/mtibben/confusables"
	"golang.org/x/net/idna"
)

// Guise returns what a label looks like: its skeleton by Unicode TR39 after
// punycode is read, in lower case. Two labels of one guise look the same. The
// table (package confusables, MIT, data under the Unicode licence) folds within
// ASCII as well: rn and m, 1 and l, 0 and o have one guise.
func Guise(label string) string {
	readable := label
	if strings.HasPrefix(label, "xn--") {
		if text, err := idna.Punycode.ToUnicode(label); err == nil {
			readable = text
		}
	}
	return strings.ToLower(confusables.Skeleton(strings.ToLower(readable)))
}
