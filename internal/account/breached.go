package account

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the digest that lists of breached passwords have; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ErrBreached is the list of breached passwords that cannot be read. No password is
// set then.
var ErrBreached = errors.New("the list of breached passwords cannot be read")

// Breached is a file of passwords that were found in breaches, one a line: as text, or
// as SHA-1 in hex with or without a count behind a colon, as Have I Been Pwned hands
// them out (https://haveibeenpwned.com/Passwords). One of digests in their order, as
// that is, is searched by halves, whatever its size; others are read through. Nobody
// is asked over the network.
type Breached struct {
	path    string
	digests bool
	sorted  bool
}

const (
	longestLine = 4 << 10 // bytes of one; more is no password of ours
	samples     = 128     // places of a file at which its order is looked at
	digestHex   = 2 * sha1.Size
)

// OpenBreached looks at a file, of which sort it is.
func OpenBreached(path string) (*Breached, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	b := &Breached{path: path}
	first, _, err := lineAt(f, size, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBreached, path, err)
	}
	if _, b.digests = digestOf(first); !b.digests {
		return b, nil
	}
	b.sorted = true
	last := ""
	for i := range int64(samples) {
		line, _, err := lineAt(f, size, size/samples*i)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrBreached, path, err)
		}
		if line == nil { // the end
			break
		}
		d, ok := digestOf(line)
		if !ok {
			return nil, fmt.Errorf("%w: %s: it begins with digests, and has other lines", ErrBreached, path)
		}
		b.sorted = b.sorted && d >= last
		last = d
	}
	return b, nil
}

func open(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrBreached, err)
	}
	info, err := f.Stat()
	if err != nil || info.Size() == 0 || !info.Mode().IsRegular() {
		_ = f.Close() // only read
		return nil, 0, fmt.Errorf("%w: %s is no file with something in it", ErrBreached, path)
	}
	return f, info.Size(), nil
}

// Holds reports whether a password is in the list.
func (b *Breached) Holds(ctx context.Context, password string) (bool, error) {
	f, size, err := open(b.path)
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // only read
	var found bool
	for _, form := range []string{password, norm.NFC.String(password)} {
		if found {
			break
		}
		sum := sha1.Sum([]byte(form)) //nolint:gosec // as above
		digest := strings.ToUpper(hex.EncodeToString(sum[:]))
		switch {
		case b.sorted:
			found, err = search(f, size, digest)
		case b.digests:
			found, err = scan(ctx, f, func(line []byte) bool { d, ok := digestOf(line); return ok && d == digest })
		default:
			found, err = scan(ctx, f, func(line []byte) bool { return string(line) == form })
		}
		if err != nil {
			return false, fmt.Errorf("%w: %s: %w", ErrBreached, b.path, err)
		}
	}
	return found, nil
}

// digestOf is the digest that a line holds.
func digestOf(line []byte) (string, bool) {
	hash, _, _ := bytes.Cut(line, []byte(":"))
	if len(hash) != digestHex {
		return "", false
	}
	if _, err := hex.DecodeString(string(hash)); err != nil {
		return "", false
	}
	return strings.ToUpper(string(hash)), true
}

// lineAt is the first line that begins at a place or behind it, and where the next
// one begins; nil behind the last.
func lineAt(f io.ReaderAt, size, at int64) (line []byte, next int64, err error) {
	if at > 0 {
		at-- // a line that begins at the place itself begins behind the end of one
	}
	from := at
	buffer := make([]byte, 2*longestLine)
	n, err := f.ReadAt(buffer[:min(int64(len(buffer)), size-from)], from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	rest := buffer[:n]
	if from > 0 {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			if from+int64(n) < size {
				return nil, 0, errors.New("a line is longer than any password")
			}
			return nil, size, nil
		}
		from, rest = from+int64(end)+1, rest[end+1:]
	}
	if len(rest) == 0 && from >= size {
		return nil, size, nil
	}
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		if from+int64(len(rest)) < size {
			return nil, 0, errors.New("a line is longer than any password")
		}
		return bytes.TrimRight(rest, "\r"), size, nil
	}
	return bytes.TrimRight(rest[:end], "\r"), from + int64(end) + 1, nil
}

// search halves the file until the digest is found, or has no place left.
func search(f io.ReaderAt, size int64, digest string) (bool, error) {
	low, high := int64(0), size // a line that begins in [low, high)
	for low < high {
		middle := low + (high-low)/2
		line, next, err := lineAt(f, size, middle)
		if err != nil {
			return false, err
		}
		d, ok := digestOf(line)
		switch {
		case line == nil:
			high = middle
		case !ok:
			return false, errors.New("it has a line that is no digest")
		case d == digest:
			return true, nil
		case d > digest:
			high = middle
		default:
			low = max(middle+1, next)
		}
	}
	return false, nil
}

// scan reads every line.
func scan(ctx context.Context, f io.ReadSeeker, is func(line []byte) bool) (bool, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	lines := bufio.NewReaderSize(f, 64<<10)
	for n := 0; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		line, long, err := lines.ReadLine()
		for long && err == nil { // what is longer is no password of ours
			line = nil
			_, long, err = lines.ReadLine()
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if line != nil && is(line) {
			return true, nil
		}
	}
}
