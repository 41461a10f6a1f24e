package attack_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"clew/internal/fetch"
	"clew/internal/server/taxii"
	"clew/internal/source"
	"clew/internal/source/attack"
)

// enterprise is the id of MITRE's collection.
const enterprise = "x-mitre-collection--1f5f1533-f617-4ca8-9ab4-6a02367fa019"

// TestDownloadFromATAXIIServer reads a collection of many pages over TLS, through
// the client that clew uses, from a server of the standard.
func TestDownloadFromATAXIIServer(t *testing.T) {
	at := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	shelf := taxii.Fixed{List: []taxii.Collection{{ID: enterprise, Title: "Enterprise"}}, Content: map[string][]taxii.Record{}}
	const techniques = 55
	for i := range techniques + 1 {
		object := fmt.Sprintf(`{"type":"attack-pattern","id":"attack-pattern--%08d-0000-4000-8000-000000000000","spec_version":"2.1",`+
			`"modified":"2026-04-01T00:00:00.000Z","name":"Way %d","external_references":[{"source_name":"mitre-attack","external_id":"T9%03d"}]}`, i, i, i)
		if i == techniques { // of a type that was not asked for
			object = `{"type":"course-of-action","id":"course-of-action--1","spec_version":"2.1","modified":"2026-04-01T00:00:00.000Z"}`
		}
		record, err := taxii.RecordOf(json.RawMessage(object), at.Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		shelf.Content[enterprise] = append(shelf.Content[enterprise], record)
	}
	server := httptest.NewTLSServer(taxii.Handler(shelf, taxii.Options{Root: "api/v21", PageSize: 20}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := fetch.New(fetch.Options{
		RootCAs: roots, Sources: []source.Info{attack.Source{}.Info()},
		Overrides: map[string]fetch.Override{"attack": {BaseURL: server.URL}},
		Sleep:     func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	var kept bytes.Buffer
	n, err := attack.Download(t.Context(), client, &kept)
	if err != nil || n != techniques {
		t.Fatalf("%d objects, want %d: %v", n, techniques, err)
	}
	library, err := attack.Read(&kept)
	if err != nil {
		t.Fatal(err)
	}
	if last, ok := library.Technique("T9054"); !ok || last.Name != "Way 54" {
		t.Errorf("the last page gave %+v", last)
	}
}
