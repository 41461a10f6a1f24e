package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/marking"
)

// UserName names a user in a path.
type UserName struct {
	User string `path:"user" maxLength:"64" doc:"the name, or the ID"`
}

type newUserInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"64" doc:"to sign in with, and in records: a-z, 0-9 and . _ - @"`
		Role     string `json:"role" enum:"viewer,analyst,approver,admin"`
		Ceiling  string `json:"ceiling,omitempty" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR" doc:"the strictest TLP whose cases the user sees; AMBER when left out"`
		Provider bool   `json:"provider,omitempty" doc:"the user signs in by the identity provider only: no link is made"`
	}
}

type userChangeInput struct {
	UserName
	Body struct {
		Role     *string `json:"role,omitempty" enum:"viewer,analyst,approver,admin"`
		Ceiling  *string `json:"ceiling,omitempty" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR"`
		Disabled *bool   `json:"disabled,omitempty" doc:"true signs the user out everywhere and revokes every token"`
	}
}

// An Invitation is a user, and the link by which they set a password.
type Invitation struct {
	User Account `json:"user"`
	Link string  `json:"link" doc:"secret, shown once: the path to open in a browser, after the address of the server; empty where no password is wanted"`
}

func (s *service) registerUsers(api huma.API) {
	own := func(op huma.Operation) huma.Operation {
		op.Metadata = map[string]any{ownAudit: true}
		op.Errors = []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}
		return op
	}
	register(api, own(get(account.Work, "users", "/users", "Everybody of the team, by name", "Whoever works on cases may share them with anybody.")),
		func(ctx context.Context, _ *struct{}) (list List[Account], err error) {
			b, _, err := s.asked(ctx)
			if err != nil {
				return list, err
			}
			all, err := b.Users(ctx)
			shown := make([]Account, len(all))
			for i, u := range all {
				shown[i] = AccountOf(u)
			}
			return whole(shown, err)
		})
	add := own(post(account.Administer, "user-add", "/users", "Add a user", "The answer has a one-time link by which the user sets a password: nobody else ever knows it."))
	add.DefaultStatus = http.StatusCreated
	register(api, add, func(ctx context.Context, in *newUserInput) (Invitation, error) {
		b, caller, err := s.asked(ctx)
		if err != nil {
			return Invitation{}, err
		}
		n := account.NewUser{Name: in.Body.Name, Role: account.Role(in.Body.Role), Ceiling: marking.TLP(in.Body.Ceiling)}
		if in.Body.Provider {
			if s.provider == nil {
				return Invitation{}, huma.Error422UnprocessableEntity("no identity provider is configured")
			}
			n.Issuer = s.provider.Issuer()
		}
		u, link, err := b.AddUser(ctx, caller, n)
		return Invitation{AccountOf(u), setupPath(link)}, err
	})
	register(api, own(post(account.Administer, "user-change", "/users/{user}", "Change a user's role, TLP ceiling, or whether they may sign in", "The last admin stays one. It counts with the next request of the user.")),
		func(ctx context.Context, in *userChangeInput) (Account, error) {
			b, caller, u, err := s.named(ctx, in.User)
			if err != nil {
				return Account{}, err
			}
			u, err = b.ChangeUser(ctx, caller, u.ID, account.UserChange{
				Role: (*account.Role)(in.Body.Role), Ceiling: (*marking.TLP)(in.Body.Ceiling), Disabled: in.Body.Disabled,
			})
			s.watch.stir("")
			return AccountOf(u), err
		})
	register(api, own(post(account.Administer, "user-link", "/users/{user}/link", "A one-time link by which a user sets another password", "Links made before are void. Using it signs the user out everywhere and revokes their tokens.")),
		func(ctx context.Context, in *UserName) (Invitation, error) {
			b, caller, u, err := s.named(ctx, in.User)
			if err != nil {
				return Invitation{}, err
			}
			link, u, err := b.NewLink(ctx, caller, u.ID)
			return Invitation{AccountOf(u), setupPath(link)}, err
		})
	register(api, own(post(account.Administer, "user-sign-out", "/users/{user}/sign-out", "Sign a user out everywhere", "Tokens stay.")),
		func(ctx context.Context, in *UserName) (Account, error) {
			b, caller, u, err := s.named(ctx, in.User)
			if err == nil {
				err = b.SignOutUser(ctx, caller, u.ID)
			}
			s.watch.stir("")
			return AccountOf(u), err
		})
}

// setupPath is where the page takes a one-time link. Behind the # it stays in the
// browser: no log of any server in between has it.
func setupPath(secret string) string {
	if secret == "" {
		return ""
	}
	return "/#/setup?link=" + secret
}

// SetupLink is a one-time link as it is opened in a browser.
func SetupLink(address, secret string) string { return address + setupPath(secret) }

// named finds the user that a path names.
func (s *service) named(ctx context.Context, name string) (*account.Book, account.Caller, account.User, error) {
	b, caller, err := s.asked(ctx)
	if err != nil {
		return nil, caller, account.User{}, err
	}
	u, err := b.User(ctx, name)
	if err != nil {
		u, err = b.UserNamed(ctx, name)
	}
	return b, caller, u, err
}
