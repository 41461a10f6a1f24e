package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/account/totp"
	"clew/internal/casefile"
)

// A SecondFactor says how one stands with one's second factor.
type SecondFactor struct {
	On       bool          `json:"on" doc:"whether signing in asks for a code of an authenticator app"`
	Since    casefile.Time `json:"since"`
	Codes    int           `json:"codes" doc:"codes for recovery that are left"`
	Required bool          `json:"required" doc:"whether the role must have one"`
	Sealed   bool          `json:"sealed" doc:"whether keys are kept sealed (accounts: key)"`
}

// A SecondFactorKey is what an authenticator app is given. It counts once a code of it came.
type SecondFactorKey struct {
	Key     string `json:"key" doc:"secret, to type into the app"`
	URI     string `json:"uri" doc:"secret, for an app on the same machine: otpauth://totp/…"`
	Picture struct {
		Size int    `json:"size" doc:"squares on a side, with the margin"`
		Path string `json:"path" doc:"data of an SVG path over the dark squares"`
	} `json:"picture" doc:"the URI as a QR code"`
}

// A SecondFactorRule says which roles must have a second factor.
type SecondFactorRule struct {
	Roles []string `json:"roles" maxItems:"4" doc:"viewer, analyst, approver, admin; empty for nobody"`
}

// RecoveryCodes are shown this once.
type RecoveryCodes struct {
	Codes []string `json:"codes" doc:"secret: each gets its user in once, without the app"`
}

// An EnrolledVisit is a sign-in in which the second factor was set up.
type EnrolledVisit struct {
	Visit Visit    `json:"visit"`
	Codes []string `json:"codes" doc:"secret: each gets its user in once, without the app"`
}

type codeInput struct {
	Body struct {
		Code string `json:"code" maxLength:"64" doc:"six digits of the app, or a code for recovery"`
	}
}

type provenInput struct {
	Body struct {
		Password string `json:"password" maxLength:"2048" doc:"the present one"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"of the second factor that is there, or a code for recovery; left out where there is none"`
	}
}

type factorRuleInput struct{ Body SecondFactorRule }

func (s *service) registerFactor(api huma.API) {
	s.registerSecondStep(api)
	own := func(op huma.Operation) huma.Operation {
		op.Metadata = map[string]any{ownAudit: true}
		op.Errors = []int{http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests}
		return op
	}
	register(api, own(get(account.SignedIn, "second-factor", "/account/second-factor", "How one stands with one's second factor", "")),
		func(ctx context.Context, _ *struct{}) (SecondFactor, error) { return s.factor(ctx) })
	register(api, own(post(account.SignedIn, "second-factor-begin", "/account/second-factor", "Draw a key for one's authenticator app",
		"It counts once a code of it was confirmed; a second factor that is there counts until then.")),
		func(ctx context.Context, in *provenInput) (SecondFactorKey, error) {
			b, caller, err := s.asked(ctx)
			if err != nil {
				return SecondFactorKey{}, err
			}
			key, err := b.BeginFactor(ctx, caller, in.Body.Password, in.Body.Code, visitOf(ctx).from)
			return factorKey(ctx, key, caller.User, err)
		})
	register(api, own(post(account.SignedIn, "second-factor-confirm", "/account/second-factor/confirm", "Make the key one's second factor, by a code of it",
		"Signs one out everywhere else.")),
		func(ctx context.Context, in *codeInput) (RecoveryCodes, error) {
			return s.codes(ctx, in.Body.Code, (*account.Book).ConfirmFactor)
		})
	register(api, own(post(account.SignedIn, "second-factor-codes", "/account/second-factor/codes", "Other codes for recovery", "Those before are void.")),
		func(ctx context.Context, in *codeInput) (RecoveryCodes, error) {
			return s.codes(ctx, in.Body.Code, (*account.Book).NewCodes)
		})
	register(api, own(post(account.SignedIn, "second-factor-remove", "/account/second-factor/remove", "Do without a second factor", "Where the role may.")),
		func(ctx context.Context, in *provenInput) (SecondFactor, error) {
			b, caller, err := s.asked(ctx)
			if err == nil {
				err = b.RemoveFactor(ctx, caller, in.Body.Password, in.Body.Code, visitOf(ctx).from)
			}
			if err != nil {
				return SecondFactor{}, err
			}
			return s.factor(ctx)
		})
	register(api, own(post(account.Administer, "second-factor-reset", "/users/{user}/second-factor/reset", "Take a user's second factor away", "For whoever lost phone and codes. Signs them out everywhere.")),
		func(ctx context.Context, in *UserName) (Account, error) {
			b, caller, u, err := s.named(ctx, in.User)
			if err == nil {
				u, err = b.ResetFactor(ctx, caller, u.ID)
			}
			return AccountOf(u), err
		})
	register(api, own(get(account.Administer, "second-factor-rule", "/second-factor", "Which roles must have a second factor", "")),
		func(ctx context.Context, _ *struct{}) (SecondFactorRule, error) { return s.factorRule(ctx) })
	register(api, own(post(account.Administer, "second-factor-require", "/second-factor", "Say which roles must have a second factor",
		"Who of them has none is signed out, and sets one up when they sign in next. API tokens stay.")),
		func(ctx context.Context, in *factorRuleInput) (SecondFactorRule, error) {
			b, caller, err := s.asked(ctx)
			if err != nil {
				return SecondFactorRule{}, err
			}
			roles := make([]account.Role, len(in.Body.Roles))
			for i, role := range in.Body.Roles {
				roles[i] = account.Role(role)
			}
			if err := b.RequireFactor(ctx, caller, roles); err != nil {
				return SecondFactorRule{}, err
			}
			return s.factorRule(ctx)
		})
}

