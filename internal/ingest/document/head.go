package document

import (
	"bytes"
)

// HasMembers reports whether head begins with a JSON object, or a list of them,
// and names all members of one of the sets. It is for guessing: members are
// looked for as text, since head may end in the middle of a value.
func HasMembers(head []byte, sets [][]string) bool {
	head = bytes.TrimLeft(head, " \t\r\n\ufeff[")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	for _, set := range sets {
		all := true
		for _, name := range set {
			all = all && bytes.Contains(head, []byte(`"`+name+`"`))
		}
		if all {
			return true
		}
	}
	return false
}

// BeginsWith reports whether head begins with a JSON object, or a list of them,
// whose first member is called name.
func BeginsWith(head []byte, name string) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff["), []byte{'{'})
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"`+name+`"`))
}
