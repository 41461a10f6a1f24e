package main

import (
	"fmt"
	"strconv"
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
)

// defanged writes a value for people: nothing a terminal or mail program would
// turn into a link.
func defanged(kind, text string) string {
	k, ok := observable.KindNamed(kind)
	if !ok {
		return terminalSafe(text)
	}
	v, err := observable.Stored(k, text)
	if err != nil {
		return terminalSafe(text)
	}
	return forPeople(v)
}

// forPeople writes a value without its kind, which stands beside it.
func forPeople(v observable.Value) string {
	return terminalSafe(strings.TrimPrefix(v.Defang(), v.Kind().String()+":"))
}

// grouped writes a number with its thousands apart.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

func days(w casefile.Window) string {
	first, last := w[0].Day(), w[1].Day()
	switch {
	case !w.Known():
		return "time unknown"
	case first == last:
		return first
	}
	return first + " to " + last
}

func joined(list []string) string {
	if len(list) == 0 {
		return "derived"
	}
	return terminalSafe(strings.Join(list, ", "))
}

func percent(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }
