package casefile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// ErrBundle means a file is no bundle, or one that must not be trusted. The
// message names the part.
var ErrBundle = errors.New("not a sound case bundle")

// Bounds of a bundle. A bundle comes from somebody else.
const (
	maxBundleFiles = 200_000
	maxBundleTotal = 4 << 30 // bytes, uncompressed
	maxEventLine   = MaxData + 64<<10
	maxEvents      = 2_000_000
)

// A Bundle is a case in one file, open for reading. It is a [Reader] of that
// one case, so every view works on it.
type Bundle struct {
	Manifest Manifest
	events   []Event
	files    map[string]*zip.File
	zip      *zip.Reader
	close    func() error
}

var _ Reader = (*Bundle)(nil)

// OpenBundle opens the bundle at path and verifies all of it: the layout, the
// chain of events, and every blob. Close it after use.
func OpenBundle(ctx context.Context, path string) (*Bundle, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	b, err := ReadBundle(ctx, file, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	b.close = file.Close
	return b, nil
}

// ReadBundle opens the bundle in r, size bytes long, and verifies all of it.
func ReadBundle(ctx context.Context, r io.ReaderAt, size int64) (*Bundle, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	b := &Bundle{files: map[string]*zip.File{}, zip: archive, close: func() error { return nil }}
	if err := b.checkLayout(); err != nil {
		return nil, err
	}
	if err := b.readManifest(); err != nil {
		return nil, err
	}
	if err := b.readEvents(); err != nil {
		return nil, err
	}
	return b, b.verify(ctx)
}

// checkLayout allows the names a bundle is made of and no others, so that no
// name can lead out of a folder it is unpacked to, and each once.
func (b *Bundle) checkLayout() error {
	if len(b.zip.File) > maxBundleFiles {
		return fmt.Errorf("%w: %d files, the limit is %d", ErrBundle, len(b.zip.File), maxBundleFiles)
	}
	var total uint64
	for _, f := range b.zip.File {
		if !allowedName(f.Name) || !f.Mode().IsRegular() {
			return fmt.Errorf("%w: it holds %q, which is no part of a bundle", ErrBundle, Printable(f.Name))
		}
		if b.files[f.Name] != nil {
			return fmt.Errorf("%w: %s is there twice", ErrBundle, f.Name)
		}
		total += f.UncompressedSize64
		if f.UncompressedSize64 > maxBundleTotal || total > maxBundleTotal {
			return fmt.Errorf("%w: unpacked it would hold more than %d GiB", ErrBundle, maxBundleTotal>>30)
		}
		b.files[f.Name] = f
	}
	return nil
}

func allowedName(name string) bool {
	switch name {
	case manifestName, recordName, indexName:
		return true
	}
	folder, digest, _ := strings.Cut(name, "/")
	switch role(folder) {
	case roleAnswer, roleRead, roleLists, roleFindings:
		return ValidDigest(digest)
	}
	return false
}

// open returns a file of the bundle, bounded.
func (b *Bundle) open(name string) (io.ReadCloser, error) {
	f := b.files[name]
	if f == nil {
		return nil, fmt.Errorf("%w: %s is missing", ErrBundle, name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBundle, name, err)
	}
	return r, nil
}

func (b *Bundle) read(name string, limit int64) ([]byte, error) {
	r, err := b.open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // read only
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrBundle, name, err)
	case int64(len(content)) > limit:
		return nil, fmt.Errorf("%w: %s is longer than %d bytes", ErrBundle, name, limit)
	}
	return content, nil
}

func (b *Bundle) readManifest() error {
	const maxManifest = 64 << 10
	content, err := b.read(manifestName, maxManifest)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, &b.Manifest); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBundle, manifestName, err)
	}
	if b.Manifest.Format != BundleFormat {
		return fmt.Errorf("%w: its format is %d, this clew reads %d: update clew", ErrBundle, b.Manifest.Format, BundleFormat)
	}
	if !ValidID(b.Manifest.Case) {
		return fmt.Errorf("%w: %q is no case ID", ErrBundle, b.Manifest.Case)
	}
	return nil
}

