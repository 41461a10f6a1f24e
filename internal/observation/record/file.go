package record

import (
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// File is a file as somebody describes it. Texts that are no value of their kind
// are left out.
type File struct {
	SHA256, SHA1, MD5, SHA512 string
	Names                     []string
	Imphash, Rich             string
	Ssdeep, TLSH              string
	Authentihash              string // SHA-256 of a PE file without its signature
	PDB                       string
	Signers                   []string
	From                      []string // URLs, addresses and names it was fetched from
	observation.Window
}

// Value returns what the file is known by: SHA-256 before SHA-1, MD5 and SHA-512.
func (f File) Value() (observable.Value, bool) {
	for _, digest := range f.digests() {
		if v, err := observable.New(observable.File, digest); err == nil {
			return v, true
		}
	}
	return observable.Value{}, false
}

func (f File) digests() []string { return []string{f.SHA256, f.SHA1, f.MD5, f.SHA512} }

// Observations returns what is said of the file, nil when it has no digest.
func (f File) Observations() []observation.Observation {
	file, ok := f.Value()
	if !ok {
		return nil
	}
	all := Facts{Window: ordered(f.Window)}
	for _, digest := range f.digests() {
		if other, err := observable.New(observable.File, digest); err == nil && other != file {
			all.Link(file, observation.Digest, other)
		}
	}
	for _, name := range f.Names {
		if !isDigestName(name) {
			all.Add(file, observation.Filename, observable.Filename, name)
		}
	}
	all.Add(file, observation.Imphash, observable.Imphash, f.Imphash)
	all.Add(file, observation.Rich, observable.RichHash, f.Rich)
	all.Add(file, observation.Ssdeep, observable.Ssdeep, f.Ssdeep)
	all.Add(file, observation.TLSH, observable.TLSH, f.TLSH)
	all.Add(file, observation.PDB, observable.PDB, f.PDB)
	if digest, err := observable.New(observable.File, f.Authentihash); err == nil && len(digest.Text()) == 64 {
		all.Add(file, observation.Authentihash, observable.Text, "sha256:"+digest.Text())
	}
	all.Add(file, observation.SignedBy, observable.Signer, f.Signers...)
	for _, text := range f.From {
		if from, ok := Network(text); ok {
			all.Link(file, observation.DownloadedFrom, from)
		}
	}
	return all.All
}

// isDigestName reports whether a name was made from the file's own digest, as
// collections name their samples: it says nothing that the digest does not.
func isDigestName(name string) bool {
	stem, _, _ := strings.Cut(strings.TrimSpace(name), ".")
	v, err := observable.New(observable.File, stem)
	return err == nil && strings.EqualFold(v.Text(), stem)
}
