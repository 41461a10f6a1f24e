package world

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// A stream is one file being written: rows are buffered, compressed, digested
// and counted on their way to the disk.
type stream struct {
	info   FileInfo
	file   *os.File
	sum    hash.Hash // of the bytes on disk
	packer io.WriteCloser
	buffer *bufio.Writer
}

// A counter counts the bytes that pass.
type counter struct{ n *uint64 }

func (c counter) Write(p []byte) (int, error) {
	*c.n += uint64(len(p))
	return len(p), nil
}

// nothing closes nothing: the packer of an uncompressed file.
type nothing struct{ io.Writer }

func (nothing) Close() error { return nil }

// openStream creates a file of dir. compression is "", "gz" or "zst".
func openStream(dir string, info FileInfo, compression string) (*stream, error) {
	if compression != "" {
		info.Name += "." + compression
	}
	file, err := os.Create(filepath.Join(dir, info.Name))
	if err != nil {
		return nil, fmt.Errorf("creating a world's file: %w", err)
	}
	s := &stream{info: info, file: file, sum: sha256.New()}
	out := io.MultiWriter(file, s.sum, counter{&s.info.Bytes})
	switch compression {
	case "gz":
		s.packer, err = gzip.NewWriterLevel(out, gzip.BestSpeed)
	case "zst":
		// One worker, so that the bytes do not depend on the machine.
		s.packer, err = zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	default:
		s.packer = nothing{out}
	}
	if err != nil {
		_ = file.Close() // the error above says more
		return nil, fmt.Errorf("compressing %s: %w", info.Name, err)
	}
	s.buffer = bufio.NewWriterSize(s.packer, 256<<10)
	return s, nil
}

// row counts and writes one row.
func (s *stream) row(b []byte) error {
	s.info.Rows++
	return s.write(b)
}

func (s *stream) write(b []byte) error {
	if _, err := s.buffer.Write(b); err != nil {
		return fmt.Errorf("writing %s: %w", s.info.Name, err)
	}
	return nil
}

// finish closes the file, after everything in it reached the disk.
func (s *stream) finish() (FileInfo, error) {
	for _, step := range []func() error{s.buffer.Flush, s.packer.Close, s.file.Sync, s.file.Close} {
		if err := step(); err != nil {
			_ = s.file.Close() // the error above says more
			return s.info, fmt.Errorf("finishing %s: %w", s.info.Name, err)
		}
	}
	s.info.SHA256 = hex.EncodeToString(s.sum.Sum(nil))
	return s.info, nil
}
