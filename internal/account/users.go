package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"clew/internal/marking"
)

// Begin returns the secret of a link by which the first admin sets a name and a
// password, when there is no user yet; "" when there is one.
func (b *Book) Begin(ctx context.Context) (string, error) {
	secret, err := draw(b.random, linkPrefix)
	if err != nil {
		return "", err
	}
	err = b.store.Change(ctx, func(tx Tx) error {
		users, err := tx.Users(ctx)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			secret = ""
			return nil
		}
		return tx.PutLink(ctx, Link{Digest: digest(secret), Expires: b.now().Add(b.rules.LinkLife)})
	})
	return secret, err
}

// Redeem sets a password by a one-time link, and signs in. The first admin chooses
// a name; for everybody else it is left out.
func (b *Book) Redeem(ctx context.Context, secret, name, password string, from From) (string, User, error) {
	if err := b.admit(ctx, "a link", from); err != nil {
		return "", User{}, err
	}
	if !wellFormed(secret, linkPrefix) {
		return "", User{}, ErrLink
	}
	l, err := b.store.Link(ctx, digest(secret))
	if err != nil || !l.Expires.After(b.now()) {
		return "", User{}, errors.Join(ErrLink, b.Log(ctx, Entry{
			Via: "link", Address: from.Host(), Operation: "setup", Outcome: Refused, Detail: "the link was used, has expired or is not of this server",
		}))
	}
	u := User{Role: Admin, Ceiling: marking.TLPRed}
	if l.User != "" {
		u, err = b.store.User(ctx, l.User)
	} else if u.Name, err = ParseName(name); err == nil {
		u.ID, err = newID(b.random)
	}
	if err != nil {
		return "", User{}, err
	}
	if u.Password, err = b.hashed(ctx, password, u.Name); err != nil {
		return "", User{}, err
	}
	if err := b.redeem(ctx, l, u, from); err != nil {
		return "", User{}, err
	}
	return b.begin(ctx, arrival{user: u.ID, via: "link", from: from, tries: 1, with: func(Tx, *User) error { return nil }})
}

// redeem keeps the user of a link, which nobody used meanwhile.
func (b *Book) redeem(ctx context.Context, l Link, u User, from From) error {
	e := Entry{Actor: u.Name, Via: "link", Address: from.Host(), Operation: "setup", Outcome: Done, About: u.Name, Detail: "password set by a one-time link"}
	return b.change(ctx, &e, func(tx Tx) error {
		now := b.now()
		if again, err := tx.Link(ctx, l.Digest); err != nil || !again.Expires.After(now) {
			return errors.Join(ErrLink, other(err))
		}
		if l.User == "" {
			users, err := tx.Users(ctx)
			if err != nil {
				return err
			}
			if len(users) > 0 {
				return ErrLink
			}
			u.Made, e.Detail = now, "the first admin"
		} else {
			kept := u.Password
			var err error
			if u, err = tx.User(ctx, l.User); err != nil { // as it is now, not as it was before the hash
				return err
			}
			if u.Disabled {
				return ErrLink
			}
			u.Password = kept
		}
		u.Changed = now
		return errors.Join(tx.PutUser(ctx, u), tx.DropLinks(ctx, l.User), tx.DropSessions(ctx, u.ID, ""), tx.DropHalfways(ctx, u.ID), tx.DropTokens(ctx, u.ID))
	})
}

// other is an error but for that of something that is not there.
func other(err error) error {
	if none(err) {
		return nil
	}
	return err
}

// A NewUser is somebody to be added.
type NewUser struct {
	Name     string
	Role     Role
	Ceiling  marking.TLP // AMBER when left out
	Password string      // "" for one that the user sets by a link
	Issuer   string      // of an identity provider, for a user who comes from there only
	Subject  string
}

// DefaultCeiling is that of users for whom nobody chose one: what is RED is for
// named people.
const DefaultCeiling = marking.TLPAmber

// AddUser adds somebody. Without a password it returns the secret of a link to set
// one by.
func (b *Book) AddUser(ctx context.Context, by Caller, n NewUser) (User, string, error) {
	u, err := b.newUser(ctx, n)
	if err != nil {
		return u, "", err
	}
	secret := ""
	if u.Password == "" && u.Issuer == "" {
		if secret, err = draw(b.random, linkPrefix); err != nil {
			return u, "", err
		}
	}
	e := by.entry("user-add")
	e.About, e.Detail = u.Name, fmt.Sprintf("%s, sees up to TLP:%s", u.Role, u.Ceiling)
	err = b.change(ctx, &e, func(tx Tx) error {
		if err := tx.PutUser(ctx, u); err != nil || secret == "" {
			return err
		}
		return tx.PutLink(ctx, Link{digest(secret), u.ID, b.now().Add(b.rules.LinkLife)})
	})
	return u, secret, err
}

