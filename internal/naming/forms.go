package naming

import (
	"fmt"
	"regexp"
	"strings"
)

// labelForm is one way in which some of the labels are made.
type labelForm struct {
	words, regexp string
	labels        []string
}

// How many labels a form takes: a tenth of all, and never a single one.
const (
	formShare  = 10
	leastLabel = 2
)

// learnForms finds how labels are made, the way of most labels first. Labels
// that start or end alike are taken apart there first; the rest of each is a
// row of letters, digits and hyphens, and labels with the same row are one form.
func learnForms(labels []string, language *Language) []labelForm {
	var forms []labelForm
	head, tail := commonEnds(labels)
	var inside, outside []string
	for _, label := range labels {
		if len(label) >= len(head)+len(tail) && strings.HasPrefix(label, head) && strings.HasSuffix(label, tail) {
			inside = append(inside, label)
		} else {
			outside = append(outside, label)
		}
	}
	forms = append(forms, formsBetween(inside, head, tail, len(labels), language)...)
	if len(outside) > len(labels)/formShare && head+tail != "" {
		forms = append(forms, formsBetween(outside, "", "", len(labels), language)...)
	}
	return forms
}

// leastEnd is how many characters labels must share at an end to be called
// alike there: fewer come about by chance.
const leastEnd = 4

// commonEnds returns the longest start and end that four of five labels share.
func commonEnds(labels []string) (head, tail string) {
	enough := max((len(labels)*4+4)/5, leastLabel)
	head = longestShared(labels, enough, func(label string, n int) string { return label[:n] })
	tail = longestShared(labels, enough, func(label string, n int) string { return label[len(label)-n:] })
	both := 0
	for _, label := range labels {
		if len(label) >= len(head)+len(tail) && strings.HasPrefix(label, head) && strings.HasSuffix(label, tail) {
			both++
		}
	}
	if both < enough {
		tail = ""
	}
	return head, tail
}

func longestShared(labels []string, enough int, cut func(label string, n int) string) string {
	for n := maxLabel; n >= leastEnd; n-- {
		counts := map[string]int{}
		best := ""
		for _, label := range labels {
			if len(label) < n {
				continue
			}
			part := cut(label, n)
			counts[part]++
			if c := counts[part]; c >= enough && (c > counts[best] || part < best || best == "") {
				best = part
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// formsBetween learns what stands between a common start and a common end.
func formsBetween(labels []string, head, tail string, of int, language *Language) []labelForm {
	rows := map[string][]string{}
	for _, label := range labels {
		row := rowOf(label[len(head) : len(label)-len(tail)])
		rows[row] = append(rows[row], label)
	}
	var forms []labelForm
	var loose []string
	for _, row := range byCount(rows) {
		if group := rows[row]; row == mixed || len(group) < max(leastLabel, (of+formShare-1)/formShare) {
			loose = append(loose, group...)
		} else {
			forms = append(forms, formOf(row, group, head, tail, language))
		}
	}
	if len(loose) >= MinNames && len(loose)*3 >= of || len(forms) == 0 && len(loose) >= leastLabel {
		forms = append(forms, formOf(mixed, loose, head, tail, language))
	}
	return forms
}

// byCount orders rows by how many labels have them, most first.
func byCount(rows map[string][]string) []string {
	keys := sortedKeys(rows)
	ordered := make([]string, 0, len(keys))
	for len(keys) > 0 {
		best := 0
		for i, key := range keys {
			if len(rows[key]) > len(rows[keys[best]]) {
				best = i
			}
		}
		ordered = append(ordered, keys[best])
		keys = append(keys[:best], keys[best+1:]...)
	}
	return ordered
}

// mixed is the row of a label whose letters and digits alternate too often to
// be words and numbers.
const mixed = "mixed"

// mostRuns is how many runs of letters, digits and hyphens are told apart.
const mostRuns = 7

// rowOf writes the runs of a label as a (letters), 0 (digits) and what stands
// between.
func rowOf(label string) string {
	var row []byte
	for i := range len(label) {
		kind := label[i]
		switch {
		case isLetter(kind):
			kind = 'a'
		case isDigit(kind):
			kind = '0'
		}
		if len(row) == 0 || row[len(row)-1] != kind || kind != 'a' && kind != '0' {
			row = append(row, kind)
		}
	}
	if len(row) > mostRuns {
		return mixed
	}
	return string(row)
}

// formOf learns the slots of a row.
func formOf(row string, labels []string, head, tail string, language *Language) labelForm {
	f := labelForm{labels: labels, regexp: regexp.QuoteMeta(head)}
	var said []string
	if head != "" {
		said = append(said, fmt.Sprintf("%q", head))
	}
	rests := make([]string, len(labels))
	for i, label := range labels {
		rests[i] = label[len(head) : len(label)-len(tail)]
	}
	if row == mixed {
		s := classSlot(rests)
		f.regexp += s.regexp
		said = append(said, s.words)
	} else {
		for i := range len(row) {
			s := slotOf(row[i], cutRun(rests, row[i]), language)
			f.regexp += s.regexp
			said = append(said, s.words)
		}
	}
	if tail != "" {
		said = append(said, fmt.Sprintf("%q", tail))
	}
	f.regexp += regexp.QuoteMeta(tail)
	f.words = strings.Join(said, ", then ")
	return f
}

// cutRun cuts the first run off each rest, in place, and returns the runs.
func cutRun(rests []string, kind byte) []string {
	runs := make([]string, len(rests))
	for i, rest := range rests {
		n := 1
		for n < len(rest) && (kind == 'a' && isLetter(rest[n]) || kind == '0' && isDigit(rest[n])) {
			n++
		}
		runs[i], rests[i] = rest[:n], rest[n:]
	}
	return runs
}
