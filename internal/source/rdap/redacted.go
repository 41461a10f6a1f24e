package rdap

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// redaction is one member of redacted[] (RFC 9537): what the server took out or
// put something else in place of. Paths are JSONPath (RFC 9535).
type redaction struct {
	Name struct {
		Type        string `json:"type"`
		Description string `json:"description"`
	} `json:"name"`
	PrePath         string `json:"prePath"`         // where a removed value was
	PostPath        string `json:"postPath"`        // where an emptied or changed value is
	ReplacementPath string `json:"replacementPath"` // where the stand-in is
}

// cardFields are the properties of a jCard that clew reads of a contact, and what
// servers call them in the names of redactions.
var cardFields = map[string]string{"fn": "name", "org": "organization", "email": "email", "tel": "phone"}

// property is how a path picks a property of a jCard: [?(@[0]=='email')].
var property = regexp.MustCompile(`@\[0\]\s*==\s*['"]([a-z]+)['"]`)

// hiddenOfRegistrant returns the jCard properties of the registrant that the
// server says it redacted. What stands in their place, a relay's address or part
// of a name, is the server's and not the registrant's.
func hiddenOfRegistrant(redacted []redaction) map[string]bool {
	hidden := map[string]bool{}
	for _, r := range redacted {
		path := strings.ToLower(r.PrePath + " " + r.PostPath + " " + r.ReplacementPath)
		if strings.Contains(path, "registrant") {
			hidePath(hidden, path)
		}
		name := strings.ToLower(r.Name.Type + " " + r.Name.Description)
		if !strings.Contains(name, "registrant") {
			continue
		}
		for field, called := range cardFields {
			hidden[field] = hidden[field] || strings.Contains(name, called)
		}
	}
	maps.DeleteFunc(hidden, func(_ string, is bool) bool { return !is })
	return hidden
}

// hidePath adds the properties that a path into the registrant picks: all of
// them where it picks the card or the entity as a whole.
func hidePath(hidden map[string]bool, path string) {
	picked := property.FindAllStringSubmatch(path, -1)
	for _, p := range picked {
		if _, read := cardFields[p[1]]; read {
			hidden[p[1]] = true
		}
	}
	path = strings.TrimSpace(path)
	whole := strings.HasSuffix(path, "vcardarray") || strings.HasSuffix(path, ")]") && !strings.Contains(path, "vcardarray")
	for field := range cardFields {
		hidden[field] = hidden[field] || len(picked) == 0 && whole
	}
}

// without returns c less its redacted properties.
func (c card) without(hidden map[string]bool) card {
	if hidden["fn"] {
		c.names = nil
	}
	if hidden["org"] {
		c.orgs = nil
	}
	if hidden["email"] {
		c.emails = nil
	}
	if hidden["tel"] {
		c.phones = nil
	}
	return c
}

// redactionNote says what the registry keeps to itself.
func redactionNote(hidden map[string]bool) string {
	if len(hidden) == 0 {
		return ""
	}
	var fields []string
	for field := range hidden {
		fields = append(fields, cardFields[field])
	}
	slices.Sort(fields)
	return "the registry redacted the registrant's " + strings.Join(fields, ", ")
}
