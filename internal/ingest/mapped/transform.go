package mapped

import (
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation/record"
)

// A transform changes one text; "" drops it.
type transform func(text string, c clock) string

// transforms are the words of "apply".
var transforms = map[string]transform{
	"lower":       func(text string, _ clock) string { return strings.ToLower(text) },
	"trim-dot":    func(text string, _ clock) string { return strings.TrimSuffix(text, ".") },
	"wildcard":    func(text string, _ clock) string { return strings.TrimPrefix(text, "*.") },
	"host":        func(text string, _ clock) string { return host(text) },
	"registrable": func(text string, _ clock) string { return registrable(text) },
	"email":       func(text string, _ clock) string { return email(text) },
	"minute":      minute,
	"dn":          func(text string, _ clock) string { return record.DN(text) },
	"decimal":     func(text string, _ clock) string { return record.DecimalSerial(text) },
	"refang":      refanged,
}

func transformNames() string {
	names := make([]string, 0, len(transforms))
	for name := range transforms {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// host returns the host of a URL or of host:port; other text stays as it is.
func host(text string) string {
	if u, err := observable.New(observable.URL, text); err == nil {
		if h, ok := observable.Host(u); ok {
			return h.Text()
		}
	}
	if name, port, ok := strings.Cut(text, ":"); ok && !strings.Contains(port, ":") {
		return name
	}
	return text
}

// registrable returns the registrable domain of a name, "" when it has none.
func registrable(text string) string {
	name, err := observable.New(observable.Domain, text)
	if err != nil {
		return ""
	}
	domain, ok := observable.RegistrableDomain(name)
	if !ok {
		return ""
	}
	return domain.Text()
}

// email returns the address in "Name <a@b>" and "mailto:a@b".
func email(text string) string {
	if i := strings.LastIndexByte(text, '<'); i >= 0 {
		text, _, _ = strings.Cut(text[i+1:], ">")
	}
	return strings.TrimPrefix(strings.TrimSpace(text), "mailto:")
}

// minute brings a moment into the form of the created relation; a day alone is
// too coarse to mean anything and is dropped.
func minute(text string, c clock) string {
	t, day, ok := c.parse(text)
	if !ok || day {
		return ""
	}
	return t.Truncate(time.Minute).Format("2006-01-02T15:04Z")
}

// refanged reads a defanged value; what is none stays as it is.
func refanged(text string, _ clock) string {
	if v, err := observable.Parse(text); err == nil {
		return v.Text()
	}
	return text
}

// canonical brings a text into the canonical form of the first kind that takes
// it, or drops it; without kinds it stays as it is.
func canonical(kinds []observable.Kind) transform {
	return func(text string, _ clock) string {
		for _, k := range kinds {
			if v, err := observable.New(k, text); err == nil {
				return v.Text()
			}
		}
		if len(kinds) > 0 {
			return ""
		}
		return text
	}
}
