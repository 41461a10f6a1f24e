package casefile

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Tagged puts tags on a case, or on one value of it, and takes others off.
type Tagged struct {
	About  Value    `json:"about"` // "" and "" for the case
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

// Bounds of tags: bytes of one, and how many a thing has.
const (
	MaxTag  = 64
	MaxTags = 64
)

// CleanTag returns a tag as the record keeps it: lower case, without blanks
// around it.
func CleanTag(text string) (string, error) {
	tag := strings.ToLower(strings.TrimSpace(text))
	if tag == "" || len(tag) > MaxTag || !utf8.ValidString(tag) || hasUnprintable(tag) || strings.Contains(tag, ",") {
		return "", fmt.Errorf("%w: a tag is plain text of 1 to %d bytes without a comma, not %q", ErrInvalid, MaxTag, shortened(text))
	}
	return tag, nil
}

func (p Tagged) describe() string {
	var parts []string
	if len(p.Add) > 0 {
		parts = append(parts, "tagged "+strings.Join(p.Add, ", "))
	}
	if len(p.Remove) > 0 {
		parts = append(parts, "no longer tagged "+strings.Join(p.Remove, ", "))
	}
	about := "the case"
	if p.About != (Value{}) {
		about = defanged(p.About)
	}
	return about + ": " + strings.Join(parts, "; ")
}

// tag takes tags into the sum. Bounds hold for what is read as well: a bundle
// comes from somebody else.
func (r *Record) tag(e Event) error {
	p, err := decoded[Tagged](e)
	if err != nil {
		return err
	}
	if r.tags == nil {
		r.tags = map[Value][]string{}
	}
	tags := r.tags[p.About]
	for _, t := range p.Add {
		if t, err := CleanTag(t); err == nil && !slices.Contains(tags, t) && len(tags) < MaxTags {
			tags = append(tags, t)
		}
	}
	tags = slices.DeleteFunc(tags, func(t string) bool { return slices.Contains(p.Remove, t) })
	slices.Sort(tags)
	r.tags[p.About] = tags
	return nil
}

// Closed says that nothing more is to be done about a case. A further run, and
// whoever reopens it, opens it again.
type Closed struct {
	Reason string `json:"reason"`
}
