package virustotal

import (
	"encoding/json"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// object is VirusTotal's one envelope; Attributes depend on Type.
type object struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Attributes json.RawMessage `json:"attributes"`
}

// list is a relationship. Count is over all pages, 0 when not said.
type list struct {
	Data source.Rows[object] `json:"data"`
	Meta struct {
		Count  source.Number `json:"count"`
		Cursor string        `json:"cursor"`
	} `json:"meta"`
	at time.Time // when the reply was received
}

func decodeList(reply source.Reply) (list, error) {
	l := list{at: reply.At}
	if err := source.DecodeJSON(reply, &l); err != nil {
		return l, err
	}
	return l, l.Data.Require("data")
}

// decodeObject reads the attributes of one object into v. Exports of single
// objects come without the "data" around them.
func decodeObject(reply source.Reply, v any) (object, error) {
	var envelope struct {
		object
		Data *object `json:"data"`
	}
	if err := source.DecodeJSON(reply, &envelope); err != nil {
		return object{}, err
	}
	o := envelope.object
	if envelope.Data != nil {
		o = *envelope.Data
	}
	if len(o.Attributes) == 0 {
		var none source.Rows[object]
		return o, none.Require("attributes")
	}
	return o, source.DecodeJSON(source.Reply{Body: o.Attributes}, v)
}

// facts collects what one reply says.
type facts struct{ source.Page }

// add keeps one fact if text is a value of its kind, and reports whether it was.
func (f *facts) add(subject observable.Value, relation observation.Relation, kind observable.Kind, text string, w observation.Window) bool {
	object, err := observable.New(kind, text)
	o := observation.Observation{Subject: subject, Relation: relation, Object: object, Window: w, Count: 1}
	if err != nil || o.Check() != nil {
		return false
	}
	f.Observations = append(f.Observations, o)
	return true
}

// holders keeps how many subjects VirusTotal counts on object.
func (f *facts) holders(relation observation.Relation, object observable.Value, n source.Number) {
	if n > 0 {
		f.Totals = append(f.Totals, corpus.Total{Relation: relation, Object: object, N: uint64(n)})
	}
}

// attributes reads the attributes of the row, or counts it as dropped.
func attributes[T any](f *facts, row object) (v T, ok bool) {
	if json.Unmarshal(row.Attributes, &v) != nil {
		f.Dropped++
		return v, false
	}
	return v, true
}

// decodeResolutions reads either direction. A resolution's date is the last time
// it was seen; there is no first.
func decodeResolutions(asked observable.Value, l list) source.Page {
	type resolution struct {
		Date int64  `json:"date"`
		Host string `json:"host_name"`
		IP   string `json:"ip_address"`
	}
	var f facts
	for _, row := range l.Data.Items {
		r, ok := attributes[resolution](&f, row)
		if !ok {
			continue
		}
		host, err := observable.New(observable.Domain, r.Host)
		if err != nil || !f.add(host, observation.ResolvesTo, observable.IP, r.IP, observation.Window{Last: record.Unix(r.Date)}) {
			f.Dropped++
		}
	}
	if asked.Kind() == observable.IP {
		f.holders(observation.ResolvesTo, asked, l.Meta.Count)
	}
	return f.Page
}

// decodeSubdomains reads names below the domain asked about.
func decodeSubdomains(asked observable.Value, l list) source.Page {
	var f facts
	for _, row := range l.Data.Items {
		name, err := observable.New(observable.Domain, row.ID)
		if err != nil || !f.add(name, observation.SubdomainOf, observable.Domain, asked.Text(), observation.Window{}) {
			f.Dropped++
		}
	}
	f.holders(observation.SubdomainOf, asked, l.Meta.Count)
	return f.Page
}

// decodeSiblings reads names under the same registrable domain as the one asked about.
func decodeSiblings(asked observable.Value, l list) source.Page {
	parent, ok := observable.RegistrableDomain(asked)
	if !ok {
		return source.Page{Dropped: len(l.Data.Items)}
	}
	return decodeSubdomains(parent, l)
}

// decodeCommunicating reads the files seen to contact a host.
func decodeCommunicating(host observable.Value, l list) source.Page {
	var f facts
	for _, row := range l.Data.Items {
		file, ok := attributes[fileAttributes](&f, row)
		if !ok {
			continue
		}
		subject, err := observable.New(observable.File, row.ID)
		if err != nil || !f.add(subject, observation.Contacts, host.Kind(), host.Text(), file.window()) {
			f.Dropped++
			continue
		}
		f.file(subject, file)
	}
	f.holders(observation.Contacts, host, l.Meta.Count)
	return f.Page
}

// decodeContacted reads the hosts and URLs a file contacts.
func decodeContacted(file observable.Value, l list) source.Page {
	type contacted struct {
		URL string `json:"url"`
	}
	var f facts
	for _, row := range l.Data.Items {
		kind, text := observable.Domain, row.ID
		switch row.Type {
		case "ip_address":
			kind = observable.IP
		case "url":
			kind = observable.URL
			u, _ := attributes[contacted](&f, row)
			text = u.URL
		}
		if !f.add(file, observation.Contacts, kind, text, observation.Window{}) {
			f.Dropped++
		}
	}
	return f.Page
}

// decodeDropped reads the files that a file writes.
func decodeDropped(file observable.Value, l list) source.Page {
	var f facts
	for _, row := range l.Data.Items {
		if !f.add(file, observation.Drops, observable.File, row.ID, observation.Window{}) {
			f.Dropped++
		}
	}
	return f.Page
}

// decodeCertificates reads the certificates a host has shown. When it showed
// them is not said, only until when they were valid.
func decodeCertificates(host observable.Value, l list) source.Page {
	var f facts
	for _, row := range l.Data.Items {
		c, ok := attributes[certificate](&f, row)
		if !ok {
			continue
		}
		if !f.certificate(host, c, observation.Window{}, l.at) {
			f.Dropped++
		}
	}
	return f.Page
}
