package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // WinZip's scheme
	"errors"
	"hash"
	"hash/crc32"
	"io"
)

// zipCrypto is the cipher of ZIP's first days (APPNOTE 6.1). It protects
// nothing; malware is passed around in it so that no scanner deletes it.
type zipCrypto struct {
	r    io.Reader
	keys [3]uint32
}

// openZipCrypto reads the encryption header; ok is false for the wrong password.
func openZipCrypto(r io.Reader, password string, check byte) (io.Reader, bool) {
	z := &zipCrypto{r: r, keys: [3]uint32{0x12345678, 0x23456789, 0x34567890}}
	for i := range len(password) {
		z.update(password[i])
	}
	var header [12]byte
	if _, err := io.ReadFull(z, header[:]); err != nil || header[11] != check {
		return nil, false
	}
	return z, true
}

func (z *zipCrypto) update(c byte) {
	step := func(crc uint32, b byte) uint32 { return crc32.IEEETable[byte(crc)^b] ^ crc>>8 }
	z.keys[0] = step(z.keys[0], c)
	z.keys[1] = (z.keys[1]+z.keys[0]&0xff)*134775813 + 1
	z.keys[2] = step(z.keys[2], byte(z.keys[1]>>24))
}

func (z *zipCrypto) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	for i := range p[:n] {
		t := z.keys[2] | 2
		p[i] ^= byte(t * (t ^ 1) >> 8)
		z.update(p[i])
	}
	return n, err
}

// winZipAES decrypts and authenticates a member.
type winZipAES struct {
	r       io.Reader // the cipher text, without the code at its end
	tail    io.Reader
	block   cipher.Block
	mac     hash.Hash
	counter [aes.BlockSize]byte
	stream  [aes.BlockSize]byte
	used    int
}

const (
	aesVerifier = 2
	aesCode     = 10
	aesRounds   = 1000
)

// openWinZipAES derives the keys and checks the two bytes that tell a wrong
// password in all but one case of 65,536.
func openWinZipAES(r io.Reader, size int64, strength byte, password string) (io.Reader, error) {
	if strength < 1 || strength > 3 {
		return nil, broken("unknown AES strength %d", strength)
	}
	keySize := 8 + 8*int(strength)
	salt := make([]byte, keySize/2)
	var verifier [aesVerifier]byte
	body := size - int64(len(salt)) - aesVerifier - aesCode
	if body < 0 {
		return nil, broken("an AES member that is too short")
	}
	if _, err := io.ReadFull(r, salt); err != nil {
		return nil, broken("%w", err)
	}
	if _, err := io.ReadFull(r, verifier[:]); err != nil {
		return nil, broken("%w", err)
	}
	keys, err := pbkdf2.Key(sha1.New, password, salt, aesRounds, 2*keySize+aesVerifier)
	if err != nil {
		return nil, broken("%w", err)
	}
	if string(keys[2*keySize:]) != string(verifier[:]) {
		return nil, ErrPassword
	}
	block, err := aes.NewCipher(keys[:keySize])
	if err != nil {
		return nil, broken("%w", err)
	}
	return &winZipAES{
		r: io.LimitReader(r, body), tail: r, block: block, mac: hmac.New(sha1.New, keys[keySize:2*keySize]), used: aes.BlockSize,
	}, nil
}

func (w *winZipAES) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.mac.Write(p[:n])
	for i := range p[:n] {
		if w.used == aes.BlockSize {
			w.next()
		}
		p[i] ^= w.stream[w.used]
		w.used++
	}
	if errors.Is(err, io.EOF) {
		var code [aesCode]byte
		if _, short := io.ReadFull(w.tail, code[:]); short != nil || !hmac.Equal(code[:], w.mac.Sum(nil)[:aesCode]) {
			return n, broken("the authentication code is wrong")
		}
	}
	return n, err
}

// next makes the next block of key stream: a counter from 1, little endian,
// which is what no mode of the standard library counts like.
func (w *winZipAES) next() {
	for i := range w.counter {
		if w.counter[i]++; w.counter[i] != 0 {
			break
		}
	}
	w.block.Encrypt(w.stream[:], w.counter[:])
	w.used = 0
}
