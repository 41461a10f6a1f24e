package archive

import (
	"archive/zip"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"

	"clew/internal/artifact/view"
)

// Methods of the ZIP specification (APPNOTE 6.3.10, section 4.4.5).
const (
	methodStore   = 0
	methodDeflate = 8
	methodBzip2   = 12
	methodZstd    = 93
	methodAES     = 99 // WinZip AES, the true method stands in an extra field
)

func walkZip(v view.View, passwords []string, visit func(Member) error) error {
	archive, err := zip.NewReader(v, v.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return broken("%w", err)
	}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		z := zipMember{File: f, passwords: passwords}
		if err := visit(Member{Name: f.Name, Open: z.open}); err != nil {
			return err
		}
	}
	return nil
}

type zipMember struct {
	*zip.File
	passwords []string
}

func (z zipMember) open() (io.Reader, error) {
	const encrypted, strong = 1, 1 << 6
	switch {
	case z.Flags&encrypted == 0:
		raw, err := z.OpenRaw()
		if err != nil {
			return nil, broken("%w", err)
		}
		return z.inflate(raw, z.Method)
	case z.Flags&strong != 0:
		return nil, fmt.Errorf("%w: strong encryption of PKWARE", ErrMethod)
	}
	for _, password := range z.passwords {
		r, err := z.decrypt(password)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, ErrPassword) {
			return nil, err
		}
	}
	return nil, ErrPassword
}

// decrypt opens the member with one password. The check that ZIP's own cipher
// has lets one wrong password in 256 pass, so the beginning is unpacked too.
func (z zipMember) decrypt(password string) (io.Reader, error) {
	for _, try := range []bool{true, false} {
		raw, err := z.OpenRaw()
		if err != nil {
			return nil, broken("%w", err)
		}
		var r io.Reader
		if z.Method == methodAES {
			r, err = z.openAES(raw, password)
		} else if plain, ok := openZipCrypto(raw, password, z.checkByte()); ok {
			r, err = z.inflate(plain, z.Method)
		} else {
			err = ErrPassword
		}
		if err != nil || !try {
			return r, err
		}
		if _, err := io.CopyN(io.Discard, r, 64<<10); err != nil && !errors.Is(err, io.EOF) {
			return nil, ErrPassword
		}
	}
	return nil, ErrPassword
}

// checkByte is what the last byte of the encryption header must be.
func (z zipMember) checkByte() byte {
	const sizesFollow = 1 << 3
	if z.Flags&sizesFollow != 0 {
		return byte(z.ModifiedTime >> 8)
	}
	return byte(z.CRC32 >> 24)
}

// inflate unpacks a member and checks its sum.
func (z zipMember) inflate(r io.Reader, method uint16) (io.Reader, error) {
	unpacked, err := inflate(r, method)
	if err != nil {
		return nil, err
	}
	return &checked{r: unpacked, want: z.CRC32}, nil
}

func inflate(r io.Reader, method uint16) (io.Reader, error) {
	switch method {
	case methodStore:
		return r, nil
	case methodDeflate:
		return flate.NewReader(r), nil
	case methodBzip2:
		return bzip2.NewReader(r), nil
	case methodZstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, broken("%w", err)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%w: zip method %d", ErrMethod, method)
}

// checked reports a wrong sum at the end.
type checked struct {
	r    io.Reader
	sum  uint32
	want uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) && c.sum != c.want {
		return n, broken("the checksum is wrong")
	}
	return n, err
}

// openAES opens a member encrypted by WinZip's scheme.
func (z zipMember) openAES(raw io.Reader, password string) (io.Reader, error) {
	strength, method, ok := z.aesField()
	if !ok {
		return nil, broken("an AES member without its extra field")
	}
	plain, err := openWinZipAES(raw, int64(z.CompressedSize64), strength, password)
	if err != nil {
		return nil, err
	}
	return inflate(plain, method) // the authentication code stands in for the sum
}

// aesField reads extra field 0x9901 (WinZip, "AES Encryption Information").
func (z zipMember) aesField() (strength byte, method uint16, ok bool) {
	for extra := z.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		if id == 0x9901 && size >= 7 {
			return extra[4], binary.LittleEndian.Uint16(extra[5:]), true
		}
		extra = extra[size:]
	}
	return 0, 0, false
}
