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
	"path/filepath"

	"clew/internal/durable"
)

// Check reads a backup through and compares every file with its digest.
func Check(ctx context.Context, name string) (Manifest, error) {
	return read(ctx, name, func(File) (io.WriteCloser, error) { return discard{}, nil })
}

// Describe reads what a backup says of itself, and nothing else of it.
func Describe(name string) (Manifest, error) {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrNoBackup, name, err)
	}
	defer archive.Close() //nolint:errcheck // read only
	for _, f := range archive.File {
		if f.Name == manifestName {
			m, err := listed(f)
			if err != nil {
				return m, fmt.Errorf("%w: %s: %w", ErrNoBackup, name, err)
			}
			return m, nil
		}
	}
	return Manifest{}, fmt.Errorf("%w: %s", ErrNoBackup, name)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (discard) Close() error { return nil }

// Restore puts a backup into dir, which must not be there or be empty. It is all
// there, checked and on disk, or dir is as it was.
func Restore(ctx context.Context, name, dir string) (Manifest, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return Manifest{}, fmt.Errorf("%s is not empty: move it away, or restore into another folder with --data", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, err
	}
	making := dir + ".restoring"
	if err := os.RemoveAll(making); err != nil { // of a restore that was cut short
		return Manifest{}, err
	}
	if err := os.MkdirAll(making, 0o700); err != nil {
		return Manifest{}, err
	}
	m, err := read(ctx, name, func(f File) (io.WriteCloser, error) { return create(making, f.Path) })
	if err == nil {
		err = put(making, dir)
	}
	if err != nil {
		return m, errors.Join(err, os.RemoveAll(making))
	}
	return m, nil
}

func create(dir, name string) (io.WriteCloser, error) {
	to := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return synced{file}, err
}

// synced is on disk once it is closed.
type synced struct{ *os.File }

func (s synced) Close() error { return errors.Join(s.Sync(), s.File.Close()) }

func put(making, dir string) error {
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	return durable.Rename(making, dir)
}

// read hands every file of the manifest to where it goes, and checks it.
func read(ctx context.Context, name string, to func(File) (io.WriteCloser, error)) (Manifest, error) {
	archive, err := zip.OpenReader(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return Manifest{}, err
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrNoBackup, name, err)
	}
	defer archive.Close() //nolint:errcheck // read only
	files := map[string]*zip.File{}
	for _, f := range archive.File {
		files[f.Name] = f
	}
	m, err := listed(files[manifestName])
	if err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrNoBackup, name, err)
	}
	for _, f := range m.Files {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		if err := copyChecked(files[f.Path], f, to); err != nil {
			return m, fmt.Errorf("%s in %s: %w", f.Path, name, err)
		}
	}
	return m, nil
}

// listed reads the manifest. Every path in it is one below the data directory.
func listed(file *zip.File) (m Manifest, err error) {
	if file == nil {
		return m, errors.New("it has no list of its files: it was cut short, or made by something else")
	}
	content, err := file.Open()
	if err != nil {
		return m, err
	}
	defer content.Close() //nolint:errcheck // read only
	if err := json.NewDecoder(io.LimitReader(content, maxManifest)).Decode(&m); err != nil {
		return m, err
	}
	if m.Format != Format {
		return m, fmt.Errorf("it has format %d and this clew reads %d: use the clew that wrote it (%s)", m.Format, Format, m.Tool)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return m, fmt.Errorf("%q would lie outside of the data directory", f.Path)
		}
	}
	return m, nil
}

var errChanged = errors.New("its content is not what was backed up")

func copyChecked(from *zip.File, f File, to func(File) (io.WriteCloser, error)) error {
	if from == nil {
		return fmt.Errorf("%w: the file is missing", ErrNoBackup)
	}
	content, err := from.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	defer content.Close() //nolint:errcheck // read only
	target, err := to(f)
	if err != nil {
		return err
	}
	sum := sha256.New()
	// One byte more than was listed tells a file that goes on.
	n, err := io.Copy(io.MultiWriter(target, sum), io.LimitReader(content, f.Size+1))
	err = errors.Join(err, target.Close())
	if err == nil && (n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256) {
		err = errChanged
	}
	if err != nil && !errors.Is(err, fs.ErrExist) && !os.IsPermission(err) {
		return fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	return err
}
