package main

import (
	"fmt"
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
