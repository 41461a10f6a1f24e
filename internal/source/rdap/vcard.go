package rdap

import (
	"encoding/json"
	"strings"

	"clew/internal/observation/record"
)

// card is what of a jCard (RFC 7095) concerns us.
type card struct {
	kind                        string // "individual", "org", or ""
	names, orgs, emails, phones []string
}

// readVCard reads ["vcard", [[name, parameters, type, value], …]]. Anything
// that is not of that form is skipped; so is what is redacted, which some
// servers leave empty (RFC 9537) and others fill with a phrase.
func readVCard(raw json.RawMessage) (c card) {
	var array []json.RawMessage
	if json.Unmarshal(raw, &array) != nil || len(array) != 2 {
		return c
	}
	var properties [][]json.RawMessage
	if json.Unmarshal(array[1], &properties) != nil {
		return c
	}
	for _, p := range properties {
		if len(p) < 4 {
			continue
		}
		var name string
		if json.Unmarshal(p[0], &name) != nil {
			continue
		}
		value := text(p[3], 2)
		if value == "" || strings.HasPrefix(strings.ToUpper(value), "REDACTED") {
			continue
		}
		switch strings.ToLower(name) {
		case "kind":
			c.kind = strings.ToLower(value)
		case "fn":
			c.names = append(c.names, value)
		case "org":
			c.orgs = append(c.orgs, value)
		case "email":
			c.emails = append(c.emails, value)
		case "tel":
			c.phones = append(c.phones, strings.TrimPrefix(value, "tel:"))
		}
	}
	return c
}

// text reads a value that may be a string or a list of them, nested as deep as
// depth says: jCard nests once, and what nests more is no name.
func text(raw json.RawMessage, depth int) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return strings.TrimSpace(one)
	}
	var many []json.RawMessage
	if depth == 0 || json.Unmarshal(raw, &many) != nil {
		return ""
	}
	for _, m := range many {
		if t := text(m, depth-1); t != "" {
			return t
		}
	}
	return ""
}

// addTo makes the card's owner the registrant of r. The formatted name of an
// organisation is no person's.
func (c card) addTo(r *record.Registration) {
	if c.kind == "org" {
		r.Orgs = append(r.Orgs, c.names...)
	} else {
		r.Names = append(r.Names, c.names...)
	}
	r.Orgs = append(r.Orgs, c.orgs...)
	r.Emails = append(r.Emails, c.emails...)
	r.Phones = append(r.Phones, c.phones...)
}