// registerSecondStep adds the second step of signing in. Nobody is signed in yet: the
// first step left a cookie.
func (s *service) registerSecondStep(api huma.API) {
	huma.Register(api, signing(post(account.Public, "sign-in-code", "/session/code", "Finish signing in, by a code of the second factor", "")),
		func(ctx context.Context, in *codeInput) (*cookied[Visit], error) {
			return s.signed(ctx, func(b *account.Book, from account.From) (string, account.User, error) {
				return b.FinishSignIn(ctx, visitOf(ctx).half, in.Body.Code, from)
			})
		})
	register(api, signing(post(account.Public, "sign-in-enrol", "/session/second-factor", "Draw a key for the app of somebody whose role must have a second factor", "")),
		func(ctx context.Context, _ *struct{}) (SecondFactorKey, error) {
			if s.accounts == nil {
				return SecondFactorKey{}, errAlone
			}
			v := visitOf(ctx)
			key, u, err := s.accounts.EnrolHalfway(ctx, v.half, v.from)
			return factorKey(ctx, key, u, err)
		})
	huma.Register(api, signing(post(account.Public, "sign-in-enrolled", "/session/second-factor/confirm", "Set the second factor up by a code of it, and finish signing in", "")),
		func(ctx context.Context, in *codeInput) (*cookied[EnrolledVisit], error) {
			var codes []string
			entered, err := s.signed(ctx, func(b *account.Book, from account.From) (secret string, u account.User, err error) {
				secret, u, codes, err = b.ConfirmHalfway(ctx, visitOf(ctx).half, in.Body.Code, from)
				return secret, u, err
			})
			if err != nil {
				return nil, err
			}
			return &cookied[EnrolledVisit]{entered.SetCookie, EnrolledVisit{entered.Body, codes}}, nil
		})
}

func (s *service) factor(ctx context.Context) (SecondFactor, error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return SecondFactor{}, err
	}
	f, err := b.FactorState(ctx, caller.User)
	return SecondFactor{f.On, instant(f.Since), f.Codes, f.Required, f.Sealed}, err
}

func (s *service) factorRule(ctx context.Context) (SecondFactorRule, error) {
	rule := SecondFactorRule{Roles: []string{}}
	b, _, err := s.asked(ctx)
	if err != nil {
		return rule, err
	}
	roles, err := b.FactorRoles(ctx)
	for _, role := range roles {
		rule.Roles = append(rule.Roles, string(role))
	}
	return rule, err
}

// codes does what ends in codes for recovery.
func (s *service) codes(ctx context.Context, code string, do func(*account.Book, context.Context, account.Caller, string, account.From) ([]string, error)) (RecoveryCodes, error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return RecoveryCodes{}, err
	}
	codes, err := do(b, ctx, caller, code, visitOf(ctx).from)
	return RecoveryCodes{codes}, err
}

// factorKey is a key as the page shows it. The app calls it after the server's name.
func factorKey(ctx context.Context, key totp.Key, u account.User, err error) (k SecondFactorKey, _ error) {
	if err != nil {
		return k, err
	}
	k.Key, k.URI = key.String(), key.URI("clew "+visitOf(ctx).host, u.Name)
	picture, err := totp.Draw(k.URI)
	k.Picture.Size, k.Picture.Path = picture.Size, picture.Path
	return k, err
}

// halfCookie is what a browser keeps between the two steps of a sign-in.
func (v *visit) halfCookie(secret string, lasts time.Duration) http.Cookie {
	c := v.session(secret, lasts) //nolint:gosec // as that of a session
	c.Name += halfSuffix
	return c
}

const halfSuffix = "-half"

// secondStep says what is still wanted of a sign-in that was begun, "" for nothing.
func (s *service) secondStep(ctx context.Context) (string, error) {
	half := visitOf(ctx).half
	if half == "" {
		return "", nil
	}
	h, _, err := s.accounts.Halfway(ctx, half)
	switch {
	case errors.Is(err, account.ErrStep):
		return "", nil
	case err == nil && h.Enrol:
		return "enrol", nil
	}
	return "code", err
}
