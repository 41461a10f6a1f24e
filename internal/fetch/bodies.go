package fetch

import (
	"bytes"
	"context"
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

// Bodies keeps the bodies of replies, packed, by their digests. What is not there,
// or not as it was, is not taken for a reply: it is asked for again.
type Bodies interface {
	// PutBody keeps a body, in place of whatever is under its digest.
	PutBody(ctx context.Context, digest string, packed []byte) error
	// Body returns what PutBody kept.
	Body(ctx context.Context, digest string) (packed []byte, err error)
	// SweepBodies removes those that no reply of index needs, as of now. Young ones
	// stay: somebody may be about to put them into the index.
	SweepBodies(ctx context.Context, index State, now time.Time) error
}

// YoungBody is the age below which a body is kept although no reply needs it.
const YoungBody = time.Hour

// ErrNotKept means that a body is not there, or not as it was.
var ErrNotKept = errors.New("not kept, or not as it was")

// packed returns the digest of a body, which is its SHA-256, and the body in zstd.
func packed(body []byte) (digest string, text []byte, err error) {
	sum := sha256.Sum256(body)
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return "", nil, err
	}
	text = encoder.EncodeAll(body, nil)
	return hex.EncodeToString(sum[:]), text, encoder.Close()
}

// unpacked is the other way about, and checks that it is.
func unpacked(digest string, text []byte) ([]byte, error) {
	decoder, err := zstd.NewReader(bytes.NewReader(text), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*source.MaxReply))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	body, err := io.ReadAll(io.LimitReader(decoder, source.MaxReply+1))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != digest {
		return nil, ErrNotKept
	}
	return body, nil
}

// folder keeps each body in a file of its own, named by its digest as ab/cdef….
// What a crash leaves half written is not as it was.
type folder string

func (f folder) file(digest string) string { return filepath.Join(string(f), digest[:2], digest[2:]) }

func (f folder) PutBody(ctx context.Context, digest string, text []byte) error {
	if kept, err := f.Body(ctx, digest); err == nil && bytes.Equal(kept, text) {
		return nil
	}
	target := f.file(digest)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(target), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // fails, as it should, once renamed
	_, err = temp.Write(text)
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), target)
}

func (f folder) Body(_ context.Context, digest string) ([]byte, error) {
	if len(digest) != 2*sha256.Size {
		return nil, ErrNotKept
	}
	file, err := os.Open(f.file(digest))
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	return read(file, 2*source.MaxReply)
}

func (f folder) SweepBodies(ctx context.Context, index State, now time.Time) error {
	needed, err := index.BodiesNeeded(ctx)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(string(f))
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
		if err != nil || needed[digest] || now.Sub(info.ModTime()) < YoungBody {
			return nil //nolint:nilerr // somebody else removed it
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}
