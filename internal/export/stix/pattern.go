package stix

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/observable"
)

// paths says which property of a cyber-observable holds a kind.
var paths = map[observable.Kind]string{
	observable.Domain:    "domain-name:value",
	observable.URL:       "url:value",
	observable.Email:     "email-addr:value",
	observable.DN:        "x509-certificate:subject",
	observable.Serial:    "x509-certificate:serial_number",
	observable.Imphash:   "file:extensions.'windows-pebinary-ext'.imphash",
	observable.Ssdeep:    "file:hashes.SSDEEP",
	observable.TLSH:      "file:hashes.TLSH",
	observable.Filename:  "file:name",
	observable.Mutex:     "mutex:name",
	observable.UserAgent: "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
}

func kinds() []observable.Kind {
	list := []observable.Kind{observable.IP, observable.Prefix, observable.ASN, observable.File, observable.Cert}
	for _, k := range observable.Kinds() {
		if paths[k] != "" {
			list = append(list, k)
		}
	}
	return list
}

// fits leaves out the rare values that no property of STIX can hold.
func fits(e export.Entry) string {
	if pattern(e.Value) == "" {
		return "no STIX pattern for it"
	}
	return ""
}

// hashNames are the names of digests in STIX by their length (hash-algorithm-ov).
var hashNames = map[int]string{export.MD5: "MD5", export.SHA1: "SHA-1", export.SHA256: "SHA-256", export.SHA512: "SHA-512"}

// pattern writes a value as a STIX pattern, "" when it has none.
func pattern(v observable.Value) string {
	text := v.Text()
	switch v.Kind() {
	case observable.IP:
		return compare(v.STIX()+":value", "=", text)
	case observable.Prefix:
		return compare(v.STIX()+":value", "ISSUBSET", text)
	case observable.ASN:
		return "[autonomous-system:number = " + strings.TrimPrefix(text, "AS") + "]"
	case observable.File, observable.Cert:
		name := hashNames[len(text)]
		if name == "" {
			return ""
		}
		return compare(v.STIX()+":hashes."+quoted(name), "=", text)
	}
	if path := paths[v.Kind()]; path != "" {
		return compare(path, "=", text)
	}
	return ""
}

func compare(path, operator, text string) string {
	return "[" + path + " " + operator + " " + quoted(text) + "]"
}

// quoted writes a string constant: only the quote and the backslash mean
// something in it (section 9.3 of the standard).
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// cyberNamespace is the one that section 2.9 of the standard gives for the
// identifiers of cyber-observables.
var cyberNamespace = uuid.MustParse("00abedb4-aa42-466c-9c01-fed23315a9b7")

// observed writes a value as a cyber-observable object; ok is false for kinds
// that STIX has none for, or none that stands alone.
func observed(v observable.Value) (Object, bool) {
	kind, properties := v.STIX(), Object{}
	switch v.Kind() {
	case observable.Domain, observable.IP, observable.Prefix, observable.URL, observable.Email:
		properties["value"] = v.Text()
	case observable.ASN:
		n, err := strconv.ParseUint(strings.TrimPrefix(v.Text(), "AS"), 10, 32)
		if err != nil {
			return nil, false
		}
		properties["number"] = n
	case observable.File, observable.Cert:
		name := hashNames[len(v.Text())]
		if name == "" {
			return nil, false
		}
		properties["hashes"] = Object{name: v.Text()}
	case observable.Filename, observable.Mutex:
		properties["name"] = v.Text()
	case observable.Serial:
		properties["serial_number"] = v.Text()
	default:
		return nil, false
	}
	canonical, err := casefile.Canonical(properties)
	if err != nil {
		return nil, false
	}
	o := Object{"type": kind, "spec_version": "2.1", "id": fmt.Sprintf("%s--%s", kind, uuid.NewSHA1(cyberNamespace, canonical))}
	for key, value := range properties {
		o[key] = value
	}
	return o, true
}