func (b *Book) newUser(ctx context.Context, n NewUser) (User, error) {
	now := b.now()
	u := User{Role: n.Role, Ceiling: n.Ceiling, Issuer: n.Issuer, Subject: n.Subject, Made: now, Changed: now}
	if u.Ceiling == "" {
		u.Ceiling = DefaultCeiling
	}
	var err error
	if u.Name, err = ParseName(n.Name); err != nil {
		return u, err
	}
	if _, err := ParseRole(string(n.Role)); err != nil {
		return u, err
	}
	if u.Ceiling, err = marking.ParseTLP(string(u.Ceiling)); err != nil {
		return u, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if n.Password != "" {
		if u.Password, err = b.hashed(ctx, n.Password, u.Name); err != nil {
			return u, err
		}
	}
	u.ID, err = newID(b.random)
	return u, err
}

// A UserChange is what is to be different about a user; nil leaves it as it is.
type UserChange struct {
	Role     *Role
	Ceiling  *marking.TLP
	Disabled *bool
}

// ChangeUser changes somebody. Who is disabled is signed out everywhere, and their
// tokens are gone. The last admin stays one.
func (b *Book) ChangeUser(ctx context.Context, by Caller, id string, c UserChange) (User, error) {
	var u User
	e := by.entry("user-change")
	err := b.change(ctx, &e, func(tx Tx) (err error) {
		if u, err = tx.User(ctx, id); err != nil {
			return err
		}
		before := u
		if c.Role != nil {
			if u.Role, err = ParseRole(string(*c.Role)); err != nil {
				return err
			}
		}
		if c.Ceiling != nil {
			if u.Ceiling, err = marking.ParseTLP(string(*c.Ceiling)); err != nil {
				return fmt.Errorf("%w: %w", ErrInvalid, err)
			}
		}
		if c.Disabled != nil {
			u.Disabled = *c.Disabled
		}
		if err := keepsAdmin(ctx, tx, before, u); err != nil {
			return err
		}
		e.About, e.Detail = u.Name, difference(before, u)
		u.Changed = b.now()
		if err := tx.PutUser(ctx, u); err != nil {
			return err
		}
		if u.Disabled {
			return errors.Join(tx.DropSessions(ctx, id, ""), tx.DropHalfways(ctx, id), tx.DropTokens(ctx, id), tx.DropLinks(ctx, id))
		}
		if u.Role == before.Role {
			return nil
		}
		if _, enrol, err := wanted(ctx, tx, u); err != nil || !enrol {
			return err
		}
		return tx.DropSessions(ctx, id, "") // the role wants a second factor: it is set up at the next sign-in
	})
	return u, err
}

// keepsAdmin refuses a change after which nobody could change users any more.
func keepsAdmin(ctx context.Context, tx Tx, before, after User) error {
	rules := func(u User) bool { return u.Role == Admin && !u.Disabled }
	if !rules(before) || rules(after) {
		return nil
	}
	users, err := tx.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != before.ID && rules(u) {
			return nil
		}
	}
	return ErrLastAdmin
}

func difference(before, after User) string {
	var said []string
	if before.Role != after.Role {
		said = append(said, fmt.Sprintf("role %s, was %s", after.Role, before.Role))
	}
	if before.Ceiling != after.Ceiling {
		said = append(said, fmt.Sprintf("sees up to TLP:%s, was TLP:%s", after.Ceiling, before.Ceiling))
	}
	if before.Disabled != after.Disabled {
		said = append(said, map[bool]string{true: "disabled", false: "enabled"}[after.Disabled])
	}
	if len(said) == 0 {
		return "nothing changed"
	}
	return strings.Join(said, "; ")
}

// NewLink returns the secret of a link by which a user sets a new password.
func (b *Book) NewLink(ctx context.Context, by Caller, id string) (string, User, error) {
	secret, err := draw(b.random, linkPrefix)
	if err != nil {
		return "", User{}, err
	}
	var u User
	e := by.entry("user-link")
	err = b.change(ctx, &e, func(tx Tx) (err error) {
		if u, err = tx.User(ctx, id); err != nil {
			return err
		}
		if u.Disabled {
			return fmt.Errorf("%w: %s is disabled: enable the account first", ErrInvalid, u.Name)
		}
		e.About = u.Name
		return errors.Join(tx.DropLinks(ctx, id), tx.PutLink(ctx, Link{digest(secret), id, b.now().Add(b.rules.LinkLife)}))
	})
	return secret, u, err
}

