package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
)

// maxCycles bounds how often a password is hashed: 7-Zip uses 2^19, a header
// may ask for 2^62.
const maxCycles = 22

// openSevenZipAES decrypts AES-256 in CBC mode. There is no check of its own:
// whether the password was right shows in what comes out.
func openSevenZipAES(r io.Reader, props []byte, password string) (io.Reader, error) {
	if len(props) < 2 {
		return nil, broken("AES properties")
	}
	power := props[0] & 0x3f
	saltSize := int(props[0]>>7&1) + int(props[1]>>4)
	ivSize := int(props[0]>>6&1) + int(props[1]&15)
	rest := props[2:]
	if len(rest) < saltSize+ivSize || ivSize > aes.BlockSize {
		return nil, broken("AES properties")
	}
	if power > maxCycles {
		return nil, broken("its password is to be hashed 2^%d times", power)
	}
	var iv [aes.BlockSize]byte
	copy(iv[:], rest[saltSize:saltSize+ivSize])
	block, err := aes.NewCipher(sevenZipKey(rest[:saltSize], password, power))
	if err != nil {
		return nil, broken("%w", err)
	}
	return &cbc{r: r, mode: cipher.NewCBCDecrypter(block, iv[:])}, nil
}

func sevenZipKey(salt []byte, password string, power byte) []byte {
	text := append([]byte{}, salt...)
	for _, u := range utf16.Encode([]rune(password)) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	h := sha256.New()
	counted := append(text, make([]byte, 8)...)
	for i := range uint64(1) << power {
		binary.LittleEndian.PutUint64(counted[len(text):], i)
		h.Write(counted)
	}
	return h.Sum(nil)
}

// cbc decrypts whole blocks; a rest at the end is dropped.
type cbc struct {
	r    io.Reader
	mode cipher.BlockMode
	buf  [4096]byte
	out  []byte
}

func (c *cbc) Read(p []byte) (int, error) {
	if len(c.out) == 0 {
		n, err := io.ReadFull(c.r, c.buf[:])
		if n = n / aes.BlockSize * aes.BlockSize; n == 0 {
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return 0, err
		}
		c.mode.CryptBlocks(c.buf[:n], c.buf[:n])
		c.out = c.buf[:n]
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// delta undoes the difference to the byte some places before.
type delta struct {
	r        io.Reader
	distance int
	history  [256]byte
	at       int
}

func (d *delta) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.history[d.at]
		d.history[d.at] = p[i]
		d.at = (d.at + 1) % d.distance
	}
	return n, err
}
