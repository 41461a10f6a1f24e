// Package pe reads what a Windows program says of itself: imports, sections,
// resources, debug paths, signatures. It is written for files made to mislead:
// each table is bounded, an offset is a claim, and what is broken is said and
// does not hide the rest.
//
// Format: Microsoft, "PE Format", https://learn.microsoft.com/windows/win32/debug/pe-format.
// Where the format leaves room, what counts is what pefile 2023.2.7 does, since
// the imphashes and Rich hashes that others publish come from it.
package pe

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"clew/internal/artifact/pe/authenticode"
	"clew/internal/artifact/view"
)

// ErrNotPE means the file is no Windows program.
var ErrNotPE = errors.New("no PE file")

// Info is what was read. Empty fields were not there, or not readable: Problems
// says which.
type Info struct {
	Machine   string `json:"machine"` // as Microsoft's header files name it, without prefix: amd64, i386
	Kind      string `json:"kind"`    // exe, dll, driver, efi
	Subsystem uint16 `json:"subsystem"`
	DotNet    bool   `json:"dotnet"`
	// Compiled is the linker's time stamp, UTC. Reproducible builds put a hash
	// there, and whoever wants to may put anything.
	Compiled   time.Time                `json:"compiled,omitzero"`
	Imphash    string                   `json:"imphash"`
	RichHash   string                   `json:"richhash"`
	Imports    []Import                 `json:"imports"`
	ExportName string                   `json:"export_name,omitempty"` // what the linker called the library
	Exports    int                      `json:"exports"`
	PDB        []string                 `json:"pdb"`
	Version    map[string]string        `json:"version"` // of the first string table, as the author wrote it
	Sections   []Section                `json:"sections"`
	Resources  []Resource               `json:"resources"`
	Overlay    int64                    `json:"overlay"` // bytes behind the last section that are no signature
	Signatures []authenticode.Signature `json:"signatures"`
	// Authentihash is the digest that a signature covers, SHA-256.
	Authentihash string   `json:"authentihash"`
	Problems     []string `json:"problems"`
	// SignatureAt and SignatureSize are where the first signature's message
	// lies in the file, in bytes, those nested in it included. What is written
	// there is the signers', not the program's.
	SignatureAt   int64 `json:"-"`
	SignatureSize int64 `json:"-"`
}

// An Import is one library with the number of functions taken from it.
type Import struct {
	Library   string `json:"library"`
	Functions int    `json:"functions"`
}

// maxProblems bounds the complaints about one file.
const maxProblems = 20

// Read parses v. It returns ErrNotPE when the headers are not there; whatever
// else is wrong is in Problems. at is when a signature without a time of its
// own is judged.
func Read(v view.View, at time.Time) (*Info, error) {
	f, ok := open(v)
	if !ok {
		return nil, ErrNotPE
	}
	info := &Info{
		Machine: machineName(f.machine), Kind: f.kind(), Subsystem: f.subsystem, DotNet: f.directory(dirCLR).size > 0,
		Imports: []Import{}, PDB: []string{}, Version: map[string]string{}, Resources: []Resource{}, Signatures: []authenticode.Signature{},
	}
	if f.stamp != 0 {
		info.Compiled = time.Unix(int64(f.stamp), 0).UTC()
	}
	info.Sections = f.describeSections()
	info.RichHash = f.richHash()
	info.Imports, info.Imphash = f.imports()
	info.ExportName, info.Exports = f.exports()
	info.PDB = f.pdbPaths()
	info.Resources, info.Version = f.resources()
	f.sign(info, at)
	info.Problems = append([]string{}, f.problems...)
	return info, nil
}

// sign reads the signatures and the bytes they do not cover.
func (f *file) sign(info *Info, at time.Time) {
	layout := authenticode.Layout{Checksum: f.checksumAt, Directory: f.securityAt}
	certificates := f.directory(dirSecurity) // its address is an offset in the file
	end := f.endOfSections()
	if f.securityAt > 0 && certificates.size > 0 {
		layout.Table, layout.TableSize = int64(certificates.rva), int64(certificates.size)
	}
	info.Overlay = max(0, f.Size()-end)
	if layout.TableSize > 0 && layout.Table >= end && layout.Table < f.Size() {
		info.Overlay = max(0, info.Overlay-min(layout.TableSize, f.Size()-layout.Table))
	}
	var problems []string
	info.Signatures, info.Authentihash, problems = authenticode.Read(f.View, layout, at)
	// A header may claim the whole file for signatures: what is no signature
	// is the program's, and so is what a message is followed by.
	if len(info.Signatures) > 0 && layout.Table >= end {
		const entry = 8
		info.SignatureAt, info.SignatureSize = layout.Table+entry, messageSize(f.UpTo(layout.Table+entry, layout.TableSize-entry))
	}
	for _, p := range problems {
		f.problem("signature: " + p)
	}
}

// messageSize is how long the ASN.1 value is that b begins with.
func messageSize(b []byte) int64 {
	input := cryptobyte.String(b)
	var message cryptobyte.String
	if !input.ReadAnyASN1Element(&message, new(asn1.Tag)) {
		return 0
	}
	return int64(len(message))
}

func (f *file) problem(text string) {
	if len(f.problems) < maxProblems && !slices.Contains(f.problems, text) {
		f.problems = append(f.problems, text)
	}
}

func machineName(m uint16) string {
	switch m {
	case 0x14c:
		return "i386"
	case 0x8664:
		return "amd64"
	case 0x1c0, 0x1c2, 0x1c4:
		return "arm"
	case 0xaa64, 0xa641, 0xa64e:
		return "arm64"
	case 0x200:
		return "ia64"
	case 0x5032, 0x5064, 0x5128:
		return "riscv"
	case 0xebc:
		return "ebc"
	case 0x6232, 0x6264:
		return "loongarch"
	}
	return "other"
}

// kind tells programs from libraries, drivers and what firmware runs.
func (f *file) kind() string {
	const (
		isDLL        = 0x2000
		native       = 1
		efiFirst     = 10
		efiLast      = 13
		bootEfiEntry = 16
	)
	switch {
	case f.subsystem >= efiFirst && f.subsystem <= efiLast || f.subsystem == bootEfiEntry:
		return "efi"
	case f.subsystem == native:
		return "driver"
	case f.flags&isDLL != 0:
		return "dll"
	}
	return "exe"
}
