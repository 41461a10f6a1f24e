package zeek

import (
	"net/url"
	"slices"
	"strings"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// tell hands out what the current row states. Which log it is of, its fields
// say: files are renamed, and JSON lines need not name their log.
func (d *decoder) tell(out *ingest.Out) {
	r := &d.row
	var state func(observation.Window) []observation.Observation
	switch {
	case r.fields[colSerial] && r.fields[colIssuer]:
		state = d.certificate
	case r.fields[colFile] && (r.fields[colFileSource] || r.fields[colMime]):
		state = d.file
	case r.fields[colQuery] && (r.fields[colQueryType] || r.fields[colResponse] || r.fields[colAnswers]):
		state = d.lookup
	case r.fields[colServerName] || r.fields[colChain] || r.fields[colChainFiles] || r.fields[colJA3]:
		state = d.handshake
	case r.fields[colURI] || r.fields[colResponseFiles]:
		state = d.request
	default:
		out.Skip()
		return
	}
	// A capture replayed without its times, or a log made anonymous, has none:
	// what was seen stays true.
	out.KeepAll(state(record.At(moment(r.first(colTime)))))
}

// Ports of protocols that Zeek's dns log holds too and that are no DNS.
var notDNS = []string{"137", "5353", "5355"}

// lookup reads a line of dns.log. Answers come without owners, in the order of
// the reply: a name in an answer about addresses is the alias of the one before.
func (d *decoder) lookup(w observation.Window) []observation.Observation {
	r := &d.row
	response := r.first(colResponse)
	if response != "" && response != "NOERROR" || slices.Contains(notDNS, r.first(colPort)) {
		return nil
	}
	query, kind := r.first(colQuery), strings.ToUpper(r.first(colQueryType))
	var facts []observation.Observation
	add := func(owner, rrtype, data string) {
		if o, ok := (record.DNS{Name: owner, Type: rrtype, Data: data, Window: w}).Observation(); ok {
			facts = append(facts, o)
		}
	}
	owner := query
	for _, answer := range r.values[colAnswers] {
		rrtype := record.AddressType(answer)
		switch {
		case rrtype != "":
			add(owner, rrtype, answer)
			if owner != query { // through aliases: the name asked for leads there too
				add(query, rrtype, answer)
			}
		case strings.HasPrefix(answer, "TXT "):
			if _, text, ok := strings.Cut(answer[len("TXT "):], " "); ok {
				add(query, "TXT", text)
			}
		case kind == "NS" || kind == "MX" || kind == "PTR":
			add(query, kind, answer)
		case kind == "A" || kind == "AAAA" || kind == "CNAME" || kind == "HTTPS":
			add(owner, "CNAME", answer)
			owner = answer
		}
	}
	return facts
}

// certificate reads a line of x509.log. Logs before version 5 have no
// fingerprint: files.log may have told it.
func (d *decoder) certificate(w observation.Window) []observation.Observation {
	r := &d.row
	c := record.Certificate{
		SHA256: r.first(colFingerprint), Subject: r.first(colSubject), Issuer: r.first(colIssuer), Serial: r.first(colSerial),
		Names: slices.Concat(r.values[colNames], r.values[colAddresses], commonNames(r.first(colSubject))), Seen: w.Last,
	}
	if c.SHA256 == "" {
		c.SHA256, c.SHA1 = d.join.digests(r.first(colCertID))
	}
	c.NotBefore = moment(r.first(colNotBefore))
	c.NotAfter = moment(r.first(colNotAfter))
	return c.Observations()
}

// commonNames returns the common name of a subject: a host name, for old certificates.
func commonNames(subject string) []string {
	for part := range strings.SplitSeq(record.DN(subject), ", ") {
		if name, ok := strings.CutPrefix(part, "CN="); ok {
			return []string{name}
		}
	}
	return nil
}

// handshake reads a line of ssl.log: who showed which certificate, and how the
// two ends spoke.
func (d *decoder) handshake(w observation.Window) []observation.Observation {
	r := &d.row
	c := record.Certificate{SHA256: r.first(colChain)}
	if c.SHA256 == "" {
		c.SHA256, c.SHA1 = d.join.digests(r.first(colChainFiles))
	}
	shown, ok := c.Value()
	f := record.Facts{Window: w}
	for _, host := range []string{r.first(colServer), r.first(colServerName)} {
		server, isHost := record.Host(host)
		if isHost && ok {
			f.Link(server, observation.Serves, shown)
		}
		if isHost {
			record.Handshake{JA3: r.first(colJA3), JA3S: r.first(colJA3S), JA4: r.first(colJA4)}.With(&f, server)
		}
	}
	return f.All
}

// file reads a line of files.log.
func (d *decoder) file(w observation.Window) []observation.Observation {
	r := &d.row
	f := record.File{SHA256: r.first(colSHA256), SHA1: r.first(colSHA1), MD5: r.first(colMD5), Window: w}
	d.join.note(r.first(colFile), f.SHA256, f.SHA1)
	source := r.first(colFileSource)
	if source == "SSL" || strings.HasPrefix(r.first(colMime), "application/x-x509") {
		return nil // certificates: x509.log has them
	}
	f.Names = r.values[colFilename]
	if source == "HTTP" || source == "FTP_DATA" {
		f.From = r.values[colSender]
	}
	return f.Observations()
}

// request reads a line of http.log: the address a file came from, where
// files.log told its digest.
func (d *decoder) request(w observation.Window) []observation.Observation {
	r := &d.row
	address, ok := requested(r.first(colHost), r.first(colURI))
	if !ok {
		return nil
	}
	f := record.Facts{Window: w}
	for _, fuid := range r.values[colResponseFiles] {
		sha256, sha1 := d.join.digests(fuid)
		if file, ok := (record.File{SHA256: sha256, SHA1: sha1}).Value(); ok {
			f.Link(file, observation.DownloadedFrom, address)
		}
	}
	return f.All
}

// requested returns the URL of a request. Through a proxy the URI is one itself.
func requested(host, uri string) (observable.Value, bool) {
	if uri == "" {
		return observable.Value{}, false
	}
	if !strings.Contains(uri, "://") {
		if host == "" || !strings.HasPrefix(uri, "/") {
			return observable.Value{}, false
		}
		uri = "http://" + host + uri
	}
	if _, err := url.Parse(uri); err != nil {
		return observable.Value{}, false
	}
	v, err := observable.New(observable.URL, uri)
	return v, err == nil
}
