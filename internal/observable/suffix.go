package observable

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// hasKnownSuffix reports whether name ends in a top-level domain that exists
// (ICANN part of the public suffix list), is reserved, or is used outside DNS.
func hasKnownSuffix(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	// Some top-level domains have rules only for names below them.
	if _, icann := publicsuffix.PublicSuffix("a." + last); icann {
		return true
	}
	switch last {
	case "example", "test", "invalid", "localhost", "local", "internal", "onion", "alt":
		return true
	case "bit", "bazar", "coin", "emc", "lib", "i2p", "eth": // alternative roots that malware uses
		return true
	}
	return false
}
