package logfile

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	packed "clew/internal/artifact/archive"
)

// maxLayers is how deep packing is followed: a.tar.gz holding b.log.zst is 3.
const maxLayers = 6

// readAhead is how much of the packed file is read at once.
const readAhead = 1 << 20

// ErrArchive means a container that is not read; the message says what to do.
var ErrArchive = errors.New("kind of archive that is not read: unpack it first")

// Members unpacks r and calls each for every log in it: one, or the members of
// a tar archive, whose names come with it. What each returns ends the walk.
func Members(r io.Reader, each func(member string, r *bufio.Reader) error) error {
	return members(bufio.NewReaderSize(r, readAhead), "", 0, each)
}

// Growing is Members for a log that is still being written: it goes by what is
// there, and does not wait for more before it hands the log on.
func Growing(r io.Reader, each func(member string, r *bufio.Reader) error) error {
	in := bufio.NewReaderSize(r, readAhead)
	head, err := peek(in, 512, true)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return each("", in)
		}
		return err
	}
	if len(head) < 512 && !isPacked(head) { // nothing that a longer look would tell apart
		return each("", in)
	}
	return members(in, "", 0, each)
}

// isPacked reports whether a log begins as packed ones do.
func isPacked(head []byte) bool {
	for _, mark := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zXZ\x00", "BZh", "\xff\xfe", "\xfe\xff", "PK\x03\x04", "7z\xbc\xaf", "Rar!"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return false
}

// peek looks at up to n bytes of what comes; when eager, only at what can be had
// without waiting for more than a first byte.
func peek(r *bufio.Reader, n int, eager bool) ([]byte, error) {
	if eager {
		if _, err := r.Peek(1); err != nil {
			return nil, err
		}
		n = min(n, r.Buffered())
	}
	return r.Peek(n)
}

func members(r *bufio.Reader, name string, layer int, each func(string, *bufio.Reader) error) error {
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return err
	}
	if layer >= maxLayers {
		return each(name, r)
	}
	next := func(unpacked io.Reader) error {
		return members(bufio.NewReaderSize(unpacked, 64<<10), name, layer+1, each)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		return next(z)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
		defer z.Close()
		return next(z)
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		z, err := packed.NewXZ(r)
		if err != nil {
			return fmt.Errorf("xz: %w", err)
		}
		return next(z)
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 10 && bytes.Equal(head[4:10], []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}):
		return next(bzip2.NewReader(r))
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return archive(r, name, layer, each)
	case isUTF16(head):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		return each(name, bufio.NewReaderSize(transform.NewReader(r, utf16.NewDecoder()), 256<<10))
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("7z\xbc\xaf")), bytes.HasPrefix(head, []byte("Rar!")):
		return ErrArchive
	}
	return each(name, r)
}

// isUTF16 reports whether text begins with a byte order mark and has a zero byte
// in every second place where ASCII would have one.
func isUTF16(head []byte) bool {
	if !bytes.HasPrefix(head, []byte{0xff, 0xfe}) && !bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return false
	}
	return bytes.Count(head, []byte{0})*3 >= len(head)-2
}

func archive(r io.Reader, name string, layer int, each func(string, *bufio.Reader) error) error {
	t := tar.NewReader(r)
	for {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tar: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		inside := header.Name
		if name != "" {
			inside = name + "!" + inside
		}
		if err := members(bufio.NewReaderSize(t, 256<<10), inside, layer+1, each); err != nil {
			return err
		}
	}
}
