package misp

import (
	"net/netip"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// kindOf returns what a type of attribute holds, 0 for what clew has no kind for
// or keeps only as part of an object.
func kindOf(attribute string) observable.Kind {
	switch attribute {
	case "domain", "hostname":
		return observable.Domain
	case "ip-src", "ip-dst", "ip":
		return observable.IP
	case "url", "uri":
		return observable.URL
	case "email", "email-src", "email-dst":
		return observable.Email
	case "md5", "sha1", "sha256", "sha512":
		return observable.File
	case "x509-fingerprint-sha1", "x509-fingerprint-sha256":
		return observable.Cert
	}
	return 0
}

// attribute reads one that belongs to no object.
func (t *teller) attribute(a *attribute) {
	left, right, _ := strings.Cut(a.Value, "|")
	first, second, composite := strings.Cut(a.Type, "|")
	switch {
	case !composite:
		t.single(a)
	case first == "filename" || kindOf(first) == observable.Domain || kindOf(first) == observable.IP:
		t.pair(a, first, second, left, right)
	}
}

func (t *teller) single(a *attribute) {
	kind := kindOf(a.Type)
	if kind == 0 {
		return
	}
	text := strings.TrimSpace(a.Value)
	v, err := observable.New(kind, text)
	switch {
	case err == nil:
	case kind == observable.IP: // a range is no address, and no mistake
		if _, prefixErr := netip.ParsePrefix(text); prefixErr == nil {
			return
		}
	case kind == observable.URL: // many events have hosts and paths under that type
		host, ok := record.Host(text)
		if ok {
			v, err = host, nil
		} else if strings.HasPrefix(text, "/") {
			return
		}
	}
	if err != nil {
		t.out.Reject("%s %q: %w", a.Type, a.Value, err)
		return
	}
	t.is(a.UUID, v)
}

// pair reads a composite, "filename|sha256" or "domain|ip".
func (t *teller) pair(a *attribute, first, second, left, right string) {
	w := t.times(a.First, a.Last)
	if first == "filename" {
		f := record.File{Names: []string{left}, Window: w}
		part := attribute{Type: second, Value: right}
		describeFile(&f, &part)
		v, ok := f.Value()
		if !ok {
			return // filename|imphash and the like name no file
		}
		t.is(a.UUID, v)
		t.keep(f.Observations())
		return
	}
	host, ok := record.Host(strings.TrimSpace(left))
	if !ok {
		t.out.Reject("%s %q: no host", a.Type, a.Value)
		return
	}
	t.is(a.UUID, host)
	if second != "ip" {
		return // a port
	}
	address, err := observable.New(observable.IP, strings.TrimSpace(right))
	if err != nil {
		t.out.Reject("%s %q: %w", a.Type, a.Value, err)
		return
	}
	t.is(a.UUID, address)
	f := record.Facts{Window: w}
	f.Link(host, observation.ResolvesTo, address)
	t.keep(f.All)
}

// describeFile adds what an attribute says of a file.
func describeFile(f *record.File, a *attribute) {
	value := strings.TrimSpace(a.Value)
	if a.Relation == "richpe" { // an MD5 by its type, and not of the file
		f.Rich = value
		return
	}
	switch a.Type {
	case "sha256":
		f.SHA256 = value
	case "sha1":
		f.SHA1 = value
	case "md5":
		f.MD5 = value
	case "sha512":
		f.SHA512 = value
	case "imphash":
		f.Imphash = value
	case "ssdeep":
		f.Ssdeep = value
	case "tlsh":
		f.TLSH = value
	case "authentihash":
		f.Authentihash = value
	case "filename":
		f.Names = append(f.Names, value)
	case "pdb":
		f.PDB = value
	}
}
