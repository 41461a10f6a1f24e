package match

import "strings"

// maxLocal is the limit of RFC 5321 for the part before the @.
const maxLocal = 64

// A seenMailbox is an e-mail address as the text holds it, in lower case.
type seenMailbox struct {
	start int
	text  string
}

// mailboxes returns the addresses that may end in the host [start, end): behind
// an @, or behind the %40 that URLs have in its place. The local part is the
// run of letters, digits and ._%+- before it; behind an escape it may begin in
// two places.
func mailboxes(block []byte, start, end int) []seenMailbox {
	at := start
	switch {
	case at > 0 && block[at-1] == '@':
		at--
	case at > 2 && string(block[at-3:at]) == "%40":
		at -= 3
	default:
		return nil
	}
	from := at
	for from > 0 && at-from <= maxLocal && is(block[from-1], localByte) {
		from--
	}
	if at == from || at-from > maxLocal {
		return nil
	}
	host := "@" + strings.ToLower(string(block[start:end]))
	var seen []seenMailbox
	add := func(from int) {
		if from < at {
			seen = append(seen, seenMailbox{from, strings.ToLower(string(block[from:at])) + host})
		}
	}
	add(from)
	if alt := afterEscape(block, from); alt > from {
		add(alt)
	}
	for i := at - 3; i >= from; i-- {
		if block[i] == '%' && hexDigits(block, i+1, 2) {
			add(i + 3)
			break
		}
	}
	return seen
}