// SetPassword sets somebody's password, from the console. It signs them out
// everywhere.
func (b *Book) SetPassword(ctx context.Context, by Caller, id, password string) error {
	u, err := b.store.User(ctx, id)
	if err != nil {
		return err
	}
	kept, err := b.hashed(ctx, password, u.Name)
	if err != nil {
		return err
	}
	e := by.entry("password")
	e.About = u.Name
	return b.change(ctx, &e, func(tx Tx) error {
		if u, err = tx.User(ctx, id); err != nil {
			return err
		}
		u.Password, u.Changed = kept, b.now()
		return errors.Join(tx.PutUser(ctx, u), tx.DropSessions(ctx, id, ""), tx.DropHalfways(ctx, id), tx.DropLinks(ctx, id))
	})
}

// SignOutUser ends every session of somebody.
func (b *Book) SignOutUser(ctx context.Context, by Caller, id string) error {
	e := by.entry("user-sign-out")
	return b.change(ctx, &e, func(tx Tx) error {
		u, err := tx.User(ctx, id)
		if err != nil {
			return err
		}
		e.About = u.Name
		return errors.Join(tx.DropSessions(ctx, id, ""), tx.DropHalfways(ctx, id))
	})
}

// A Voucher is what an identity provider says of somebody who signed in there.
type Voucher struct {
	Issuer, Subject string
	Name            string
	Role            Role // that their groups stand for; "" for none
	Ceiling         marking.TLP
}

// SignInBy signs in whom an identity provider vouches for. Somebody new is added
// unless only who was invited may come; the role follows the provider's groups each
// time where the configuration maps any.
func (b *Book) SignInBy(ctx context.Context, v Voucher, from From) (string, User, error) {
	u, err := b.store.UserOf(ctx, v.Issuer, v.Subject)
	if errors.Is(err, ErrNoUser) {
		u, err = b.welcome(ctx, v, from)
	}
	if err != nil {
		return "", User{}, err
	}
	return b.begin(ctx, arrival{user: u.ID, via: "oidc", from: from, with: func(tx Tx, u *User) error {
		if v.Role == "" {
			return nil
		}
		before := *u
		u.Role = v.Role
		if err := keepsAdmin(ctx, tx, before, *u); err != nil {
			u.Role = before.Role // somebody has to be able to put it right
		}
		if u.Role == before.Role {
			return nil
		}
		return tx.Log(ctx, Entry{
			At: b.now(), Actor: u.Name, Via: "oidc", Address: from.Host(), Operation: "user-change", About: u.Name, Outcome: Done,
			Detail: difference(before, *u) + ", by the identity provider's groups",
		})
	}})
}

// welcome adds somebody of whom the provider is the first to speak, or joins them
// to the user who was invited under that name.
func (b *Book) welcome(ctx context.Context, v Voucher, from From) (User, error) {
	refused := func(why string) error {
		return errors.Join(ErrSignIn, b.Log(ctx, Entry{
			Actor: shortened(v.Name, 64), Via: "oidc", Address: from.Host(), Operation: "sign-in", Outcome: Refused, Detail: why,
		}))
	}
	name, err := ParseName(v.Name)
	if err != nil {
		return User{}, refused("the identity provider's name is none here: " + err.Error())
	}
	there, err := b.store.UserNamed(ctx, name)
	switch {
	case err == nil && there.Issuer == v.Issuer && there.Subject == "":
		e := Entry{Actor: name, Via: "oidc", Address: from.Host(), Operation: "user-change", About: name, Outcome: Done, Detail: "the invited user came for the first time"}
		return there, b.change(ctx, &e, func(tx Tx) error {
			if there, err = tx.User(ctx, there.ID); err != nil || there.Subject != "" {
				return errors.Join(err, ErrSignIn)
			}
			there.Subject, there.Changed = v.Subject, b.now()
			return tx.PutUser(ctx, there)
		})
	case err == nil: // a local user of that name, or another of the provider's: not the same person as far as anybody knows
		return User{}, refused("a user of that name is there already, and is not that person")
	case !errors.Is(err, ErrNoUser):
		return User{}, err
	case b.rules.InvitedOnly:
		return User{}, refused("nobody invited this user")
	case v.Role == "":
		return User{}, refused("none of the user's groups has a role")
	}
	u, err := b.newUser(ctx, NewUser{Name: name, Role: v.Role, Ceiling: v.Ceiling, Issuer: v.Issuer, Subject: v.Subject})
	if err != nil {
		return User{}, err
	}
	e := Entry{Actor: name, Via: "oidc", Address: from.Host(), Operation: "user-add", About: name, Outcome: Done, Detail: string(u.Role) + ", at the first sign-in"}
	return u, b.change(ctx, &e, func(tx Tx) error { return tx.PutUser(ctx, u) })
}

// HasPassword reports whether a user can sign in without an identity provider.
func (u User) HasPassword() bool { return u.Password != "" }
