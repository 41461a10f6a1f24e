// Package backup keeps a data directory in one file, and puts it back.
//
// A backup is a ZIP archive: the files as they lie in the data directory, and
// clew-backup.json with the digest of each, written last. Files that change in
// place are taken from a snapshot that their owner makes; files that are written
// once and never changed are read as they are.
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoBackup means that a file is no whole backup.
var ErrNoBackup = errors.New("not a whole backup of clew")

// Format is the number of this form of a backup.
const Format = 1

const manifestName = "clew-backup.json"

// maxManifest bounds the list of files, in bytes.
const maxManifest = 256 << 20

// A Part is something in a data directory that is kept.
type Part struct {
	Path string // below the data directory, with slashes; a file or a folder
	At   string // where it lies, when that is not below the data directory
	// Snapshot runs read while the part rests: with the folder or file to read
	// instead, or "" for the part itself. Nil for what never changes in place.
	Snapshot func(ctx context.Context, read func(at string) error) error
}

// A Manifest says what a backup holds.
type Manifest struct {
	Format int       `json:"format"`
	Tool   string    `json:"tool"` // version that wrote it
	Made   time.Time `json:"made"`
	Files  []File    `json:"files"` // by path
	Left   []string  `json:"left"`  // what of the data directory is not in it, and why
}

// A File of a backup.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Size is that of all files, in bytes.
func (m Manifest) Size() (sum int64) {
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// Write writes the parts of the data directory that are there. Parts are taken
// one after the other, each as it rests for a moment: put what is named by others
// behind them, so that nothing is named that is missing.
func Write(ctx context.Context, w io.Writer, dir string, parts []Part, m Manifest) (Manifest, error) {
	m.Format = Format
	out := writer{zip: zip.NewWriter(w), manifest: &m}
	for _, part := range parts {
		if err := out.part(ctx, dir, part); err != nil {
			return m, fmt.Errorf("%s: %w", part.Path, err)
		}
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	list, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, err
	}
	entry, err := out.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: m.Made})
	if err == nil {
		_, err = entry.Write(list)
	}
	return m, errors.Join(err, out.zip.Close())
}

type writer struct {
	zip      *zip.Writer
	manifest *Manifest
}

func (w writer) part(ctx context.Context, dir string, p Part) error {
	home := p.At
	if home == "" {
		home = filepath.Join(dir, filepath.FromSlash(p.Path))
	}
	if _, err := os.Lstat(home); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if p.Snapshot == nil {
		return w.tree(ctx, home, p.Path)
	}
	return p.Snapshot(ctx, func(at string) error {
		if at == "" {
			at = home
		}
		return w.tree(ctx, at, p.Path)
	})
}

// tree adds a file, or all files below a folder. Links and the like are left out
// and said: a data directory of ours has none.
func (w writer) tree(ctx context.Context, at, name string) error {
	return filepath.WalkDir(at, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && file != at {
			return nil // replaced or removed meanwhile, by whoever keeps replies
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		below, err := filepath.Rel(at, file)
		if err != nil {
			return err
		}
		as := path.Join(name, filepath.ToSlash(below))
		switch {
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			w.manifest.Left = append(w.manifest.Left, as+": not a regular file")
			return nil
		}
		return w.file(file, as)
	})
}

func (w writer) file(at, name string) error {
	source, err := os.Open(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close() //nolint:errcheck // read only
	info, err := source.Stat()
	if err != nil {
		return err
	}
	method := zip.Deflate
	if packed(name) {
		method = zip.Store
	}
	entry, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: info.ModTime()})
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(entry, sum), source)
	w.manifest.Files = append(w.manifest.Files, File{name, size, hex.EncodeToString(sum.Sum(nil))})
	return err
}

// packed reports whether what a file holds is compressed already.
func packed(name string) bool {
	return strings.HasSuffix(name, ".sst") || strings.Contains(name, "/blobs/") || strings.HasPrefix(name, "replies/")
}
