package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mostTokens bounds those of one user.
const mostTokens = 100

// A NewToken is what a token to be made may.
type NewToken struct {
	Name    string
	Scopes  []Permission
	Expires time.Time // zero: after the time that the rules say
}

// MakeToken makes an API token of a user and returns its secret, which is never
// shown again. It may no more than the user may.
func (b *Book) MakeToken(ctx context.Context, by Caller, userID string, n NewToken) (Token, string, error) {
	if by.Token != "" {
		return Token{}, "", fmt.Errorf("%w: a token makes no tokens: sign in", ErrForbidden)
	}
	u, err := b.enabled(ctx, userID)
	if err != nil {
		return Token{}, "", err
	}
	t, err := b.newToken(u, n)
	if err != nil {
		return t, "", err
	}
	secret, err := draw(b.random, tokenPrefix)
	if err != nil {
		return t, "", err
	}
	t.Digest, t.Begins = digest(secret), secret[:len(tokenPrefix)+4]
	e := by.entry("token-make")
	e.About, e.Detail = u.Name, fmt.Sprintf("%s (%s): %s until %s", t.Name, t.Begins, joined(t.Scopes), t.Expires.Format(time.RFC3339))
	err = b.change(ctx, &e, func(tx Tx) error {
		all, err := tx.Tokens(ctx, u.ID)
		if err != nil {
			return err
		}
		if len(all) >= mostTokens {
			return fmt.Errorf("%w: %s has %d tokens: revoke some", ErrInvalid, u.Name, len(all))
		}
		return tx.PutToken(ctx, t)
	})
	return t, secret, err
}

func (b *Book) newToken(u User, n NewToken) (Token, error) {
	now := b.now()
	t := Token{User: u.ID, Name: strings.TrimSpace(shortened(n.Name, 100)), Made: now, Expires: n.Expires.UTC().Truncate(time.Second)}
	if n.Expires.IsZero() {
		t.Expires = now.Add(b.rules.TokenLife).Truncate(time.Second)
	}
	switch {
	case t.Name == "":
		return t, fmt.Errorf("%w: name the token after what will use it", ErrInvalid)
	case len(n.Scopes) == 0:
		return t, fmt.Errorf("%w: say what the token may: %s", ErrInvalid, joined(scopes))
	case !t.Expires.After(now):
		return t, fmt.Errorf("%w: the token would have expired already", ErrInvalid)
	case t.Expires.Sub(now) > b.rules.LongestLife:
		return t, fmt.Errorf("%w: a token is good for %d days at most", ErrInvalid, int(b.rules.LongestLife.Hours()/24))
	}
	for _, p := range scopes { // in their order, each once
		if slices.Contains(n.Scopes, p) {
			t.Scopes = append(t.Scopes, p)
		}
	}
	for _, p := range n.Scopes {
		switch {
		case !slices.Contains(scopes, p):
			return t, fmt.Errorf("%w: %q is no scope: use %s", ErrInvalid, p, joined(scopes))
		case !u.Role.May(p):
			return t, fmt.Errorf("%w: %s is %s and may not %s, so no token of theirs may", ErrForbidden, u.Name, u.Role, p)
		}
	}
	var err error
	t.ID, err = newID(b.random)
	return t, err
}

// Tokens lists those of a user, newest first; of everybody for "".
func (b *Book) Tokens(ctx context.Context, userID string) ([]Token, error) {
	return b.store.Tokens(ctx, userID)
}

// RevokeToken ends a token at once: one's own, or any for who may administer.
func (b *Book) RevokeToken(ctx context.Context, by Caller, id string) (Token, error) {
	var gone Token
	e := by.entry("token-revoke")
	err := b.change(ctx, &e, func(tx Tx) error {
		all, err := tx.Tokens(ctx, "")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id && (t.User == by.User.ID || by.May(Administer)) })
		if i < 0 {
			return ErrNoToken
		}
		gone = all[i]
		owner, err := tx.User(ctx, gone.User)
		if err != nil {
			return err
		}
		e.About, e.Detail = owner.Name, fmt.Sprintf("%s (%s)", gone.Name, gone.Begins)
		return tx.DropToken(ctx, id)
	})
	return gone, err
}
