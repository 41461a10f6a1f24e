package casefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"clew/internal/durable"
)

// A BlobDir keeps raw answers in a folder, for several goroutines and
// processes: one zstd file each, named by the SHA-256 of its content as
// ab/cdef…, so that the same answer is kept once and a changed one is noticed.
// Engines on one machine put it beside their database.
type BlobDir struct{ path string }

// NewBlobDir returns the folder at path, which Put makes when it is first needed.
func NewBlobDir(path string) BlobDir { return BlobDir{path} }

// PackBlob returns the digest of a raw answer and the bytes to store under it.
func PackBlob(content []byte) (digest string, packed []byte, err error) {
	if len(content) > MaxBlob {
		return "", nil, fmt.Errorf("%w: raw answer of %d bytes, the limit is %d", ErrInvalid, len(content), MaxBlob)
	}
	var out bytes.Buffer
	err = compress(&out, content)
	return DigestOf(content), out.Bytes(), err
}

// UnpackBlob returns the raw answer out of what [PackBlob] made, or ErrDamaged.
func UnpackBlob(digest string, packed []byte) ([]byte, error) {
	return unpack(digest, bytes.NewReader(packed), int64(len(packed)))
}

// unpack reads a packed content of some bytes.
func unpack(digest string, packed io.Reader, size int64) ([]byte, error) {
	content, err := decompress(packed, size)
	if err != nil {
		return nil, fmt.Errorf("%w: raw answer %s cannot be read: %w", ErrDamaged, digest, err)
	}
	if DigestOf(content) != digest {
		return nil, fmt.Errorf("%w: raw answer %s was changed: its content has another digest", ErrDamaged, digest)
	}
	return content, nil
}

// Put keeps content and returns its digest once the file is safe on disk. A
// file of that digest that no longer holds the content is replaced.
func (d BlobDir) Put(content []byte) (digest string, err error) {
	digest, packed, err := PackBlob(content)
	if err != nil {
		return "", err
	}
	if _, err := d.Get(digest); err == nil {
		now := time.Now()
		_ = os.Chtimes(d.file(digest), now, now) // says to Drop that it is wanted; who may not, may not remove either
		return digest, nil
	}
	if err := d.write(digest, packed); err != nil {
		return "", fmt.Errorf("keep raw answer in %s: %w", d.path, classified(err))
	}
	return digest, nil
}

// Get returns the content with that digest, ErrNoBlob when there is none and
// ErrDamaged when the file holds anything else.
func (d BlobDir) Get(digest string) ([]byte, error) {
	if !ValidDigest(digest) {
		return nil, fmt.Errorf("%w: %q is no digest", ErrNoBlob, digest)
	}
	file, err := os.Open(d.file(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s in %s", ErrNoBlob, digest, d.path)
	}
	if err != nil {
		return nil, fmt.Errorf("raw answer %s: %w", digest, err)
	}
	defer file.Close() //nolint:errcheck // read only
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("raw answer %s: %w", digest, err)
	}
	return unpack(digest, file, info.Size())
}

// young is how long ago a raw answer was put there, at most, that is not removed: an
// event that names it may be about to be appended.
const young = time.Hour

// Drop removes the content with that digest and says how many bytes that freed: 0
// when it was put there a moment ago, or is not there.
func (d BlobDir) Drop(digest string, now time.Time) (freed int64, err error) {
	if !ValidDigest(digest) {
		return 0, fmt.Errorf("%w: %q is no digest", ErrNoBlob, digest)
	}
	info, err := os.Stat(d.file(digest))
	if errors.Is(err, fs.ErrNotExist) || err == nil && now.Sub(info.ModTime()) < young {
		return 0, nil
	}
	if err == nil {
		err = os.Remove(d.file(digest))
	}
	if err != nil {
		return 0, fmt.Errorf("raw answer %s: %w", digest, classified(err))
	}
	return info.Size(), nil
}

func (d BlobDir) file(digest string) string {
	return filepath.Join(d.path, digest[:2], digest[2:])
}

// write puts the packed content in place: a temporary file, synced, renamed
// over the name, and the name synced too, so that a crash leaves the whole file
// or none.
func (d BlobDir) write(digest string, packed []byte) error {
	target := d.file(digest)
	folder := filepath.Dir(target)
	if err := makeDir(folder); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // fails, as it should, once renamed
	_, err = temp.Write(packed)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return durable.Rename(temp.Name(), target)
}

// makeDir makes folder and what is above it, and syncs the folder each new name
// is written in: MkdirAll alone may lose the names in a power cut.
func makeDir(folder string) error {
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(folder)
	if parent != folder {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return durable.SyncDir(parent)
}

func compress(w io.Writer, content []byte) error {
	// One goroutine and a level given: the same content, the same file.
	encoder, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return err
	}
	encoder.ResetContentSize(w, int64(len(content)))
	_, err = encoder.Write(content)
	return errors.Join(err, encoder.Close())
}

func decompress(r io.Reader, size int64) ([]byte, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*MaxBlob))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	packed := bufio.NewReader(r)
	var content bytes.Buffer
	content.Grow(expected(packed, size))
	if err := decoder.Reset(packed); err != nil {
		return nil, err
	}
	n, err := io.Copy(&content, io.LimitReader(decoder, MaxBlob+1))
	if err == nil && n > MaxBlob {
		err = fmt.Errorf("more than %d bytes", MaxBlob)
	}
	return content.Bytes(), err
}

// densest is how many times smaller packed text is taken to be: snapshots of
// findings are some thirty times. A header that promises more may lie, and is not
// made ready for.
const densest = 200

// expected is how large a content will be as its header says, and what the reader
// of it needs to see its end; 0 where it does not say.
func expected(packed *bufio.Reader, size int64) int {
	start, err := packed.Peek(zstd.HeaderMaxSize)
	var header zstd.Header
	if len(start) == 0 || err != nil && !errors.Is(err, io.EOF) || header.Decode(start) != nil || !header.HasFCS {
		return 0
	}
	return int(min(header.FrameContentSize, uint64(max(size, 0))*densest, MaxBlob)) + bytes.MinRead
}

// classified turns what the operating system says into the errors of
func classified(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: make room and run it again, nothing recorded so far is lost: %w", ErrFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: allow writing there, or choose another folder with --data: %w", ErrReadOnly, err)
	}
	return err
}
