package certspotter

import (
	"encoding/base64"

	"clew/internal/observation/record"
	"clew/internal/source"
)

// issuance is a certificate and its precertificate as one. Which members there
// are hangs on what the request expands.
type issuance struct {
	ID        source.Text         `json:"id"`
	TBS       string              `json:"tbs_sha256"`
	Cert256   string              `json:"cert_sha256"`
	Key       string              `json:"pubkey_sha256"`
	Names     source.Rows[string] `json:"dns_names"`
	NotBefore string              `json:"not_before"`
	NotAfter  string              `json:"not_after"`
	Issuer    struct {
		Name string `json:"name"`
	} `json:"issuer"`
	Cert struct {
		Type   string `json:"type"` // cert or precert
		SHA256 string `json:"sha256"`
		Data   string `json:"data"` // base64 of the DER
	} `json:"cert"`
	DER string `json:"cert_der"` // the same since 2023; nobody needs both
}

// decode returns the issuances of one page, and the identifier to ask for the
// next page with: "" when this one is empty.
func decode(reply source.Reply) (page source.Page, last string, err error) {
	var issuances source.Rows[issuance]
	if err := source.DecodeJSON(reply, &issuances); err != nil {
		return page, "", err
	}
	issuances.Count(&page)
	for _, i := range issuances.Items {
		last = string(i.ID)
		c := i.certificate()
		c.Seen = reply.At
		page.KeepAll(c.Observations())
	}
	return page, last, nil
}

// certificate puts together what the list says with what the encoding says,
// which knows the serial number and the subject too. Of a precertificate the
// fingerprint is not that of the certificate that servers show.
func (i issuance) certificate() record.Certificate {
	encoded := i.DER
	if encoded == "" {
		encoded = i.Cert.Data
	}
	c := record.Certificate{}
	if der, err := base64.StdEncoding.DecodeString(encoded); err == nil {
		c, _ = record.ParseDER(der)
	}
	c.SHA1, c.SHA256 = "", i.Cert256
	if c.SHA256 == "" && i.Cert.Type == "cert" {
		c.SHA256 = i.Cert.SHA256
	}
	if c.Issuer == "" {
		c.Issuer = i.Issuer.Name
	}
	if c.Key == "" {
		c.Key = i.Key
	}
	if i.TBS != "" {
		c.Own = "certspotter:" + i.TBS
	}
	c.Names = append(c.Names, i.Names.Items...)
	if c.NotBefore.IsZero() && c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = record.Moment(i.NotBefore), record.Moment(i.NotAfter)
	}
	return c
}
