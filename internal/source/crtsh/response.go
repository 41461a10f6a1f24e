package crtsh

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// entry is one logged certificate or precertificate; both of one serial number
// are in the list. Times have no zone and are UTC. Recordings of 2020 have
// neither common_name nor serial_number.
type entry struct {
	Issuer    string        `json:"issuer_name"`
	Common    string        `json:"common_name"`
	Names     string        `json:"name_value"` // those that matched, joined by \n; e-mail addresses too
	ID        source.Number `json:"id"`
	NotBefore string        `json:"not_before"`
	NotAfter  string        `json:"not_after"`
	Serial    string        `json:"serial_number"`
}

func decode(reply source.Reply) (source.Page, error) {
	var entries source.Rows[entry]
	if err := source.DecodeJSON(reply, &entries); err != nil {
		return source.Page{}, err
	}
	var page source.Page
	entries.Count(&page)
	for _, e := range entries.Items {
		page.KeepAll(e.certificate(reply.At).Observations())
	}
	return page, nil
}

func (e entry) certificate(seen time.Time) record.Certificate {
	c := record.Certificate{
		Issuer: e.Issuer, Serial: e.Serial, Names: append(strings.Split(e.Names, "\n"), e.Common),
		NotBefore: record.Moment(e.NotBefore), NotAfter: record.Moment(e.NotAfter), Seen: seen,
	}
	if e.ID > 0 {
		c.Own = "crt.sh:" + strconv.FormatInt(int64(e.ID), 10)
	}
	return c
}

// ReadRow reads one row of a saved answer. seen is when it was given, zero when
// nobody knows; ok is false for what identifies no certificate.
func ReadRow(row []byte, seen time.Time) (facts []observation.Observation, ok bool) {
	var e entry
	if json.Unmarshal(row, &e) != nil {
		return nil, false
	}
	facts = e.certificate(seen).Observations()
	return facts, len(facts) > 0
}
