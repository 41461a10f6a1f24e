package attack_test

import (
	"bytes"
	"context"
	"net/url"
	"testing"

	"clew/internal/source"
	"clew/internal/source/attack"
)

// pages answers as a TAXII server does, by the value of next.
type pages map[string]string

func (p pages) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	body, ok := p[u.Query().Get("next")]
	if !ok {
		return source.Reply{Status: 404, Body: []byte(`{}`)}, nil
	}
	return source.Reply{Status: 200, Body: []byte(body)}, nil
}

func TestDownloadIsABundleThatReads(t *testing.T) {
	server := pages{
		"": `{"more":true,"next":"2","objects":[{"type":"x-mitre-collection","id":"x-mitre-collection--1","name":"Enterprise ATT&CK","x_mitre_version":"99.1"},
			{"type":"attack-pattern","id":"attack-pattern--1","name":"Phishing","external_references":[{"source_name":"mitre-attack","external_id":"T1566"}]}]}`,
		"2": `{"objects":[{"type":"malware","id":"malware--1","name":"Shoplifter","external_references":[{"source_name":"mitre-attack","external_id":"S9999"}]}]}`,
	}
	var kept bytes.Buffer
	n, err := attack.Download(t.Context(), server, &kept)
	if err != nil || n != 3 {
		t.Fatalf("%d objects, %v", n, err)
	}
	library, err := attack.Read(&kept)
	if err != nil {
		t.Fatal(err)
	}
	technique, _ := library.Technique("T1566")
	software, _ := library.Software("shoplifter")
	if technique.Name != "Phishing" || software.ID != "S9999" || library.Release() != "Enterprise ATT&CK 99.1" {
		t.Errorf("got %+v, %+v, release %q", technique, software, library.Release())
	}
	delete(server, "2")
	if _, err := attack.Download(t.Context(), server, &bytes.Buffer{}); err == nil {
		t.Error("a collection that ends half way is no error")
	}
}
