package misp

import (
	"bytes"
	"crypto/md5" //nolint:gosec // hashes.csv of a MISP feed is made of MD5
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"clew/internal/export"
)

// Feed is a folder that MISP reads as a feed of its own format: the event, the
// manifest that lists it, and the digests of its values for quick look-ups.
// Source: MISP's feed-generator.
func Feed() export.Format {
	return export.Format{
		Name: "misp-feed", Title: "MISP feed", Use: export.Share, File: "misp-feed", Kinds: kinds(),
		Doc:   "folder to serve over HTTP: manifest.json, hashes.csv, one event",
		Proof: "read back; its form compared with a published feed",
		Files: folder,
	}
}

// listed is an event as the manifest names it.
type listed struct {
	Info        string `json:"info"`
	Date        string `json:"date"`
	Analysis    string `json:"analysis"`
	ThreatLevel string `json:"threat_level_id"`
	Timestamp   string `json:"timestamp"`
	Orgc        Org    `json:"Orgc"`
	Tags        []Tag  `json:"Tag"`
}

func folder(s export.Set) ([]export.File, error) {
	e := NewEvent(s)
	e.Published = true
	var event, manifest bytes.Buffer
	err := errors.Join(
		export.WriteJSON(&event, map[string]any{"Event": e}),
		export.WriteJSON(&manifest, map[string]listed{e.UUID: {e.Info, e.Date, e.Analysis, e.ThreatLevel, e.Timestamp, e.Orgc, e.Tags}}),
	)
	return []export.File{
		{Name: e.UUID + ".json", Content: event.Bytes()}, {Name: "manifest.json", Content: manifest.Bytes()}, {Name: "hashes.csv", Content: []byte(hashes(e))},
	}, err
}

// hashes has a line for every value: its MD5 and the event.
func hashes(e Event) string {
	var b strings.Builder
	seen := map[string]bool{}
	add := func(a Attribute) {
		sum := md5.Sum([]byte(a.Value)) //nolint:gosec // see above
		if digest := hex.EncodeToString(sum[:]); !seen[digest] {
			seen[digest] = true
			fmt.Fprintf(&b, "%s,%s\n", digest, e.UUID)
		}
	}
	for _, a := range e.Attributes {
		add(a)
	}
	for _, o := range e.Objects {
		for _, a := range o.Attributes {
			add(a)
		}
	}
	return b.String()
}
