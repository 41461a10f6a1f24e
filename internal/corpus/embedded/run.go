package embedded

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A run is a sorted file of rows that lives as long as a load. Each row is the
// number of bytes its key shares with the one before, the lengths of the rest
// of the key and of the value, and both.

const runBuffer = 256 << 10

func writeRun(fs vfs.FS, path string, rows stream) error {
	file, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, runBuffer)
	var head, before []byte
	for {
		key, value, ok, err := rows.next()
		if err != nil || !ok {
			return errors.Join(err, out.Flush(), file.Close())
		}
		shared := sharedPrefix(before, key)
		head = binary.AppendUvarint(head[:0], uint64(shared))
		head = binary.AppendUvarint(head, uint64(len(key)-shared))
		head = binary.AppendUvarint(head, uint64(len(value)))
		for _, part := range [][]byte{head, key[shared:], value} {
			if _, err := out.Write(part); err != nil {
				return errors.Join(err, file.Close())
			}
		}
		before = append(before[:shared], key[shared:]...)
	}
}

func sharedPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if differ := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); differ != 0 {
			return i + bits.TrailingZeros64(differ)/8
		}
	}
	for ; i < n && a[i] == b[i]; i++ {
	}
	return i
}

// runReader is the stream of a run.
type runReader struct {
	file       vfs.File
	in         *bufio.Reader
	key, value []byte
}

func openRun(fs vfs.FS, path string) (*runReader, error) {
	file, err := fs.Open(path, vfs.SequentialReadsOption)
	if err != nil {
		return nil, err
	}
	return &runReader{file: file, in: bufio.NewReaderSize(file, runBuffer)}, nil
}

func (r *runReader) next() (key, value []byte, ok bool, err error) {
	shared, err := binary.ReadUvarint(r.in)
	if errors.Is(err, io.EOF) {
		return nil, nil, false, nil
	}
	rest, err2 := binary.ReadUvarint(r.in)
	length, err3 := binary.ReadUvarint(r.in)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, nil, false, fmt.Errorf("sorted run: %w", err)
	}
	r.key = grow(r.key[:shared], int(rest))
	r.value = grow(r.value[:0], int(length))
	if _, err := io.ReadFull(r.in, r.key[shared:]); err != nil {
		return nil, nil, false, fmt.Errorf("sorted run: %w", err)
	}
	if _, err := io.ReadFull(r.in, r.value); err != nil {
		return nil, nil, false, fmt.Errorf("sorted run: %w", err)
	}
	return r.key, r.value, true, nil
}

func (r *runReader) close() error { return r.file.Close() }

// grow lengthens b by n bytes of any content.
func grow(b []byte, n int) []byte {
	if need := len(b) + n; need <= cap(b) {
		return b[:need]
	}
	return append(b, make([]byte, n)...)
}
