package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

// A Provider of identities signs people in elsewhere (OpenID Connect).
type Provider interface {
	Title() string  // what people call it
	Issuer() string // what it calls itself
	// Begin returns where to send the browser, and what the browser must bring back.
	Begin(ctx context.Context, back string) (address, flow string, err error)
	// Finish checks what the browser came back with.
	Finish(ctx context.Context, back, flow, state, code string) (account.Voucher, error)
}

// backPath is where the provider sends browsers back to.
const backPath = "/session/provider/back"

type providerInput struct {
	To string `query:"to" maxLength:"2000" doc:"where to go afterwards: a path of this server, with what follows its #"`
}

type backInput struct {
	State string `query:"state" maxLength:"500"`
	Code  string `query:"code" maxLength:"4000"`
	Error string `query:"error" maxLength:"500"`
	// What providers add is not ours to refuse.
	Session     string `query:"session_state" maxLength:"500"`
	Issuer      string `query:"iss" maxLength:"500"`
	Scope       string `query:"scope" maxLength:"2000"`
	Description string `query:"error_description" maxLength:"2000"`
}

// sent is an answer that sends a browser elsewhere.
type sent struct {
	Status    int
	Location  string        `header:"Location"`
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *service) registerProvider(api huma.API) {
	browser := func(op huma.Operation) huma.Operation {
		op.DefaultStatus, op.Metadata = http.StatusSeeOther, map[string]any{ownAudit: true}
		op.Errors = []int{http.StatusNotFound, http.StatusServiceUnavailable}
		return op
	}
	huma.Register(api, browser(get(account.Public, "provider", "/session/provider", "Sign in at the identity provider", "For a browser: it is sent there, and comes back signed in.")), s.toProvider)
	huma.Register(api, browser(get(account.Public, "provider-back", backPath, "Where the identity provider sends browsers back to", "")), s.fromProvider)
}

// flowCookie is what a browser keeps while it is at the provider. It comes back by a
// link of another site, so it is Lax where that of a session is Strict.
func (v *visit) flowCookie(value string, seconds int) http.Cookie {
	return http.Cookie{ //nolint:gosec // Secure where there is TLS; without, it is loopback only
		Name: v.cookie + "-flow", Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteLaxMode,
	}
}

const flowSeconds = 600

func (s *service) toProvider(ctx context.Context, in *providerInput) (*sent, error) {
	if s.accounts == nil || s.provider == nil {
		return nil, huma.Error404NotFound("no identity provider is configured")
	}
	v := visitOf(ctx)
	address, flow, err := s.provider.Begin(ctx, v.origin+root+backPath)
	if err != nil {
		return nil, huma.Error503ServiceUnavailable(casefile.Printable(err.Error()))
	}
	kept := flow + "." + url.QueryEscape(localPath(in.To))
	return &sent{http.StatusSeeOther, address, []http.Cookie{v.flowCookie(kept, flowSeconds)}}, nil
}

func (s *service) fromProvider(ctx context.Context, in *backInput) (*sent, error) {
	if s.accounts == nil || s.provider == nil {
		return nil, huma.Error404NotFound("no identity provider is configured")
	}
	v := visitOf(ctx)
	flow, escaped, _ := strings.Cut(v.flow, ".")
	to, _ := url.QueryUnescape(escaped) // what does not read leads to the start
	gone := v.flowCookie("", -1)
	if err := s.accounts.Admit(ctx, v.from); err != nil {
		return nil, asProblem(err)
	}
	voucher, err := s.provider.Finish(ctx, v.origin+root+backPath, flow, in.State, in.Code)
	secret := ""
	if err == nil {
		secret, _, err = s.accounts.SignInBy(ctx, voucher, v.from)
		if err == nil {
			err = s.endBefore(ctx)
		}
	} else {
		_ = s.accounts.Log(ctx, account.Entry{ // what went wrong is shown all the same
			Via: "oidc", Address: v.from.Host(), Operation: "sign-in", Outcome: account.Refused, Detail: casefile.Printable(err.Error()),
		})
	}
	if err != nil {
		return &sent{http.StatusSeeOther, "/#/sign-in?refused=" + url.QueryEscape(casefile.Printable(err.Error())), []http.Cookie{gone}}, nil
	}
	return &sent{http.StatusSeeOther, localPath(to), []http.Cookie{gone, v.session(secret, s.accounts.Rules().Longest)}}, nil
}

// localPath is a path of this server, and the start for anything else: who follows a
// link to sign in is not led away by it.
func localPath(text string) string {
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "" || at.Host != "" || at.User != nil || !strings.HasPrefix(text, "/") ||
		strings.HasPrefix(text, "//") || strings.ContainsFunc(text, func(r rune) bool { return r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "/"
	}
	return text
}
