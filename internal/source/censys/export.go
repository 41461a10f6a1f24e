package censys

import (
	"encoding/json"
	"time"

	"clew/internal/observation"
	"clew/internal/source"
)

// ReadExport reads one asset: a host, a web property or a certificate, alone, as
// the answer to a lookup or as a hit of a search, of version 1, 2 or 3. at is when
// the answer was given, zero when nobody knows; ok is false for what is none.
func ReadExport(row []byte, at time.Time) (facts []observation.Observation, ok bool) {
	var wrapped struct {
		Resource json.RawMessage `json:"resource"`
	}
	if json.Unmarshal(row, &wrapped) != nil {
		return nil, false
	}
	if wrapped.Resource != nil {
		row = wrapped.Resource
	}
	reply := source.Reply{Body: row, At: at}
	var c certificate
	if json.Unmarshal(row, &c) == nil && c.known() {
		return c.record(at).Observations(), true
	}
	flat, err := json.Marshal(map[string]any{"results": []json.RawMessage{row}})
	if err != nil {
		return nil, false
	}
	if p, _, err := decodeFlat(source.Reply{Body: flat, At: at}); err == nil && len(p.Observations) > 0 {
		return p.Observations, true
	}
	var web webHit
	if json.Unmarshal(row, &web) == nil && web.Hostname != "" {
		reply.Body, err = json.Marshal(map[string]any{"webproperty_v1": map[string]any{"resource": json.RawMessage(row)}})
		if err != nil {
			return nil, false
		}
	}
	var h hit
	if json.Unmarshal(reply.Body, &h) != nil {
		return nil, false
	}
	var p source.Page
	ok = search{}.keep(&p, h, reply)
	return p.Observations, ok
}
