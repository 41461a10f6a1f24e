package investigation

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"clew/internal/ingest"
)

// A collection is several files that make one import: a folder or an archive.
// each visits them in an order that does not change; the reader is only valid
// during the visit.
type collection interface {
	each(visit func(name string, r io.Reader) error) error
}

// folder is the regular files below a directory. Hidden ones are left out, and
// links are not followed.
type folder struct {
	path  string
	bytes uint64 // of all files
	names []string
}

func newFolder(path string) (*folder, error) {
	f := &folder{path: path}
	err := fs.WalkDir(os.DirFS(path), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && name != ".":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f.names, f.bytes = append(f.names, name), f.bytes+uint64(info.Size())
		return nil
	})
	return f, err
}

func (f *folder) each(visit func(name string, r io.Reader) error) error {
	for _, name := range f.names {
		file, err := os.Open(filepath.Join(f.path, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := errors.Join(visit(name, file), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// tarball is the members of a tar archive, as they come.
type tarball struct{ from io.Reader }

func (t tarball) each(visit func(name string, r io.Reader) error) error {
	for archive := tar.NewReader(t.from); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: archive: %w", ingest.ErrCut, err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := visit(header.Name, archive); err != nil {
			return err
		}
	}
}

// isTar reports whether head is that of a tar archive.
func isTar(head []byte) bool {
	const magicAt = 257
	return len(head) > magicAt+5 && string(head[magicAt:magicAt+5]) == "ustar"
}

// zipfile is the members of a zip archive, by name.
type zipfile struct{ *zip.Reader }

var zipMagic = []byte("PK\x03\x04")

func openZip(file *os.File) (zipfile, error) {
	info, err := file.Stat()
	if err != nil {
		return zipfile{}, err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return zipfile{}, fmt.Errorf("archive: %w", err)
	}
	return zipfile{archive}, nil
}

func (z zipfile) each(visit func(name string, r io.Reader) error) error {
	members := slices.Clone(z.File)
	slices.SortStableFunc(members, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	for _, member := range members {
		if !member.Mode().IsRegular() {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return fmt.Errorf("archive: %s: %w", member.Name, err)
		}
		if err := errors.Join(visit(member.Name, r), r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// members reads a collection: each file by the format asked for, or by the one
// its content tells.
type members struct {
	request  ImportRequest
	named    ingest.Format            // asked for; nil to guess
	formats  map[string]ingest.Format // in use, by name: files of one import share theirs
	session  *ingest.Session
	sum      hash.Hash // of names and contents
	files    int
	leftOut  []string // the first of them, and why
	leftMore int      // those after them
	cut      error
}

// maxNamed is how many files that were left out are named.
const maxNamed = 10

func (m *members) leave(name, why string) {
	if len(m.leftOut) == maxNamed {
		m.leftMore++
		return
	}
	m.leftOut = append(m.leftOut, name+": "+why)
}

// count takes over what one file was.
func (m *members) count(name string, in *input) error {
	digest, err := in.digest()
	m.sum.Write([]byte(name + "\x00" + digest + "\n"))
	return err
}

func (m *members) digest() string { return "sha256:" + hex.EncodeToString(m.sum.Sum(nil)) }

// choose returns the format of a file, nil where it is left out.
func (m *members) choose(name string, head *bufio.Reader) (ingest.Format, error) {
	format := m.named
	if format == nil {
		guessed, err := chooseFormat(head, m.request)
		if err != nil {
			if !errors.Is(err, ErrUnknownFormat) && !errors.Is(err, errEmpty) {
				return nil, err
			}
			m.leave(name, "format not recognised")
			return nil, nil
		}
		format = guessed
		if known, ok := m.formats[format.Name()]; ok {
			format = known
		}
	}
	if chooser, ok := format.(ingest.Chooser); ok && !chooser.Wanted(name) {
		m.leave(name, "not for "+format.Name()+", by its name")
		return nil, nil
	}
	m.formats[format.Name()] = format
	return format, nil
}

// labels names the formats in use.
func (m *members) labels() string {
	var names []string
	for name := range m.formats {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}

// looksPacked reports whether a file inside a collection is an archive itself.
func looksPacked(head []byte) bool { return bytes.HasPrefix(head, zipMagic) || isTar(head) }

func newMembers(request ImportRequest, named ingest.Format, session *ingest.Session) *members {
	return &members{request: request, named: named, formats: map[string]ingest.Format{}, session: session, sum: sha256.New()}
}
