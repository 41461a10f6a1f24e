// Package sealed keeps a few secrets in a file that only a passphrase opens, or a
// key that the user's keychain holds: against whoever finds the laptop, not against
// whoever sits at it while it is open.
//
// The format is age's, armoured (age-encryption.org/v1), so that the secrets can be
// had without clew: age -d secrets.age. A passphrase goes through scrypt.
package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Errors of opening.
var (
	ErrWrong   = errors.New("it does not open")              // another passphrase or key than it was sealed with
	ErrDamaged = errors.New("it is damaged")                 // was whole once
	ErrForeign = errors.New("it is no file of that kind")    // never was one
	ErrWeak    = errors.New("the passphrase is too short")   // see LeastPassphrase
	ErrLarge   = errors.New("it is larger than secrets are") // see MostBytes
)

// Bounds of what is sealed.
const (
	LeastPassphrase = 12      // characters; scrypt makes each guess cost about a second
	MostBytes       = 1 << 20 // of the secrets, and twice that sealed
)

// DefaultWork is the logarithm of scrypt's cost: about a second and 256 MiB with
// each opening (RFC 7914 has r = 8, p = 1). mostWork bounds what a file may ask for.
const (
	DefaultWork = 18
	mostWork    = 20
)

// A Lock is what a file is sealed with: a passphrase, or a key.
type Lock struct {
	Passphrase string
	Key        string // AGE-SECRET-KEY-1…, of [NewKey]
	Work       int    // logarithm of scrypt's cost for a passphrase; 0 means [DefaultWork]
}

// NewKey draws a key for a keychain.
func NewKey() (string, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	return identity.String(), nil
}

func (l Lock) identity() (age.Identity, error) {
	if l.Key != "" {
		identity, err := age.ParseX25519Identity(l.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: the key is none of clew's", ErrWrong) // the error may quote it
		}
		return identity, nil
	}
	identity, err := age.NewScryptIdentity(l.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("%w: the passphrase is empty", ErrWrong)
	}
	identity.SetMaxWorkFactor(mostWork)
	return identity, nil
}

func (l Lock) recipient() (age.Recipient, error) {
	if l.Key != "" {
		identity, err := age.ParseX25519Identity(l.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: the key is none of clew's", ErrWrong)
		}
		return identity.Recipient(), nil
	}
	if len([]rune(l.Passphrase)) < LeastPassphrase {
		return nil, fmt.Errorf("%w: use %d characters or more, as five random words are", ErrWeak, LeastPassphrase)
	}
	recipient, err := age.NewScryptRecipient(l.Passphrase)
	if err != nil {
		return nil, err
	}
	work := l.Work
	if work == 0 {
		work = DefaultWork
	}
	recipient.SetWorkFactor(work)
	return recipient, nil
}

// Seal encrypts secrets.
func Seal(secrets []byte, lock Lock) ([]byte, error) {
	if len(secrets) > MostBytes {
		return nil, ErrLarge
	}
	recipient, err := lock.recipient()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	armoured := armor.NewWriter(&out)
	plain, err := age.Encrypt(armoured, recipient)
	if err != nil {
		return nil, err
	}
	_, err = plain.Write(secrets)
	if err = errors.Join(err, plain.Close(), armoured.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Open decrypts what [Seal] made. What comes back was not changed since.
func Open(file []byte, lock Lock) ([]byte, error) {
	if len(file) > 2*MostBytes {
		return nil, ErrLarge
	}
	if !bytes.HasPrefix(file, []byte(armor.Header)) {
		return nil, ErrForeign
	}
	identity, err := lock.identity()
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(file)), identity)
	var another *age.NoIdentityMatchError
	if errors.As(err, &another) {
		return nil, ErrWrong
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	secrets, err := io.ReadAll(io.LimitReader(plain, MostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(secrets) > MostBytes {
		return nil, ErrLarge
	}
	return secrets, nil
}

// IsSealed reports whether a text is what [Seal] makes, and not the secret itself.
func IsSealed(text string) bool { return strings.HasPrefix(text, armor.Header) }

// ByPassphrase reports whether a file asks for a passphrase, and not for a key.
func ByPassphrase(file []byte) bool {
	header, err := io.ReadAll(io.LimitReader(armor.NewReader(bytes.NewReader(file)), 64))
	return (err == nil || len(header) > 0) && strings.Contains(string(header), "\n-> scrypt ")
}
