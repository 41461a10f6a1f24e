package taxii

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// RecordOf reads what the server must know of a STIX object that was added at
// the time given.
func RecordOf(object json.RawMessage, added time.Time) (Record, error) {
	var o struct {
		ID       string    `json:"id"`
		Type     string    `json:"type"`
		Spec     string    `json:"spec_version"`
		Created  time.Time `json:"created"`
		Modified time.Time `json:"modified"`
	}
	if err := json.Unmarshal(object, &o); err != nil {
		return Record{}, fmt.Errorf("STIX object: %w", err)
	}
	if o.ID == "" || o.Type == "" {
		return Record{}, fmt.Errorf("STIX object without id or type")
	}
	version := o.Modified
	if version.IsZero() {
		version = o.Created
	}
	if version.IsZero() { // cyber-observables have no version of their own
		version = added
	}
	return Record{ID: o.ID, Type: o.Type, Spec: o.Spec, Version: version.UTC(), Added: added.UTC(), Object: object}, nil
}

// Fixed is a store of what it holds, the same for every client.
type Fixed struct {
	List    []Collection
	Content map[string][]Record // by collection
}

// Collections implements [Store].
func (f Fixed) Collections(*http.Request) ([]Collection, error) { return f.List, nil }

// Records implements [Store].
func (f Fixed) Records(_ context.Context, collection string) ([]Record, error) {
	return f.Content[collection], nil
}
