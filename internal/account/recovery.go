package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Codes for recovery get somebody in once each when the phone is gone. They have 120
// random bits, so that a plain hash keeps them (OWASP ASVS 5.0, 6.5.2), and are shown
// once, when they are made.
const (
	recoveryCodes = 10
	recoveryBytes = 15
	recoveryGroup = 4 // characters between two hyphens
)

// newCodes draws codes for recovery; those before are void.
func (b *Book) newCodes(ctx context.Context, tx Tx, user string) ([]string, error) {
	codes, digests := make([]string, recoveryCodes), make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(b.random, raw); err != nil {
			return nil, fmt.Errorf("drawing a code: %w", err)
		}
		plain := strings.ToLower(alphabet.EncodeToString(raw))
		digests[i] = codeDigest(user, plain)
		for at := 0; at < len(plain); at += recoveryGroup {
			codes[i] += plain[at:at+recoveryGroup] + "-"
		}
		codes[i] = strings.TrimSuffix(codes[i], "-")
	}
	return codes, tx.PutCodes(ctx, user, digests)
}

// codeDigest is what is kept of a code, which is one user's.
func codeDigest(user, code string) string { return digest("recovery " + user + " " + code) }

// recover uses a code for recovery up.
func (b *Book) recover(ctx context.Context, tx Tx, u User, code string, from From) error {
	there, err := tx.TakeCode(ctx, u.ID, codeDigest(u.ID, code))
	if err != nil {
		return err
	}
	if !there {
		return ErrCode
	}
	left, err := tx.Codes(ctx, u.ID)
	return errors.Join(err, tx.Log(ctx, Entry{
		At: b.now(), Actor: u.Name, Via: "recovery code", Address: from.Host(), Operation: "second-factor", About: u.Name, Outcome: Done,
		Detail: fmt.Sprintf("a code for recovery was used; %d are left", left),
	}))
}
