package relational

import (
	"context"
	"slices"

	"clew/internal/account"
)

func (r reader) Factor(ctx context.Context, user string) (account.Factor, error) {
	return one(ctx, r.conn, func(row scanner) (f account.Factor, err error) {
		var since int64
		err = row.Scan(&f.User, &f.Key, &f.Step, &since, &f.Pending)
		f.Since = instant(since)
		return f, err
	}, account.ErrNoFactor, `SELECT user_id, secret, step, since, pending FROM @factors WHERE user_id = ?`, user)
}

func (r reader) Codes(ctx context.Context, user string) (int, error) {
	return one(ctx, r.conn, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, errOpen, `SELECT count(*) FROM @recovery WHERE user_id = ?`, user)
}

func (r reader) Halfway(ctx context.Context, digest string) (account.Halfway, error) {
	return one(ctx, r.conn, func(row scanner) (h account.Halfway, err error) {
		var enrol, expires int64
		err = row.Scan(&h.Digest, &h.User, &h.Via, &enrol, &expires)
		h.Enrol, h.Expires = enrol != 0, instant(expires)
		return h, err
	}, account.ErrStep, `SELECT digest, user_id, via, enrol, expires FROM @halfway WHERE digest = ?`, digest)
}

func (r reader) FactorRoles(ctx context.Context) ([]account.Role, error) {
	list, err := all(ctx, r.conn, func(row scanner) (role account.Role, err error) { return role, row.Scan((*string)(&role)) }, `SELECT role FROM @factor_roles`)
	slices.SortFunc(list, func(a, b account.Role) int {
		return slices.Index(account.Roles(), a) - slices.Index(account.Roles(), b)
	})
	return list, err
}

func (t tx) PutFactor(ctx context.Context, f account.Factor) error {
	return t.run(ctx, `INSERT INTO @factors (user_id, secret, step, since, pending) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, step = excluded.step, since = excluded.since, pending = excluded.pending`,
		f.User, f.Key, f.Step, millis(f.Since), f.Pending)
}

func (t tx) DropFactor(ctx context.Context, user string) error {
	if err := t.run(ctx, `DELETE FROM @recovery WHERE user_id = ?`, user); err != nil {
		return err
	}
	return t.run(ctx, `DELETE FROM @factors WHERE user_id = ?`, user)
}

func (t tx) PutCodes(ctx context.Context, user string, digests []string) error {
	if err := t.run(ctx, `DELETE FROM @recovery WHERE user_id = ?`, user); err != nil {
		return err
	}
	for _, digest := range digests {
		if err := t.run(ctx, `INSERT INTO @recovery (user_id, digest) VALUES (?, ?)`, user, digest); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) TakeCode(ctx context.Context, user, digest string) (bool, error) {
	n, err := one(ctx, t.conn, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, errOpen,
		`SELECT count(*) FROM @recovery WHERE user_id = ? AND digest = ?`, user, digest)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.run(ctx, `DELETE FROM @recovery WHERE user_id = ? AND digest = ?`, user, digest)
}

func (t tx) PutHalfway(ctx context.Context, h account.Halfway) error {
	return t.run(ctx, `INSERT INTO @halfway (digest, user_id, via, enrol, expires) VALUES (?, ?, ?, ?, ?)`, h.Digest, h.User, h.Via, bit(h.Enrol), millis(h.Expires))
}

func (t tx) DropHalfway(ctx context.Context, digest string) error {
	return t.run(ctx, `DELETE FROM @halfway WHERE digest = ?`, digest)
}

func (t tx) DropHalfways(ctx context.Context, user string) error {
	return t.run(ctx, `DELETE FROM @halfway WHERE user_id = ?`, user)
}

func (t tx) PutFactorRoles(ctx context.Context, roles []account.Role) error {
	if err := t.run(ctx, `DELETE FROM @factor_roles`); err != nil {
		return err
	}
	for _, role := range roles {
		if err := t.run(ctx, `INSERT INTO @factor_roles (role) VALUES (?)`, string(role)); err != nil {
			return err
		}
	}
	return nil
}
