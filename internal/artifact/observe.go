package artifact

import (
	"path"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Source is stamped on every observation made from a file.
const Source = "file"

// relationOf is how a file relates to an indicator found in it.
func relationOf(k observable.Kind) observation.Relation {
	switch k {
	case observable.Mutex:
		return observation.Mutex
	case observable.PDB:
		return observation.PDB
	case observable.UserAgent:
		return observation.UserAgent
	}
	return observation.Embeds
}

// Observations are the facts of a file, sorted, each once. They have no time:
// a file says the same whenever it is read. What means nothing is left out.
func (f *File) Observations() []observation.Observation {
	subject, err := observable.New(observable.File, f.SHA256)
	if err != nil {
		return nil
	}
	o := observer{subject: subject}
	o.add(observation.Digest, observable.File, f.SHA1)
	o.add(observation.Digest, observable.File, f.MD5)
	o.add(observation.Imphash, observable.Imphash, f.Imphash)
	o.add(observation.Ssdeep, observable.Ssdeep, f.Ssdeep)
	o.add(observation.TLSH, observable.TLSH, f.TLSH)
	o.add(observation.Filename, observable.Filename, baseName(f.Path))
	for _, p := range f.Properties {
		o.add(observation.Property, observable.Text, p.Name+"="+p.Value)
	}
	for _, m := range f.Contains {
		o.add(observation.Contains, observable.File, m.SHA256)
	}
	for _, s := range f.Signers {
		o.signer(s)
	}
	for _, a := range f.Artifacts {
		kind, ok := observable.KindNamed(a.Kind)
		if ok && a.Suppress == "" {
			o.add(relationOf(kind), kind, a.Value)
		}
	}
	o.formats(f)
	slices.SortFunc(o.all, observation.Observation.Compare)
	return slices.CompactFunc(o.all, func(a, b observation.Observation) bool { return a.Compare(b) == 0 })
}

// observer collects what the vocabulary takes.
type observer struct {
	subject observable.Value
	all     []observation.Observation
}

func (o *observer) add(r observation.Relation, kind observable.Kind, text string) {
	if text == "" {
		return
	}
	if v, err := observable.New(kind, text); err == nil {
		o.keep(observation.Observation{Subject: o.subject, Relation: r, Object: v})
	}
}

func (o *observer) keep(fact observation.Observation) {
	fact.Source, fact.Evidence, fact.Count = Source, "", 1
	if fact.Check() == nil {
		o.all = append(o.all, fact)
	}
}

// signer keeps who signed, by name and by certificate: sources name a signer
// by the one or the other. A signature that does not hold says nothing about
// the signer; anybody may copy it from another file.
func (o *observer) signer(s Signer) {
	if !s.Matches || s.certificate == nil {
		return
	}
	o.add(observation.SignedBy, observable.Signer, s.Name)
	o.add(observation.SignedBy, observable.Signer, s.Thumbprint)
	o.add(observation.SignedBy, observable.Signer, s.SHA256)
	for _, fact := range s.certificate.Record().Observations() {
		o.keep(fact)
	}
}

// formats adds what only one format has.
func (o *observer) formats(f *File) {
	if f.PE != nil {
		o.add(observation.Rich, observable.RichHash, f.PE.RichHash)
		o.add(observation.Authentihash, observable.Text, prefixed("sha256:", f.PE.Authentihash))
		o.add(observation.Filename, observable.Filename, f.PE.Version["OriginalFilename"])
		for _, r := range f.PE.Resources {
			o.resource(r.Type, r.Size, r.SHA256)
		}
	}
	if f.ELF != nil {
		o.add(observation.BuildID, observable.Text, prefixed("elf:", f.ELF.BuildID))
		o.add(observation.BuildID, observable.Text, prefixed("go:", f.ELF.GoBuildID))
		o.add(observation.Symbols, observable.Text, prefixed("elf:", f.ELF.Symbols))
	}
	for _, part := range f.MachO {
		o.add(observation.BuildID, observable.Text, prefixed("macho:", part.UUID))
		o.add(observation.Symbols, observable.Text, prefixed("macho:", part.Symbols))
	}
}

// resource keeps payloads and pictures. Version, manifest and the parts of
// dialogues say little, and the small ones are everybody's.
func (o *observer) resource(kind string, size int64, sum string) {
	const least = 128
	switch kind {
	case "VERSION", "MANIFEST", "STRING", "DIALOG", "MENU", "ACCELERATOR", "GROUP_ICON", "GROUP_CURSOR":
		return
	}
	if size >= least {
		o.add(observation.Contains, observable.File, sum)
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// baseName is the last part of a path, of a member's name too.
func baseName(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	base := path.Base(name)
	if base == "." || base == "/" {
		return ""
	}
	return base
}
