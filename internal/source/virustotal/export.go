package virustotal

import (
	"encoding/json"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// ReadExport reads one object of version 3: a file, domain, address, URL,
// resolution or sandbox report, alone or in a list. at is when the answer was
// given, zero when nobody knows. ok is false for what is none; an object that
// says nothing without the value it was asked about gives no facts.
func ReadExport(row []byte, at time.Time) (facts []observation.Observation, ok bool) {
	var envelope struct {
		object
		Data *object `json:"data"`
	}
	if json.Unmarshal(row, &envelope) != nil {
		return nil, false
	}
	o := envelope.object
	if envelope.Data != nil {
		o = *envelope.Data
	}
	if o.Type == "" || o.ID == "" {
		return nil, false
	}
	page, err := readObject(o, source.Reply{Body: row, At: at})
	return page.Observations, err == nil
}

func readObject(o object, reply source.Reply) (source.Page, error) {
	one := list{Data: source.Rows[object]{Items: []object{o}, Given: true}, at: reply.At}
	switch o.Type {
	case "file":
		if file, err := observable.New(observable.File, o.ID); err == nil {
			return decodeFile(file, reply)
		}
	case "domain":
		if domain, err := observable.New(observable.Domain, o.ID); err == nil {
			return decodeDomain(domain, reply)
		}
	case "ip_address":
		if address, err := observable.New(observable.IP, o.ID); err == nil {
			return decodeAddress(address, reply)
		}
	case "url":
		return decodeExportedURL(o, reply)
	case "resolution":
		return decodeResolutions(observable.Value{}, one), nil
	case "file_behaviour":
		digest, _, _ := strings.Cut(o.ID, "_") // and the sandbox
		if file, err := observable.New(observable.File, digest); err == nil {
			return decodeBehaviours(file, one), nil
		}
	}
	return source.Page{}, nil
}

// decodeExportedURL reads a URL's object, whose identifier is a digest of it.
func decodeExportedURL(o object, reply source.Reply) (source.Page, error) {
	var u urlAttributes
	if err := json.Unmarshal(o.Attributes, &u); err != nil {
		return source.Page{}, err
	}
	address, err := observable.New(observable.URL, u.URL)
	if err != nil {
		return source.Page{}, nil
	}
	return decodeURL(address, reply)
}
