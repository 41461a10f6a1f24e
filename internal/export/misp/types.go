package misp

import (
	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// kind is a type of MISP with the category it is used in.
type kind struct {
	name, category string
	detects        bool // worth a signature
}

const (
	network  = "Network activity"
	payload  = "Payload delivery"
	artifact = "Artifacts dropped"
	who      = "Attribution"
	other    = "Other"
)

// types maps kinds to MISP's types (misp-core-format, section 2.4.2). Files and
// certificates go by the length of their digest.
var types = map[observable.Kind]kind{
	observable.Domain:    {"domain", network, true},
	observable.IP:        {"ip-dst", network, true},
	observable.Prefix:    {"ip-dst", network, true},
	observable.ASN:       {"AS", network, false},
	observable.URL:       {"url", network, true},
	observable.Email:     {"email-src", payload, true},
	observable.Phone:     {"phone-number", other, false},
	observable.Person:    {"whois-registrant-name", who, false},
	observable.Org:       {"whois-registrant-org", who, false},
	observable.Registrar: {"whois-registrar", who, false},
	observable.Imphash:   {"imphash", payload, true},
	observable.Ssdeep:    {"ssdeep", payload, true},
	observable.TLSH:      {"tlsh", payload, true},
	observable.JARM:      {"jarm-fingerprint", network, true},
	observable.JA3:       {"ja3-fingerprint-md5", network, true},
	observable.JA3S:      {"text", network, false},
	observable.JA4:       {"text", network, false},
	observable.SSHKey:    {"ssh-fingerprint", network, false},
	observable.Favicon:   {"favicon-mmh3", network, false},
	observable.Mutex:     {"mutex", artifact, true},
	observable.PDB:       {"pdb", artifact, false},
	observable.Filename:  {"filename", payload, false},
	observable.UserAgent: {"user-agent", network, true},
	observable.CertKey:   {"text", network, false},
	observable.DN:        {"text", network, false},
	observable.RichHash:  {"text", payload, false},
	observable.Signer:    {"text", payload, false},
	observable.BodyHash:  {"text", network, false},
	observable.Title:     {"text", other, false},
	observable.Tracker:   {"text", other, false},
	observable.Technique: {"text", other, false},
	observable.Malware:   {"text", other, false},
	observable.Wallet:    {"text", other, false},
	observable.Serial:    {"text", network, false},
	observable.Text:      {"text", other, false},
}

var (
	files = map[int]string{export.MD5: "md5", export.SHA1: "sha1", export.SHA256: "sha256", export.SHA512: "sha512"}
	certs = map[int]string{export.MD5: "x509-fingerprint-md5", export.SHA1: "x509-fingerprint-sha1", export.SHA256: "x509-fingerprint-sha256"}
)

// typeOf returns the type of a value; what it is related by tells e-mail
// addresses of registrants from those of senders.
func typeOf(v observable.Value, r observation.Relation) (kind, bool) {
	switch v.Kind() {
	case observable.File:
		name, ok := files[len(v.Text())]
		return kind{name, payload, true}, ok
	case observable.Cert:
		name, ok := certs[len(v.Text())]
		if !ok {
			return kind{"text", network, false}, true
		}
		return kind{name, network, true}, true
	case observable.Email:
		if r == observation.RegistrantEmail {
			return kind{"whois-registrant-email", who, false}, true
		}
	}
	k, ok := types[v.Kind()]
	return k, ok
}

func kinds() []observable.Kind {
	list := []observable.Kind{observable.File, observable.Cert}
	for _, k := range observable.Kinds() {
		if _, ok := types[k]; ok {
			list = append(list, k)
		}
	}
	return list
}
