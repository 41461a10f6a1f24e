package observable

import (
	"regexp"
	"slices"
	"strings"
)

// Things that are no indicators but are often pasted as one.
var (
	versionForm       = regexp.MustCompile(`^[vV]?[0-9]+(\.[0-9]+)+$`)
	dateForm          = regexp.MustCompile(`^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4})([T ].*)?$`)
	vulnerabilityForm = regexp.MustCompile(`^(?i)CVE-[0-9]{4}-[0-9]+$`)
	prefixForm        = regexp.MustCompile(`^([a-zA-Z0-9]{2,12}):`)
)

// explain says why text is no indicator and what to write instead.
func explain(text string) error {
	switch {
	case text == "":
		return refuse("nothing was given; write a domain, an address, a URL, a hash or kind:value")
	case dateForm.MatchString(text):
		return refuse("%.40q looks like a date", text)
	case hasLeadingZero(text) && versionForm.MatchString(text):
		return refuse("%.40q has a leading zero, which some programs read as octal; write the address without it", text)
	case versionForm.MatchString(text):
		return refuse("%.40q looks like a version number; an IPv4 address has four numbers up to 255", text)
	case vulnerabilityForm.MatchString(text):
		return refuse("%.40q names a vulnerability, and clew follows infrastructure; write text:%s to keep it as text", text, strings.ToUpper(text[:min(len(text), 40)]))
	case isHex(text) && len(text) >= 16:
		return refuse("%.140q has %d hexadecimal digits; md5, sha1, sha256 and sha512 have 32, 40, 64 and 128. Write kind:value for another fingerprint, such as serial:%.8s", text, len(text), text)
	}
	if v, err := New(Domain, text); err == nil {
		last := v.text[strings.LastIndexByte(v.text, '.')+1:]
		return refuse("%.80q looks like a file name, or a name on a private network: there is no top-level domain %q. Write domain:%.80s or filename:%.80s", text, last, text, text)
	}
	if found := prefixForm.FindStringSubmatch(text); found != nil && !strings.ContainsAny(found[1], "0123456789") {
		return refuse("%q is no known kind; kinds are %s", found[1], strings.Join(kindNames(), ", "))
	}
	return refuse("%.80q is nothing clew can tell by its form; write kind:value, such as text:%.20s. Kinds are %s", text, text, strings.Join(kindNames(), ", "))
}

func kindNames() []string {
	names := make([]string, 0, len(kinds))
	for _, kind := range Kinds() {
		names = append(names, kind.String())
	}
	slices.Sort(names)
	return names
}
