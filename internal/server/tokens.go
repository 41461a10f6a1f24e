package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

// A TokenEntry is an API token without its secret.
type TokenEntry struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Begins  string        `json:"begins" doc:"its first characters"`
	User    string        `json:"user" doc:"name of whose it is"`
	Scopes  []string      `json:"scopes"`
	Made    casefile.Time `json:"made"`
	Expires casefile.Time `json:"expires"`
	Used    casefile.Time `json:"used" doc:"last, to the minute; null for never"`
}

// A TokenMade is a token with its secret, which is shown this once.
type TokenMade struct {
	Token  TokenEntry `json:"token"`
	Secret string     `json:"secret"`
}

type newTokenInput struct {
	Body struct {
		Name    string   `json:"name" minLength:"1" maxLength:"100" doc:"after what will use it"`
		Scopes  []string `json:"scopes" minItems:"1" maxItems:"16" doc:"what it may, and no more than the user may: feed, read, work, act, approve, monitor, administer. Each stands alone: one that works usually reads too"`
		Expires string   `json:"expires,omitempty" format:"date-time" maxLength:"40" doc:"RFC 3339, at most a year from now; after 90 days when left out"`
	}
}

type tokenName struct {
	Token string `path:"token" maxLength:"64" doc:"the ID"`
}

func (s *service) registerTokens(api huma.API) {
	own := func(op huma.Operation) huma.Operation {
		op.Metadata = map[string]any{ownAudit: true}
		op.Errors = []int{http.StatusForbidden, http.StatusNotFound}
		return op
	}
	register(api, own(get(account.SignedIn, "tokens", "/account/tokens", "One's own API tokens", "")), func(ctx context.Context, _ *struct{}) (list List[TokenEntry], err error) {
		b, caller, err := s.asked(ctx)
		if err != nil {
			return list, err
		}
		return TokensOf(ctx, b, caller.User.ID)
	})
	mint := own(post(account.SignedIn, "token-make", "/account/tokens", "Make an API token", "For a program: it acts as you, within its scopes, until it expires. A token makes no tokens."))
	mint.DefaultStatus = http.StatusCreated
	register(api, mint, s.makeToken)
	register(api, own(post(account.SignedIn, "token-revoke", "/account/tokens/{token}/revoke", "Revoke an API token", "One's own; an admin anybody's. It counts at once.")),
		func(ctx context.Context, in *tokenName) (TokenEntry, error) {
			b, caller, err := s.asked(ctx)
			if err != nil {
				return TokenEntry{}, err
			}
			t, err := b.RevokeToken(ctx, caller, in.Token)
			if err != nil {
				return TokenEntry{}, err
			}
			u, err := b.User(ctx, t.User)
			return tokenOf(t, u.Name), err
		})
	register(api, own(get(account.Administer, "all-tokens", "/tokens", "The API tokens of everybody", "")), func(ctx context.Context, _ *struct{}) (list List[TokenEntry], err error) {
		b, _, err := s.asked(ctx)
		if err != nil {
			return list, err
		}
		return TokensOf(ctx, b, "")
	})
}

func tokenOf(t account.Token, user string) TokenEntry {
	e := TokenEntry{
		ID: t.ID, Name: t.Name, Begins: t.Begins, User: user, Scopes: []string{}, Made: instant(t.Made), Expires: instant(t.Expires), Used: instant(t.Used),
	}
	for _, p := range t.Scopes {
		e.Scopes = append(e.Scopes, string(p))
	}
	return e
}

// TokensOf lists the tokens of a user, or of everybody.
func TokensOf(ctx context.Context, b *account.Book, user string) (list List[TokenEntry], err error) {
	users, err := b.Users(ctx)
	if err != nil {
		return list, err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	all, err := b.Tokens(ctx, user)
	shown := make([]TokenEntry, len(all))
	for i, t := range all {
		shown[i] = tokenOf(t, names[t.User])
	}
	return whole(shown, err)
}

func (s *service) makeToken(ctx context.Context, in *newTokenInput) (TokenMade, error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return TokenMade{}, err
	}
	n := account.NewToken{Name: in.Body.Name}
	if in.Body.Expires != "" {
		if n.Expires, err = time.Parse(time.RFC3339, in.Body.Expires); err != nil {
			return TokenMade{}, huma.Error422UnprocessableEntity("expires: write RFC 3339, as 2027-01-31T00:00:00Z")
		}
	}
	for _, scope := range in.Body.Scopes {
		n.Scopes = append(n.Scopes, account.Permission(scope))
	}
	t, secret, err := b.MakeToken(ctx, caller, caller.User.ID, n)
	return TokenMade{tokenOf(t, caller.User.Name), secret}, err
}
