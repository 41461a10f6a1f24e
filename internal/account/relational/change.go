package relational

import (
	"context"
	"strings"
	"time"

	"clew/internal/account"
)

// tx implements [account.Tx].
type tx struct{ reader }

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

func (t tx) PutUser(ctx context.Context, u account.User) error {
	return t.run(ctx, `INSERT INTO @users (id, name, role, ceiling, disabled, password, issuer, subject, made, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET role = excluded.role, ceiling = excluded.ceiling, disabled = excluded.disabled, password = excluded.password,
		issuer = excluded.issuer, subject = excluded.subject, changed = excluded.changed`,
		u.ID, u.Name, string(u.Role), string(u.Ceiling), bit(u.Disabled), u.Password, u.Issuer, u.Subject, millis(u.Made), millis(u.Changed))
}

func (t tx) PutSession(ctx context.Context, s account.Session) error {
	return t.run(ctx, `INSERT INTO @sessions (digest, user_id, began, used, address, agent) VALUES (?, ?, ?, ?, ?, ?)`,
		s.Digest, s.User, millis(s.Began), millis(s.Used), s.Address, s.Agent)
}

func (t tx) DropSession(ctx context.Context, digest string) error {
	return t.run(ctx, `DELETE FROM @sessions WHERE digest = ?`, digest)
}

func (t tx) DropSessions(ctx context.Context, user, except string) error {
	return t.run(ctx, `DELETE FROM @sessions WHERE user_id = ? AND digest <> ?`, user, except)
}

func (t tx) PutToken(ctx context.Context, k account.Token) error {
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	return t.run(ctx, `INSERT INTO @tokens (id, digest, begins, user_id, name, scopes, made, expires, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.ID, k.Digest, k.Begins, k.User, k.Name, strings.Join(scopes, ","), millis(k.Made), millis(k.Expires), millis(k.Used))
}

func (t tx) DropToken(ctx context.Context, id string) error {
	return t.run(ctx, `DELETE FROM @tokens WHERE id = ?`, id)
}

func (t tx) DropTokens(ctx context.Context, user string) error {
	return t.run(ctx, `DELETE FROM @tokens WHERE user_id = ?`, user)
}

func (t tx) PutLink(ctx context.Context, l account.Link) error {
	return t.run(ctx, `INSERT INTO @links (digest, user_id, expires) VALUES (?, ?, ?)`, l.Digest, l.User, millis(l.Expires))
}

func (t tx) DropLinks(ctx context.Context, user string) error {
	return t.run(ctx, `DELETE FROM @links WHERE user_id = ?`, user)
}

func (t tx) PutAccess(ctx context.Context, a account.Access) error {
	err := t.run(ctx, `INSERT INTO @access (case_id, owner, restricted) VALUES (?, ?, ?)
		ON CONFLICT (case_id) DO UPDATE SET owner = excluded.owner, restricted = excluded.restricted`, a.Case, a.Owner, bit(a.Restricted))
	if err != nil {
		return err
	}
	if err := t.run(ctx, `DELETE FROM @members WHERE case_id = ?`, a.Case); err != nil {
		return err
	}
	for _, m := range a.Members {
		if err := t.run(ctx, `INSERT INTO @members (case_id, user_id, changes) VALUES (?, ?, ?)`, a.Case, m.User, bit(m.Changes)); err != nil {
			return err
		}
	}
	return t.run(ctx, `UPDATE @access_revision SET n = n + 1`)
}

func (t tx) PutAttempts(ctx context.Context, key string, n int, until time.Time) error {
	return t.run(ctx, `INSERT INTO @attempts (id, n, until) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET n = excluded.n, until = excluded.until`,
		key, n, millis(until))
}

func (t tx) DropAttempts(ctx context.Context, key string) error {
	return t.run(ctx, `DELETE FROM @attempts WHERE id = ?`, key)
}

func (t tx) Sweep(ctx context.Context, now, began, used time.Time) error {
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM @links WHERE expires <= ?`, []any{millis(now)}},
		{`DELETE FROM @halfway WHERE expires <= ?`, []any{millis(now)}},
		{`DELETE FROM @attempts WHERE until <= ?`, []any{millis(now)}},
		{`DELETE FROM @tokens WHERE expires <= ?`, []any{millis(now)}},
		{`DELETE FROM @sessions WHERE began <= ? OR used <= ?`, []any{millis(began), millis(used)}},
	} {
		if err := t.run(ctx, step.query, step.args...); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) Log(ctx context.Context, e account.Entry) error {
	return t.run(ctx, `INSERT INTO @audit (at, actor, via, address, operation, case_id, about, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		millis(e.At), e.Actor, e.Via, e.Address, e.Operation, e.Case, e.About, e.Outcome, e.Detail)
}
