package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost says how much work a guess at a password is.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Recommended is the second choice of RFC 9106, section 4: 64 MiB, where 2 GiB
// for each sign-in are not there to be had.
var Recommended = Cost{Memory: 64 << 10, Passes: 3, Threads: 4}

const (
	saltBytes = 16
	keyBytes  = 32
	// mostMemory bounds what a stored hash may ask for, in KiB: it may be damaged.
	mostMemory = 1 << 20
	mostPasses = 64
)

var errHash = errors.New("stored password is damaged: set another one")

// hashed is a password as it is kept: $argon2id$v=19$m=…,t=…,p=…$salt$key.
type hashed struct {
	cost      Cost
	salt, key []byte
}

func (h hashed) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.Memory, h.cost.Passes, h.cost.Threads, encode(h.salt), encode(h.key))
}

func parseHash(text string) (h hashed, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.cost.Memory, &h.cost.Passes, &h.cost.Threads); n != 3 || err != nil {
		return h, errHash
	}
	var errs [2]error
	h.salt, errs[0] = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.key, errs[1] = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	c := h.cost
	if errors.Join(errs[:]...) != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 ||
		c.Memory < 8 || c.Memory > mostMemory || c.Passes < 1 || c.Passes > mostPasses || c.Threads < 1 || h.String() != text {
		return hashed{}, errHash
	}
	return h, nil
}

// Passwords hashes and checks passwords. Few at once: each takes memory, and
// whoever cannot sign in must not keep others from working.
type Passwords struct {
	cost   Cost
	random io.Reader
	slots  chan struct{}
	decoy  hashed
}

// NewPasswords makes one that hashes at a cost.
func NewPasswords(cost Cost, random io.Reader) *Passwords {
	p := &Passwords{cost: cost, random: random, slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	p.decoy = hashed{cost, make([]byte, saltBytes), make([]byte, keyBytes)}
	return p
}

func (p *Passwords) key(ctx context.Context, password string, h hashed) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Two keyboards write the same character differently (NIST SP 800-63B-4, 3.1.1.2).
	return argon2.IDKey([]byte(norm.NFC.String(password)), h.salt, h.cost.Passes, h.cost.Memory, h.cost.Threads, uint32(len(h.key))), nil
}

// Hash returns what is kept of a password.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	h := hashed{p.cost, make([]byte, saltBytes), make([]byte, keyBytes)}
	if _, err := io.ReadFull(p.random, h.salt); err != nil {
		return "", fmt.Errorf("drawing a salt: %w", err)
	}
	var err error
	h.key, err = p.key(ctx, password, h)
	return h.String(), err
}

// Check reports whether a password is the one that was kept, and whether it should
// be hashed again: the cost has changed since. Nothing kept takes as long as
// something, and is never right.
func (p *Passwords) Check(ctx context.Context, kept, password string) (right, stale bool, err error) {
	h := p.decoy
	if kept != "" {
		if h, err = parseHash(kept); err != nil {
			return false, false, err
		}
	}
	if len(password) > mostPassword {
		password = password[:mostPassword] // never right, and no more work than another
	}
	key, err := p.key(ctx, password, h)
	if err != nil {
		return false, false, err
	}
	right = subtle.ConstantTimeCompare(key, h.key) == 1 && kept != ""
	return right, right && h.cost != p.cost, nil
}
