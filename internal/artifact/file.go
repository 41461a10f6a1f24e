// Package artifact turns files into observations: what a program, a document,
// an archive or a script says of who made it and where it leads. Nothing is
// executed, nothing leaves the machine, and every file is taken for hostile.
package artifact

import (
	"time"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/document"
	"clew/internal/artifact/elf"
	"clew/internal/artifact/jar"
	"clew/internal/artifact/macho"
	"clew/internal/artifact/ole"
	"clew/internal/artifact/pe"
)

// A File is what one file says. JSON names are those of docs/reference/json.md.
type File struct {
	// Path is as given, or of the container, then "!/" and the name inside.
	Path string `json:"path"`
	// Inside is the SHA-256 of the container, "" for a file on disk.
	Inside string `json:"inside"`
	SHA256 string `json:"sha256"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	Size   int64  `json:"size"` // bytes
	Type   Type   `json:"type"`
	// Imphash is of a PE file; Ssdeep and TLSH are "" where the file is too
	// small or too uniform for them.
	Imphash   string     `json:"imphash"`
	Ssdeep    string     `json:"ssdeep"`
	TLSH      string     `json:"tlsh"`
	Signers   []Signer   `json:"signers"`
	Artifacts []Artifact `json:"artifacts"`
	// Contains are the files in it that were read too.
	Contains   []Member   `json:"contains"`
	Properties []Property `json:"properties"`
	// Problems say what of the file could not be read, in sentences.
	Problems []string `json:"problems"`

	PE       *pe.Info       `json:"pe,omitempty"`
	ELF      *elf.Info      `json:"elf,omitempty"`
	MachO    []macho.Info   `json:"macho,omitempty"`
	JAR      *jar.Info      `json:"jar,omitempty"`
	OLE      *ole.Info      `json:"ole,omitempty"`
	Document *document.Info `json:"document,omitempty"`

	embedded []embeddedFile
}

// A Signer is one signature on a file, of whatever scheme.
type Signer struct {
	Scheme string `json:"scheme"` // authenticode, jar, apk-v2, apk-v3, apk-v3.1, macho
	Name   string `json:"name"`
	// Thumbprint is the SHA-1 of the certificate, as Windows shows it.
	Thumbprint string    `json:"thumbprint"`
	SHA256     string    `json:"sha256"`
	Serial     string    `json:"serial"`
	Issuer     string    `json:"issuer"`
	Valid      bool      `json:"valid"` // see the scheme's own entry for what is wrong
	Matches    bool      `json:"digest_matches"`
	Time       time.Time `json:"time,omitzero"` // of the countersignature, UTC
	Problems   []string  `json:"problems"`

	certificate *cms.Certificate
}

// An Artifact is an indicator found in the file.
type Artifact struct {
	Kind     string `json:"kind"`
	Value    string `json:"value"`
	Where    string `json:"where"`  // ascii, utf-16, text, link, macro, …
	Offset   int64  `json:"offset"` // of the string in the file, -1 where it is packed
	Suppress string `json:"note"`   // why it means nothing, "" when it may
}

// A Member is a file found inside another.
type Member struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// A Property is something that a file says of itself.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An embeddedFile is a part of the file that is a file itself.
type embeddedFile struct {
	name string
	data []byte
}
