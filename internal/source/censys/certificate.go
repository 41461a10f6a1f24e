package censys

import (
	"cmp"
	"encoding/base64"
	"time"

	"clew/internal/observation/record"
	"clew/internal/source"
)

// certificate is one, as far as each version describes it: version 3 around
// "parsed", version 1 inside of it or by its bytes, and version 2, as part of a
// service, without serial number and validity.
type certificate struct {
	SHA256 string              `json:"fingerprint_sha256"`
	SHA1   string              `json:"fingerprint_sha1"`
	Names  source.Rows[string] `json:"names"`
	Parsed parsed              `json:"parsed"`

	V2SHA256 string `json:"fingerprint"`
	Subject  string `json:"subject_dn"`
	Issuer   string `json:"issuer_dn"`

	V1Raw string `json:"raw"` // base64
}

type parsed struct {
	Serial  source.Text `json:"serial_number"` // decimal
	Subject string      `json:"subject_dn"`
	Issuer  string      `json:"issuer_dn"`
	Key     struct {
		SHA256 string `json:"fingerprint_sha256"` // of the whole public key info
	} `json:"subject_key_info"`
	Validity struct {
		NotBefore string `json:"not_before"`
		NotAfter  string `json:"not_after"`
	} `json:"validity_period"`
	V1SHA256   string              `json:"fingerprint_sha256"`
	V1Names    source.Rows[string] `json:"names"`
	V1Validity struct {
		Start string `json:"start"`
		End   string `json:"end"`
	} `json:"validity"`
}

func (c certificate) fingerprint() string {
	return cmp.Or(c.SHA256, c.V2SHA256, c.Parsed.V1SHA256)
}

func (c certificate) known() bool { return c.fingerprint() != "" || c.SHA1 != "" }

// record is the certificate in the form every provider's takes.
func (c certificate) record(seen time.Time) record.Certificate {
	if der, err := base64.StdEncoding.DecodeString(c.V1Raw); err == nil && len(der) > 0 {
		if r, ok := record.ParseDER(der); ok {
			r.Seen = seen
			return r
		}
	}
	return record.Certificate{
		SHA256: c.fingerprint(), SHA1: c.SHA1,
		Serial: record.DecimalSerial(string(c.Parsed.Serial)), Key: c.Parsed.Key.SHA256,
		Subject: cmp.Or(c.Parsed.Subject, c.Subject), Issuer: cmp.Or(c.Parsed.Issuer, c.Issuer),
		Names:     append(c.Names.Items, c.Parsed.V1Names.Items...),
		NotBefore: record.Moment(cmp.Or(c.Parsed.Validity.NotBefore, c.Parsed.V1Validity.Start)),
		NotAfter:  record.Moment(cmp.Or(c.Parsed.Validity.NotAfter, c.Parsed.V1Validity.End)),
		Seen:      seen,
	}
}
