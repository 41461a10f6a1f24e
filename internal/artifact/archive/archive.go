// Package archive lists what lies in containers, plain or with a password:
// zip, 7z, tar, and streams packed by gzip, bzip2, xz or zstd.
//
// Nothing is written: names of members are shown and lead nowhere, so there is
// no path to escape by. Sizes that an archive claims are not believed; whoever
// reads a member bounds what comes out.
package archive

import (
	"archive/tar"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"clew/internal/artifact/view"
)

// A Format is a kind of container.
type Format string

// The formats that are read.
const (
	Zip      Format = "zip"
	SevenZip Format = "7z"
	Tar      Format = "tar"
	Gzip     Format = "gzip"
	Bzip2    Format = "bzip2"
	XZ       Format = "xz"
	Zstd     Format = "zstd"
)

var (
	// ErrBroken means the container cannot be read, or not to its end.
	ErrBroken = errors.New("broken archive")
	// ErrPassword means a member opens with none of the passwords.
	ErrPassword = errors.New("encrypted, and none of the passwords opens it")
	// ErrMethod means a member is packed by a method that is not known here.
	ErrMethod = errors.New("packed by a method that is not read")
)

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrBroken, fmt.Errorf(format, args...))
}

// A Member is one file in a container.
type Member struct {
	Name string // as the archive has it: text for people, never a path to write to
	// Open returns the content, once, and before the next member is visited.
	// Reading it ends with an error when it is broken or not what its checksum says.
	Open func() (io.Reader, error)
}

// Walk visits the files of a container in its order. It returns the error of
// visit, or ErrBroken with the reason; what was visited before stands.
func Walk(v view.View, format Format, passwords []string, visit func(Member) error) error {
	switch format {
	case Zip:
		return walkZip(v, passwords, visit)
	case SevenZip:
		return walkSevenZip(v, passwords, visit)
	case Tar:
		return walkTar(v.Reader(), visit)
	}
	return visit(Member{Name: "", Open: func() (io.Reader, error) { return unpack(v.Reader(), format) }})
}

// maxWindow bounds the memory of a decoder, whatever the stream asks for.
const maxWindow = 128 << 20

// unpack opens a stream that holds one file.
func unpack(r io.Reader, format Format) (io.Reader, error) {
	var out io.Reader
	var err error
	switch format {
	case Gzip:
		out, err = gzip.NewReader(r)
	case Bzip2:
		out = bzip2.NewReader(r)
	case XZ:
		out, err = NewXZ(r)
	case Zstd:
		var d *zstd.Decoder
		d, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		out = d
	default:
		return nil, fmt.Errorf("%w: %s", ErrMethod, format)
	}
	if err != nil {
		return nil, broken("%w", err)
	}
	return out, nil
}

func walkTar(r io.Reader, visit func(Member) error) error {
	t := tar.NewReader(r)
	for {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken("%w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue // folders, links and devices have no content of their own
		}
		if err := visit(Member{Name: header.Name, Open: func() (io.Reader, error) { return t, nil }}); err != nil {
			return err
		}
	}
}
