// Package all names every connector, for the wiring and for nobody else.
package all

import (
	"clew/internal/source"
	"clew/internal/source/censys"
	"clew/internal/source/crtsh"
	"clew/internal/source/dnsdb"
	"clew/internal/source/domaintools"
	"clew/internal/source/internetdb"
	"clew/internal/source/malwarebazaar"
	"clew/internal/source/otx"
	"clew/internal/source/passivetotal"
	"clew/internal/source/rdap"
	"clew/internal/source/securitytrails"
	"clew/internal/source/shodan"
	"clew/internal/source/urlscan"
	"clew/internal/source/virustotal"
	"clew/internal/source/whois"
)

// Sources lists every connector by name.
func Sources() []source.Source {
	return []source.Source{
		censys.Source{},
		crtsh.Source{},
		dnsdb.Source{},
		domaintools.Source{},
		internetdb.Source{},
		malwarebazaar.Source{},
		otx.Source{},
		passivetotal.Source{},
		rdap.Source{},
		securitytrails.Source{},
		shodan.Source{},
		urlscan.Source{},
		virustotal.Source{},
		whois.Source{},
	}
}
