// Package certs reads certificates: PEM, DER, and the JSON that monitors of
// Certificate Transparency, logs themselves (RFC 6962 get-entries), crt.sh and
// Cert Spotter give. Certificates that break the rules are read too.
package certs

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/document"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// Format is certificates in any of those forms, told apart by their beginning.
// What services answer is for their connectors to read; the wiring joins them.
type Format struct {
	Entry    func(leaf, extra []byte) ([]observation.Observation, bool)
	CrtSh    func(row []byte, seen time.Time) ([]observation.Observation, bool)
	Issuance func(row []byte, seen time.Time) ([]observation.Observation, bool)
}

// Name implements [ingest.Format].
func (Format) Name() string { return "certs" }

const pemBegin = "-----BEGIN "

// Likely reports whether head begins with a certificate in one of the forms.
func (Format) Likely(head []byte) bool {
	if _, ok := derLength(head); ok && len(head) > 4 && head[4] == 0x30 { // a sequence in a sequence
		return true
	}
	for _, name := range []string{"CERTIFICATE-----", "TRUSTED CERTIFICATE-----", "X509 CERTIFICATE-----"} {
		if bytes.Contains(head, []byte(pemBegin+name)) {
			return true
		}
	}
	return document.HasMembers(head, [][]string{
		{"leaf_input"},
		{"leaf_cert"},
		{"message_type", "certificate_update"},
		{"issuer_ca_id", "name_value"},
		{"issuer_name", "name_value"},
		{"tbs_sha256", "not_before"},
	})
}

// Wanted reports whether a file of a folder may hold certificates.
func (Format) Wanted(name string) bool {
	return !strings.HasSuffix(name, ".key") && !strings.HasSuffix(name, ".csr")
}

// Read implements [ingest.DocumentFormat].
func (f Format) Read(r io.Reader, out *ingest.Out) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(4)
	if err != nil && len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	if _, ok := derLength(head); ok {
		return readDER(in, out)
	}
	if first := bytes.TrimLeft(head, " \t\r\n\ufeff"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return document.Values(in, out, []string{"entries"}, func(raw json.RawMessage) error {
			f.value(raw, out)
			return out.Stopped()
		})
	}
	return readPEM(in, out)
}

// maxCertificate bounds one certificate in bytes: with two thousand names it has
// some 60,000.
const maxCertificate = 1 << 20

func keep(c record.Certificate, out *ingest.Out) {
	c.Seen = out.AsOf
	out.KeepAll(c.Observations())
}

// value reads one JSON value by the members it has.
func (f Format) value(raw json.RawMessage, out *ingest.Out) {
	var v struct {
		Leaf     string          `json:"leaf_input"` // RFC 6962 section 4.6
		Extra    string          `json:"extra_data"`
		Message  string          `json:"message_type"` // of certstream
		Data     *update         `json:"data"`
		LeafCert *leafCert       `json:"leaf_cert"` // of its data alone
		Issuer   json.RawMessage `json:"issuer_name"`
		Names    json.RawMessage `json:"dns_names"` // of Cert Spotter
		update
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		out.Reject("%w", err)
		return
	}
	var facts []observation.Observation
	ok := true
	switch {
	case v.Leaf != "":
		leaf, err := base64.StdEncoding.DecodeString(v.Leaf)
		extra, _ := base64.StdEncoding.DecodeString(v.Extra)
		if facts, ok = f.Entry(leaf, extra); err != nil || !ok {
			out.Reject("an entry of a log without a certificate")
			return
		}
	case v.Data != nil && v.Data.Leaf != nil:
		facts = v.Data.facts()
	case v.LeafCert != nil:
		v.update.Leaf = v.LeafCert
		facts = v.update.facts()
	case v.Message != "": // a heartbeat
	case v.Issuer != nil:
		facts, ok = f.CrtSh(raw, out.AsOf)
	case v.Names != nil:
		facts, ok = f.Issuance(raw, out.AsOf)
	default:
		ok = false
	}
	if !ok {
		out.Reject("no certificate in it")
		return
	}
	out.KeepAll(facts)
}
