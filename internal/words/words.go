// Package words writes numbers as English text has them.
package words

import "fmt"

// Integer is what is counted with.
type Integer interface {
	~int | ~int64 | ~uint64
}

// Number writes a number with its thousands apart: 12,345.
func Number[N Integer](n N) string {
	digits := fmt.Sprint(n)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count writes how many there are of something that takes an s: 1 name, 2 names.
func Count[N Integer](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + one + "s"
}
