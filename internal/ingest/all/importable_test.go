package all_test

// expected is what the files of a folder state, and which of them are in no format
// of ours.
type expected struct {
	kept    map[string]uint64
	unknown []string
}

var importable = map[string]expected{
	"data/telemetry/zeek-tsv": {
		kept: map[string]uint64{
			"cname": 8757, "digest": 6, "ja3": 814, "ja3s": 814, "issued-by": 523, "names": 4258, "ptr": 29, "resolves-to": 27614, "serial": 523,
			"serves": 2855, "subject-dn": 523, "txt": 2,
		},
		unknown: []string{
			"ctu-mixed-2020/conn.log",
			"ctu-sme-11-remcos/README.md",
			"ctu-sme-11-remcos/labels.config",
		},
	},
	"data/telemetry/zeek-json": {
		kept: map[string]uint64{
			"cname": 2671, "digest": 554, "downloaded-from": 548, "filename": 6, "ja3": 778, "ja3s": 776, "issued-by": 880, "names": 7366,
			"ptr": 2, "resolves-to": 6646, "serial": 880, "subject-dn": 880, "txt": 24,
		},
		unknown: []string{
			"ctu-mixed/dhcp.log",
			"ctu-mixed/notice.log",
			"ctu-mixed/pe.log",
		},
	},
	"data/telemetry/zeek-dialects": {
		kept: map[string]uint64{
			"cname": 8, "issued-by": 6, "names": 94, "resolves-to": 10, "serial": 6, "serves": 8, "subject-dn": 6,
			"txt": 2,
		},
		unknown: []string{
			"ascii-json__ssh.log",
			"json-non-printable-escaping__http.log.json",
		},
	},
	"data/telemetry/suricata-eve": {
		kept: map[string]uint64{
			"cname": 604, "digest": 2, "downloaded-from": 1, "ja3": 11, "ja3s": 14, "ja4": 12, "issued-by": 8, "names": 13, "resolves-to": 340,
			"serial": 8, "serves": 10, "subject-dn": 8, "txt": 2,
		},
	},
	"data/reference/certificates": {
		kept: map[string]uint64{
			"names": 4813, "serial": 264, "serves": 1382,
		},
	},
	"data/campaigns/misp": {
		kept: map[string]uint64{
			"authentihash": 27, "contacts": 17, "contains": 1, "digest": 245, "downloaded-from": 30, "drops": 1,
			"filename": 140, "imphash": 27, "reported-in": 7359, "resolves-to": 58, "signed-by": 166, "ssdeep": 5,
		},
		unknown: []string{
			"tweetfeed/manifest.json.gz",
		},
	},
	"data/campaigns/stix20": {
		kept: map[string]uint64{
			"digest": 4, "filename": 2, "imphash": 2, "reported-in": 8099,
		},
		unknown: []string{
			"talos/2022_05_mustang-panda.json",
		},
	},
	"data/campaigns/stix21": {
		kept: map[string]uint64{
			"malware-family": 2475, "reported-in": 3928,
		},
	},
	"data/campaigns/malwarebazaar": {
		kept: map[string]uint64{
			"digest": 2634, "filename": 1317, "imphash": 685, "malware-family": 1003, "ssdeep": 1302, "tlsh": 1302,
		},
	},
	"data/campaigns/cobaltstrike": {
		kept: map[string]uint64{
			"announced-by": 25557, "campaign-key": 94764,
		},
		unknown: []string{
			"carbonblack/jarm_cs_202107_uniq_sorted.txt",
			"carbonblack/shadowpad_202210.tsv",
		},
	},
	"data/campaigns/certificates": {
		kept: map[string]uint64{
			"malware-family": 5565,
		},
	},
	"data/campaigns/luminositylink": {
		kept: map[string]uint64{
			"campaign-key": 14697, "config-c2": 16928, "filename": 11972, "mutex": 14697,
		},
	},
	"data/reference/tracker-radar": {
		kept: map[string]uint64{
			"nameserver": 66323, "ns-set": 19796,
		},
	},
	"data/reference/dotgov": {
		kept: map[string]uint64{
			"nameserver": 69101, "ns-set": 24366, "registrant-email": 6818, "resolves-to": 1345, "txt": 1,
		},
	},
	"fixtures/sources/urlscan": {
		kept: map[string]uint64{
			"announced-by": 32, "banner": 17, "body-hash": 8, "in-prefix": 14, "ptr": 9, "redirects-to": 6, "resolves-to": 32,
			"resource": 2, "title": 6,
		},
		unknown: []string{
			"error_400_dns.json",
			"error_400_validation.json",
			"error_429_rate_limit.json",
			"scan_submitted.json",
		},
	},
	"fixtures/sources/virustotal": {
		kept: map[string]uint64{
			"announced-by": 3, "body-hash": 6, "cname": 6, "created": 6, "digest": 26, "filename": 11, "imphash": 10,
			"in-prefix": 3, "issued-by": 9, "jarm": 7, "malware-family": 1, "mx": 6, "names": 206, "nameserver": 51,
			"ns-set": 9, "registrar": 6, "reputation": 27, "resolves-to": 42, "serial": 9, "serves": 9, "soa-contact": 3,
			"ssdeep": 13, "subject-dn": 9, "title": 6, "tlsh": 3, "tracker": 4, "txt": 20,
		},
		unknown: []string{
			"domain_historical_whois.empty.json",
			"domain_resolutions.empty.json",
			"domain_siblings.empty.json",
			"error_404_not_found.json",
			"error_429_quota.json",
			"file.elf_file.json",
			"file.signature_info_complex.json",
			"file_behaviour.03bd9a94.json",
			"url_redirecting_urls.empty.json",
		},
	},
	"fixtures/sources/shodan": {
		kept: map[string]uint64{
			"announced-by": 3, "body-hash": 2, "favicon": 2, "ptr": 3, "title": 2,
		},
		unknown: []string{
			"api_info.json",
			"dns_domain.shodan.io.json",
			"dns_resolve.json",
			"dns_reverse.1.1.1.1.json",
			"host.104.25.89.97.json",
			"host_count.nginx.json",
			"host_search.ftp_facets.json",
			"internetdb.120.78.59.202.json",
		},
	},
	"fixtures/sources/censys": {
		kept: map[string]uint64{
			"announced-by": 13, "body-hash": 6, "in-prefix": 14, "ja3s": 4, "issued-by": 19, "jarm": 2, "key": 3, "names": 29,
			"ptr": 2, "resolves-to": 100, "serial": 3, "serves": 3, "subject-dn": 19, "title": 2,
		},
		unknown: []string{
			"v2_hosts_aggregate.json",
		},
	},
	"fixtures/sources/whois": {
		kept: map[string]uint64{
			"created": 9, "nameserver": 51, "ns-set": 15, "registrant-email": 6, "registrant-name": 9, "registrant-org": 8,
			"registrant-phone": 5, "registrar": 13,
		},
		unknown: []string{
			"domain.acma.gov.au.parsed.json",
			"domain.apache.org.parsed.json",
			"domain.apple.cn.parsed.json",
			"domain.git.com.parsed.json",
			"domain.github.info.parsed.json",
			"domain.golang.io.parsed.json",
			"domain.goo.ne.jp.parsed.json",
			"domain.goo.ne.jp.txt",
			"domain.google.de.parsed.json",
			"domain.google.eu.parsed.json",
			"domain.google.kr.parsed.json",
			"domain.google.kr.txt",
			"domain.google.nl.parsed.json",
			"domain.he.net.parsed.json",
			"domain.nazwa.pl.parsed.json",
			"domain.ovh.fr.parsed.json",
			"domain.rockcreekcc.com.parsed.json",
			"domain.unip.br.parsed.json",
			"domain.yandex.ru.parsed.json",
			"ip.210.107.73.73.txt",
			"ip.62.239.237.1.txt",
			"ip.74.125.225.229.txt",
			"ip.rwhois_shawcable_net_4321_174.txt",
			"ip.whois_apnic_net_171.txt",
			"ip.whois_arin_net_170.txt",
			"ip.whois_iana_org_171.txt",
			"notfound.cn.txt",
			"notfound.com.txt",
			"notfound.de.txt",
			"notfound.eu.txt",
			"notfound.io.txt",
			"notfound.org.txt",
			"notfound.ru.txt",
		},
	},
	"fixtures/sources/crtsh": {
		kept: map[string]uint64{
			"issued-by": 106, "names": 244, "serial": 45,
		},
	},
	"fixtures/sources/certspotter": {
		kept: map[string]uint64{
			"issued-by": 1, "key": 1, "names": 11, "serial": 1, "subject-dn": 1,
		},
		unknown: []string{
			"issuances.example.com.json",
		},
	},
}
