package report

import (
	"regexp"
	"strings"
	"unicode"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Everything a report shows went through one of the functions of this file:
// on one line, without characters that steer a terminal or hide, and with no
// indicator that a viewer would make a link of. The writers of a format escape
// on top of that what their format reads as its own.

// prose makes a sentence from outside fit to be shown.
func prose(text string) string { return defangProse(casefile.Printable(strings.TrimSpace(text))) }

// name makes an identifier fit to be shown: a source, a method, a model.
func name(text string) string { return prose(text) }

// value shows an indicator defanged. Its kind is not part of it.
func value(kind, text string) string {
	v, err := casefile.Value{Kind: kind, Value: text}.Observable()
	if err != nil || v.IsZero() {
		return prose(text)
	}
	return casefile.Printable(strings.TrimPrefix(v.Defang(), kind+":"))
}

var (
	scheme = regexp.MustCompile(`(?i)\b(?:(ht)tp(s?)|([a-z][a-z0-9+.-]*))://`)
	dotted = regexp.MustCompile(`[\pL\pN_-]+(?:\.[\pL\pN_-]+)+`)
	mail   = regexp.MustCompile(`([\pL\pN_.+%\]-])@([\pL\pN])`)
)

// defangProse defangs what reads as an indicator within a sentence, and leaves
// numbers, versions and abbreviations alone.
func defangProse(text string) string {
	if !strings.ContainsAny(text, ".@:") {
		return text
	}
	text = scheme.ReplaceAllStringFunc(text, func(s string) string {
		if len(s) >= 4 && strings.EqualFold(s[:4], "http") {
			return "hxxp" + s[4:]
		}
		return strings.TrimSuffix(s, "://") + "[:]//"
	})
	text = dotted.ReplaceAllStringFunc(text, func(s string) string {
		if !namesHost(s) {
			return s
		}
		return strings.ReplaceAll(s, ".", "[.]")
	})
	return mail.ReplaceAllString(text, "$1[@]$2")
}

// namesHost reports whether a dotted word may be a host: four numbers, or a last
// label of two characters or more that begins with a letter, as every top-level
// domain does.
func namesHost(word string) bool {
	labels := strings.Split(word, ".")
	if last := []rune(labels[len(labels)-1]); len(last) >= 2 && unicode.IsLetter(last[0]) {
		return true
	}
	return len(labels) == 4 && !strings.ContainsFunc(word, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
}

// kinds finds the kind of a bare text as paths write it: those of the document
// are known, the rest follows from the relation or is guessed.
type kinds map[string]string

func kindsOf(d casefile.Document) kinds {
	k := kinds{}
	for _, p := range d.Pivots {
		k[p.Value], k[p.From] = p.Kind, p.FromKind
	}
	for _, f := range d.Findings {
		for _, factor := range f.Factors {
			k[factor.Value] = factor.Kind
		}
	}
	for _, f := range d.Findings {
		k[f.Value] = f.Kind
	}
	for _, s := range d.Seeds {
		k[s.Value] = s.Kind
	}
	return k
}

// indicator shows a step of a path that is an indicator.
func (k kinds) indicator(text string) string {
	if kind := k[text]; kind != "" {
		return value(kind, text)
	}
	if v, err := observable.Parse(text); err == nil {
		return value(v.Kind().String(), v.Text())
	}
	return prose(text)
}

// link splits a step "relation:value" and shows the value.
func (k kinds) link(step string) (relation, shown string) {
	relation, text, ok := strings.Cut(step, ":")
	if !ok {
		return "", prose(step)
	}
	if kind := k[text]; kind != "" {
		return name(relation), value(kind, text)
	}
	if r, known := observation.RelationNamed(relation); known {
		for _, kind := range r.Objects() {
			if v, err := observable.New(kind, text); err == nil {
				return name(relation), value(kind.String(), v.Text())
			}
		}
	}
	return name(relation), prose(text)
}
