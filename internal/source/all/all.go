// Package all names every connector, for the wiring and for nobody else.
package all

import (
	"clew/internal/source"
	"clew/internal/source/abuseipdb"
	"clew/internal/source/anyrun"
	"clew/internal/source/attack"
	"clew/internal/source/censys"
	"clew/internal/source/certspotter"
	"clew/internal/source/circl"
	"clew/internal/source/crtsh"
	"clew/internal/source/cymru"
	"clew/internal/source/defender"
	"clew/internal/source/dns"
	"clew/internal/source/dnsdb"
	"clew/internal/source/domaintools"
	"clew/internal/source/greynoise"
	"clew/internal/source/hackertarget"
	"clew/internal/source/hashlookup"
	"clew/internal/source/hybridanalysis"
	"clew/internal/source/internetdb"
	"clew/internal/source/malwarebazaar"
	"clew/internal/source/mnemonic"
	"clew/internal/source/otx"
	"clew/internal/source/passivetotal"
	"clew/internal/source/rdap"
	"clew/internal/source/ripestat"
	"clew/internal/source/robtex"
	"clew/internal/source/securitytrails"
	"clew/internal/source/shodan"
	"clew/internal/source/threatfox"
	"clew/internal/source/urlhaus"
	"clew/internal/source/urlscan"
	"clew/internal/source/validin"
	"clew/internal/source/virustotal"
	"clew/internal/source/whois"
)

// Sources lists every connector by name.
func Sources() []source.Source {
	return []source.Source{
		abuseipdb.Source{},
		anyrun.Source{},
		attack.Source{},
		censys.Source{},
		certspotter.Source{},
		circl.Source{},
		crtsh.Source{},
		cymru.Source{},
		defender.Source{},
		dns.Source{},
		dnsdb.Source{},
		domaintools.Source{},
		greynoise.Source{},
		hackertarget.Source{},
		hashlookup.Source{},
		hybridanalysis.Source{},
		internetdb.Source{},
		malwarebazaar.Source{},
		mnemonic.Source{},
		otx.Source{},
		passivetotal.Source{},
		rdap.Source{},
		ripestat.Source{},
		robtex.Source{},
		securitytrails.Source{},
		shodan.Source{},
		threatfox.Source{},
		urlhaus.Source{},
		urlscan.Source{},
		validin.Source{},
		virustotal.Source{},
		whois.Source{},
	}
}
