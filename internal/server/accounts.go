package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

// An Account is somebody of the team.
type Account struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Role     string        `json:"role" enum:"viewer,analyst,approver,admin"`
	Ceiling  string        `json:"ceiling" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR" doc:"the strictest TLP whose cases the user sees"`
	Disabled bool          `json:"disabled"`
	Password bool          `json:"password" doc:"whether one was set"`
	Factor   bool          `json:"second_factor" doc:"whether signing in with the password asks for a code as well"`
	Provider string        `json:"provider" doc:"the identity provider that vouches for the user; empty for a local one"`
	Made     casefile.Time `json:"made"`
	Changed  casefile.Time `json:"changed"`
}

// AccountOf is a user as the API shows one.
func AccountOf(u account.User) Account {
	return Account{
		ID: u.ID, Name: u.Name, Role: string(u.Role), Ceiling: string(u.Ceiling), Disabled: u.Disabled, Password: u.HasPassword(), Factor: u.Factor, Provider: u.Issuer,
		Made: instant(u.Made), Changed: instant(u.Changed),
	}
}

// A Visit says who asks, and how one signs in.
type Visit struct {
	Accounts    bool          `json:"accounts" doc:"false when clew serves alone on loopback: whoever has the link may do everything, and nobody signs in"`
	SignedIn    bool          `json:"signed_in"`
	User        *Account      `json:"user" doc:"null for nobody, and without accounts"`
	Name        string        `json:"name" doc:"whom records name; empty for nobody"`
	Permissions []string      `json:"permissions" doc:"what the user, and the token where it is one, may"`
	Began       casefile.Time `json:"began" doc:"of the session; null for a token"`
	Ends        casefile.Time `json:"ends" doc:"when the session ends at the latest"`
	Idle        int           `json:"idle_seconds" doc:"after how long without a request a session ends; 0 without accounts"`
	Password    bool          `json:"password" doc:"whether one signs in with name and password"`
	Provider    string        `json:"provider" doc:"what the identity provider is called, to sign in by GET /api/v1/session/provider; empty for none"`
	SecondStep  string        `json:"second_step" enum:",code,enrol" doc:"what a sign-in that was begun still wants: a code of the second factor, or that one is set up; empty for nothing"`
	Setup       bool          `json:"setup" doc:"nobody is there yet: the link that clew serve printed makes the first admin"`
	OwnApproval bool          `json:"own_approval" doc:"whether one may approve what one proposed"`
	Allowed
}

// cookied is an answer that sets a cookie.
type cookied[T any] struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      T
}

// signedOut is an answer after which the browser keeps nothing of what the page stored.
// Cookies are left alone: browsers would drop those of every other name below the same
// domain as well. The cache is another answer's ([forgotten]): Chromium goes through all
// that it keeps of every site before it hands such an answer on, 2 to 4 s with 40,000
// answers kept and 0.1 s without, and who signs out would wait for that.
type signedOut struct {
	SetCookie     []http.Cookie `header:"Set-Cookie"`
	ClearSiteData string        `header:"Clear-Site-Data"`
	Body          Visit
}

// forgotten is an answer after which the browser keeps no answer of clew. The page asks
// for it when somebody has signed out, and waits for nothing.
type forgotten struct {
	ClearSiteData string `header:"Clear-Site-Data"`
}

type signInInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"2048"`
	}
}

type setupInput struct {
	Body struct {
		Link     string `json:"link" maxLength:"200" doc:"the secret in the one-time link: what follows link= in its address"`
		Name     string `json:"name,omitempty" maxLength:"200" doc:"of the first admin; left out otherwise"`
		Password string `json:"password" maxLength:"2048"`
	}
}

type passwordInput struct {
	Body struct {
		Before string `json:"before" maxLength:"2048" doc:"the present one"`
		After  string `json:"after" maxLength:"2048" doc:"at least 12 characters; no rule on which"`
	}
}

// A SignedIn is one of the user's sessions.
type SignedIn struct {
	Began   casefile.Time `json:"began"`
	Used    casefile.Time `json:"used" doc:"to the minute"`
	Ends    casefile.Time `json:"ends"`
	Address string        `json:"address"`
	Agent   string        `json:"agent"`
	This    bool          `json:"this" doc:"the one that asks"`
}

// signing marks an operation that signs in or out.
func signing(op huma.Operation) huma.Operation {
	op.Metadata = map[string]any{ownAudit: true}
	op.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	return op
}

func (s *service) registerSession(api huma.API) {
	visit := get(account.Public, "session", "/session", "Who asks, what they may, and how one signs in", "Answered to everybody: the page reads it first.")
	register(api, visit, func(ctx context.Context, _ *struct{}) (Visit, error) { return s.visit(ctx) })
	huma.Register(api, signing(post(account.Public, "sign-in", "/session", "Sign in with name and password",
		"Sets the cookie of a session; or, where second_step of the answer says so, that of a first step, which sign-in-code or sign-in-enrol go on from. 429 after too many failures, with Retry-After. A program sends an API token instead and never signs in.")),
		func(ctx context.Context, in *signInInput) (*cookied[Visit], error) {
			return s.signed(ctx, func(b *account.Book, from account.From) (string, account.User, error) {
				return b.SignIn(ctx, in.Body.Name, in.Body.Password, from)
			})
		})
	huma.Register(api, signing(post(account.Public, "setup", "/setup", "Set a password by a one-time link, and sign in",
		"By the link that clew serve prints at its first start (the first admin, who chooses a name), or that an admin made for a user.")),
		func(ctx context.Context, in *setupInput) (*cookied[Visit], error) {
			return s.signed(ctx, func(b *account.Book, from account.From) (string, account.User, error) {
				return b.Redeem(ctx, in.Body.Link, in.Body.Name, in.Body.Password, from)
			})
		})
	huma.Register(api, signing(post(account.SignedIn, "password", "/account/password", "Change one's own password", "Every other session ends, and this one gets another cookie.")),
		func(ctx context.Context, in *passwordInput) (*cookied[Visit], error) {
			return s.signed(ctx, func(b *account.Book, from account.From) (string, account.User, error) {
				caller, _ := account.CallerOf(ctx)
				return b.ChangePassword(ctx, caller, in.Body.Before, in.Body.After, from)
			})
		})
	huma.Register(api, signing(post(account.SignedIn, "sign-out", "/session/end", "Sign out", "")), s.signOut)
	forget := post(account.Public, "forget", "/session/forget", "Have the browser drop the answers it kept",
		"For the page, after signing out: the answer says so in Clear-Site-Data. Chromium takes seconds for it, so nobody is made to wait.")
	forget.DefaultStatus = http.StatusNoContent
	huma.Register(api, signing(forget), func(context.Context, *struct{}) (*forgotten, error) {
		return &forgotten{`"cache"`}, nil
	})
	register(api, signing(get(account.SignedIn, "sessions", "/account/sessions", "Where one is signed in", "")), s.sessions)
	register(api, signing(post(account.SignedIn, "sign-out-elsewhere", "/account/sessions/end", "Sign out everywhere else", "")),
		func(ctx context.Context, _ *struct{}) (List[SignedIn], error) {
			b, caller, err := s.asked(ctx)
			if err != nil {
				return List[SignedIn]{}, err
			}
			if err := b.SignOutEverywhere(ctx, caller); err != nil {
				return List[SignedIn]{}, err
			}
			s.watch.stir("")
			return s.sessions(ctx, nil)
		})
}

// errAlone means that there are no accounts to ask for.
var errAlone = huma.Error404NotFound("this clew has no accounts: start it with clew serve --accounts")

// asked returns the accounts and who asks.
func (s *service) asked(ctx context.Context) (*account.Book, account.Caller, error) {
	if s.accounts == nil {
		return nil, account.Caller{}, errAlone
	}
	caller, known := account.CallerOf(ctx)
	if !known {
		return nil, caller, account.ErrSignedOut
	}
	return s.accounts, caller, nil
}

func (s *service) visit(ctx context.Context) (Visit, error) {
	v := Visit{Permissions: []string{}, Allowed: s.allowed(ctx)}
	if s.accounts == nil {
		v.Name, v.SignedIn, v.OwnApproval = s.core.Status().Actor, true, true
		for _, p := range account.Admin.Permissions() {
			v.Permissions = append(v.Permissions, string(p))
		}
		return v, nil
	}
	rules := s.accounts.Rules()
	v.Accounts, v.Password, v.Idle, v.OwnApproval = true, true, int(rules.Idle.Seconds()), rules.OwnApproval
	if s.provider != nil {
		v.Provider = s.provider.Title()
	}
	caller, signedIn := account.CallerOf(ctx)
	if !signedIn {
		users, err := s.accounts.Users(ctx)
		v.Setup = len(users) == 0
		if err == nil {
			v.SecondStep, err = s.secondStep(ctx)
		}
		return v, err
	}
	shown := AccountOf(caller.User)
	v.SignedIn, v.User, v.Name = true, &shown, caller.User.Name
	for _, p := range account.Permissions() {
		if caller.May(p) {
			v.Permissions = append(v.Permissions, string(p))
		}
	}
	sessions, err := s.accounts.Sessions(ctx, caller.User.ID)
	for _, one := range sessions {
		if one.Digest == caller.Session {
			v.Began, v.Ends = instant(one.Began), instant(one.Began.Add(rules.Longest))
		}
	}
	return v, err
}

// signed answers a request that signs in with the cookie of the new session, or with
// that of a first step where a second is wanted.
func (s *service) signed(ctx context.Context, sign func(*account.Book, account.From) (string, account.User, error)) (*cookied[Visit], error) {
	if s.accounts == nil {
		return nil, errAlone
	}
	v := visitOf(ctx)
	secret, _, err := sign(s.accounts, v.from)
	var more *account.StepError
	if errors.As(err, &more) {
		v.half = more.Secret
		shown, err := s.visit(nobody{ctx})
		if err != nil {
			return nil, asProblem(err)
		}
		return &cookied[Visit]{[]http.Cookie{v.halfCookie(more.Secret, account.HalfwayLife)}, shown}, nil
	}
	if err != nil {
		return nil, asProblem(err)
	}
	if err := s.endBefore(ctx); err != nil {
		return nil, asProblem(err)
	}
	caller, err := s.accounts.BySession(ctx, secret, v.from)
	if err != nil {
		return nil, asProblem(err)
	}
	shown, err := s.visit(account.As(ctx, caller))
	if err != nil {
		return nil, asProblem(err)
	}
	set := []http.Cookie{v.session(secret, s.accounts.Rules().Longest)}
	if v.half != "" {
		set = append(set, v.halfCookie("", -time.Second))
	}
	return &cookied[Visit]{set, shown}, nil
}

// endBefore ends the session that the browser came with: signing in again replaces its
// cookie, and whoever else has that would go on with it.
func (s *service) endBefore(ctx context.Context) error {
	before, signedIn := account.CallerOf(ctx)
	if !signedIn || before.Session == "" {
		return nil
	}
	if _, err := s.accounts.Still(ctx, before); err != nil {
		if errors.Is(err, account.ErrSignedOut) { // a new password ended it already
			return nil
		}
		return err
	}
	return s.accounts.SignOut(ctx, before)
}

// session is the cookie of a session. No other site can have it sent, no script reads it.
func (v *visit) session(secret string, lasts time.Duration) http.Cookie {
	return http.Cookie{ //nolint:gosec // Secure where there is TLS; without, it is loopback only
		Name: v.cookie, Value: secret, Path: "/", MaxAge: int(lasts.Seconds()), HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteStrictMode,
	}
}

func (s *service) signOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	b, caller, err := s.asked(ctx)
	if err == nil {
		err = b.SignOut(ctx, caller)
	}
	if err != nil {
		return nil, asProblem(err)
	}
	v := visitOf(ctx)
	gone := []http.Cookie{v.session("", -time.Second), v.halfCookie("", -time.Second)}
	v.half = ""
	shown, err := s.visit(nobody{ctx})
	if err != nil {
		return nil, asProblem(err)
	}
	return &signedOut{gone, `"storage"`, shown}, nil
}

// nobody is a context in which no one asks.
type nobody struct{ context.Context }

// Value implements [context.Context].
func (n nobody) Value(key any) any {
	if _, someone := n.Context.Value(key).(account.Caller); someone {
		return nil
	}
	return n.Context.Value(key)
}

func (s *service) sessions(ctx context.Context, _ *struct{}) (list List[SignedIn], err error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return list, err
	}
	all, err := b.Sessions(ctx, caller.User.ID)
	var shown []SignedIn
	for _, one := range all {
		shown = append(shown, SignedIn{
			instant(one.Began), instant(one.Used), instant(one.Began.Add(b.Rules().Longest)), one.Address, one.Agent, one.Digest == caller.Session,
		})
	}
	return whole(shown, err)
}
