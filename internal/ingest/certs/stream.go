package certs

import (
	"encoding/base64"
	"math"
	"strings"
	"time"

	"clew/internal/observation"
	"clew/internal/observation/record"
)

// update is the data of a message of certstream (CaliDog's server and those
// after it): https://certstream.calidog.io/example.json.
type update struct {
	Kind string    `json:"update_type"` // X509LogEntry or PrecertLogEntry
	Seen float64   `json:"seen"`        // seconds since 1970
	Leaf *leafCert `json:"leaf_cert"`
}

type leafCert struct {
	Subject     name     `json:"subject"`
	Issuer      name     `json:"issuer"`
	Serial      string   `json:"serial_number"`
	Fingerprint string   `json:"fingerprint"` // SHA-1
	SHA1        string   `json:"sha1"`
	SHA256      string   `json:"sha256"`
	Names       []string `json:"all_domains"`
	NotBefore   float64  `json:"not_before"`
	NotAfter    float64  `json:"not_after"`
	DER         string   `json:"as_der"`
}

// name is a distinguished name by its attributes, and once more as one text.
type name map[string]any

// dn writes the name; attributes that were not given are null.
func (n name) dn() string {
	attributes := map[string]string{}
	for key, value := range n {
		if text, ok := value.(string); ok && key != "aggregated" && key != "email_address" {
			attributes[key] = text
		}
	}
	return record.DNOf(attributes)
}

// facts returns what an update says. Of a precertificate the fingerprint is left
// out: no server shows it, and the certificate issued after it has the same
// issuer and serial number.
func (u *update) facts() []observation.Observation {
	c, parsed := record.Certificate{}, false
	if der, err := base64.StdEncoding.DecodeString(u.Leaf.DER); err == nil && len(der) > 0 {
		c, parsed = record.ParseDER(der)
	}
	if !parsed {
		c = record.Certificate{
			SHA256: u.Leaf.SHA256, SHA1: u.Leaf.SHA1, Subject: u.Leaf.Subject.dn(), Issuer: u.Leaf.Issuer.dn(),
			Serial: u.Leaf.Serial, Names: u.Leaf.Names, NotBefore: seconds(u.Leaf.NotBefore), NotAfter: seconds(u.Leaf.NotAfter),
		}
		if c.SHA1 == "" {
			c.SHA1 = u.Leaf.Fingerprint
		}
	}
	if strings.HasPrefix(u.Kind, "Precert") {
		c.SHA256, c.SHA1 = "", ""
	}
	c.Seen = seconds(u.Seen)
	return c.Observations()
}

func seconds(n float64) time.Time {
	return record.Unix(int64(math.Max(0, math.Min(n, math.MaxUint32*2))))
}
