package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"clew/internal/source"
)

// bodies keeps the bodies of replies in a folder: one zstd file each, named by
// the SHA-256 of its content as ab/cdef…. What a crash leaves half written, or
// anybody changed, is not taken for a reply: it is asked for again.
type bodies struct{ folder string }

var errNotKept = errors.New("not kept, or not as it was")

func (b bodies) file(digest string) string { return filepath.Join(b.folder, digest[:2], digest[2:]) }

func (b bodies) put(body []byte) (digest string, err error) {
	sum := sha256.Sum256(body)
	digest = hex.EncodeToString(sum[:])
	if kept, err := b.get(digest); err == nil && len(kept) == len(body) {
		return digest, nil
	}
	target := b.file(digest)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", err
	}
	temp, err := os.CreateTemp(filepath.Dir(target), ".new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // fails, as it should, once renamed
	if err := errors.Join(compress(temp, body), temp.Close()); err != nil {
		return "", err
	}
	return digest, os.Rename(temp.Name(), target)
}

func (b bodies) get(digest string) ([]byte, error) {
	if len(digest) != 2*sha256.Size {
		return nil, errNotKept
	}
	file, err := os.Open(b.file(digest))
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	decoder, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*source.MaxReply))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	body, err := io.ReadAll(io.LimitReader(decoder, source.MaxReply+1))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != digest {
		return nil, errNotKept
	}
	return body, nil
}

// sweep removes the bodies that are not needed. Young ones stay: another process
// may be about to put them into the index.
func (b bodies) sweep(needed map[string]bool, now time.Time) error {
	root, err := os.OpenRoot(b.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		digest := path.Base(path.Dir(name)) + entry.Name()
		info, err := entry.Info()
		if err != nil || needed[digest] || now.Sub(info.ModTime()) < time.Hour {
			return nil //nolint:nilerr // somebody else removed it
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func compress(w io.Writer, body []byte) error {
	encoder, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = io.Copy(encoder, bytes.NewReader(body))
	return errors.Join(err, encoder.Close())
}