func (b *Bundle) readEvents() error {
	r, err := b.open(recordName)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxEventLine)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("%w: %s, line %d: %w", ErrBundle, recordName, len(b.events)+1, err)
		}
		if e.Case != b.Manifest.Case || len(b.events) == maxEvents {
			return fmt.Errorf("%w: %s, line %d is of another case, or one too many", ErrBundle, recordName, len(b.events)+1)
		}
		b.events = append(b.events, e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %s, line %d: %w", ErrBundle, recordName, len(b.events)+1, err)
	}
	if len(b.events) == 0 {
		return fmt.Errorf("%w: %s is empty", ErrBundle, recordName)
	}
	return nil
}

// verify checks the chain, that the blobs are those the events name, and that
// the index says what the events say.
func (b *Bundle) verify(ctx context.Context) error {
	check, err := Verify(ctx, b, b.Manifest.Case, "")
	if err != nil {
		return err
	}
	if len(check.Problems) > 0 {
		return fmt.Errorf("%w: %w: %s", ErrBundle, ErrDamaged, check.Problems[0].What)
	}
	named := map[string]bool{manifestName: true, recordName: true, indexName: true}
	for _, ref := range blobRefs(b.events) {
		named[ref.name()] = true
		if b.files[ref.name()] == nil {
			return fmt.Errorf("%w: %s is missing", ErrBundle, ref.name())
		}
	}
	for name := range b.files {
		if !named[name] {
			return fmt.Errorf("%w: no event names %s", ErrBundle, name)
		}
	}
	const maxIndex = 256 << 20
	index, err := b.read(indexName, maxIndex)
	if err != nil {
		return err
	}
	want, err := Canonical(replayIndex(b.events))
	if err != nil {
		return err
	}
	if got, err := Canonical(json.RawMessage(index)); err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("%w: %s does not say what the record says", ErrBundle, indexName)
	}
	return nil
}

// Close lets go of the file.
func (b *Bundle) Close() error { return b.close() }

// ID returns the case in the bundle.
func (b *Bundle) ID() string { return b.Manifest.Case }

// FS returns the replay folder inside the bundle: index.json and the answers it
// names. All of it was verified when the bundle was opened; os.CopyFS unpacks it.
func (b *Bundle) FS() fs.FS { return b.zip }

// Cases returns the one case.
func (b *Bundle) Cases(context.Context) ([]Head, error) { return []Head{b.head()}, nil }

// Head returns the head the manifest states.
func (b *Bundle) Head(_ context.Context, id string) (Head, error) {
	if id != b.Manifest.Case {
		return Head{}, fmt.Errorf("%w: %s; the bundle holds %s", ErrNoCase, id, b.Manifest.Case)
	}
	return b.head(), nil
}

func (b *Bundle) head() Head {
	first, last := b.events[0], b.events[len(b.events)-1]
	return Head{b.Manifest.Case, b.Manifest.Events, b.Manifest.Head, first.At(), last.At()}
}

// Events returns events of the case.
func (b *Bundle) Events(ctx context.Context, id string, q Query) ([]Event, error) {
	if _, err := b.Head(ctx, id); err != nil {
		return nil, err
	}
	return q.Of(b.events), nil
}

// GetBlob returns a blob of any role.
func (b *Bundle) GetBlob(ctx context.Context, digest string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, as := range []role{roleAnswer, roleRead, roleLists, roleFindings} {
		name := blobRef{digest: digest, role: as}.name()
		if b.files[name] == nil {
			continue
		}
		content, err := b.read(name, MaxBlob)
		if err != nil {
			return nil, err
		}
		if DigestOf(content) != digest {
			return nil, fmt.Errorf("%w: %s was changed: its content has another digest", ErrDamaged, name)
		}
		return content, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrNoBlob, digest)
}
