package observable

import (
	"regexp"
	"strings"
)

var (
	techniqueForm = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	// The identifiers of Google Analytics (UA, G), Tag Manager, Ads (AW),
	// Marketing Platform (DC) and AdSense (pub).
	trackerForm = regexp.MustCompile(`^(UA-[0-9]{4,10}-[0-9]{1,4}|G-[A-Z0-9]{6,12}|GTM-[A-Z0-9]{4,9}|(AW|DC)-[0-9]{6,12})$`)
	adsenseForm = regexp.MustCompile(`^(?:ca-)?(pub-[0-9]{10,20})$`)
)

// canonicalTechnique writes an ATT&CK technique as T1583 or T1583.001.
func canonicalTechnique(text string) (string, error) {
	technique := strings.ToUpper(text)
	if !techniqueForm.MatchString(technique) {
		return "", refuse("%.80q is no ATT&CK technique; it has the form T1583 or T1583.001", text)
	}
	return technique, nil
}

// canonicalTracker brings identifiers of known form to one spelling. Those of
// other services are numbers and words, taken as they are.
func canonicalTracker(text string) string {
	if upper := strings.ToUpper(text); trackerForm.MatchString(upper) {
		return upper
	}
	if pub := adsenseForm.FindStringSubmatch(strings.ToLower(text)); pub != nil {
		return pub[1]
	}
	return text
}
