package relational

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"clew/internal/account"
	"clew/internal/marking"
)

// reader implements [account.Reader].
type reader struct{ conn }

const userColumns = `SELECT id, name, role, ceiling, disabled, password, issuer, subject, made, changed,
	(SELECT count(*) FROM @factors AS f WHERE f.user_id = u.id AND f.since > 0) FROM @users AS u`

func readUser(row scanner) (u account.User, err error) {
	var made, changed, disabled, factors int64
	var role, ceiling string
	err = row.Scan(&u.ID, &u.Name, &role, &ceiling, &disabled, &u.Password, &u.Issuer, &u.Subject, &made, &changed, &factors)
	u.Factor = factors > 0
	u.Role, u.Ceiling, u.Disabled, u.Made, u.Changed = account.Role(role), marking.TLP(ceiling), disabled != 0, instant(made), instant(changed)
	return u, err
}

func (r reader) Users(ctx context.Context) ([]account.User, error) {
	return all(ctx, r.conn, readUser, userColumns+` ORDER BY name`)
}

func (r reader) User(ctx context.Context, id string) (account.User, error) {
	return one(ctx, r.conn, readUser, account.ErrNoUser, userColumns+` WHERE id = ?`, id)
}

func (r reader) UserNamed(ctx context.Context, name string) (account.User, error) {
	return one(ctx, r.conn, readUser, account.ErrNoUser, userColumns+` WHERE name = ?`, name)
}

func (r reader) UserOf(ctx context.Context, issuer, subject string) (account.User, error) {
	if issuer == "" || subject == "" {
		return account.User{}, account.ErrNoUser
	}
	return one(ctx, r.conn, readUser, account.ErrNoUser, userColumns+` WHERE issuer = ? AND subject = ?`, issuer, subject)
}

const sessionColumns = `SELECT digest, user_id, began, used, address, agent FROM @sessions`

func readSession(row scanner) (s account.Session, err error) {
	var began, used int64
	err = row.Scan(&s.Digest, &s.User, &began, &used, &s.Address, &s.Agent)
	s.Began, s.Used = instant(began), instant(used)
	return s, err
}

func (r reader) Session(ctx context.Context, digest string) (account.Session, error) {
	return one(ctx, r.conn, readSession, account.ErrSignedOut, sessionColumns+` WHERE digest = ?`, digest)
}

func (r reader) Sessions(ctx context.Context, user string) ([]account.Session, error) {
	return all(ctx, r.conn, readSession, sessionColumns+` WHERE user_id = ? ORDER BY began DESC, digest`, user)
}

const tokenColumns = `SELECT id, digest, begins, user_id, name, scopes, made, expires, used FROM @tokens` //nolint:gosec // names of columns

func readToken(row scanner) (t account.Token, err error) {
	var made, expires, used int64
	var scopes string
	err = row.Scan(&t.ID, &t.Digest, &t.Begins, &t.User, &t.Name, &scopes, &made, &expires, &used)
	for s := range strings.SplitSeq(scopes, ",") {
		t.Scopes = append(t.Scopes, account.Permission(s))
	}
	t.Made, t.Expires, t.Used = instant(made), instant(expires), instant(used)
	return t, err
}

func (r reader) Token(ctx context.Context, digest string) (account.Token, error) {
	return one(ctx, r.conn, readToken, account.ErrNoToken, tokenColumns+` WHERE digest = ?`, digest)
}

func (r reader) Tokens(ctx context.Context, user string) ([]account.Token, error) {
	if user == "" {
		return all(ctx, r.conn, readToken, tokenColumns+` ORDER BY made DESC, id`)
	}
	return all(ctx, r.conn, readToken, tokenColumns+` WHERE user_id = ? ORDER BY made DESC, id`, user)
}

func (r reader) Link(ctx context.Context, digest string) (account.Link, error) {
	return one(ctx, r.conn, func(row scanner) (l account.Link, err error) {
		var expires int64
		err = row.Scan(&l.Digest, &l.User, &expires)
		l.Expires = instant(expires)
		return l, err
	}, account.ErrLink, `SELECT digest, user_id, expires FROM @links WHERE digest = ?`, digest)
}

func readAccess(row scanner) (a account.Access, err error) {
	var restricted int64
	err = row.Scan(&a.Case, &a.Owner, &restricted)
	a.Restricted = restricted != 0
	return a, err
}

// member is a row of the table of members.
type member struct {
	of string
	account.Member
}

func readMember(row scanner) (m member, err error) {
	var changes int64
	err = row.Scan(&m.of, &m.User, &changes)
	m.Changes = changes != 0
	return m, err
}

var errOpen = errors.New("never set")

func (r reader) Access(ctx context.Context, id string) (account.Access, error) {
	a, err := one(ctx, r.conn, readAccess, errOpen, `SELECT case_id, owner, restricted FROM @access WHERE case_id = ?`, id)
	if errors.Is(err, errOpen) {
		return account.Access{Case: id}, nil
	}
	if err != nil {
		return a, err
	}
	members, err := all(ctx, r.conn, readMember, `SELECT case_id, user_id, changes FROM @members WHERE case_id = ? ORDER BY user_id`, id)
	for _, m := range members {
		a.Members = append(a.Members, m.Member)
	}
	return a, err
}

func (r reader) Accesses(ctx context.Context) (map[string]account.Access, error) {
	list, err := all(ctx, r.conn, readAccess, `SELECT case_id, owner, restricted FROM @access`)
	if err != nil {
		return nil, err
	}
	members, err := all(ctx, r.conn, readMember, `SELECT case_id, user_id, changes FROM @members ORDER BY case_id, user_id`)
	if err != nil {
		return nil, err
	}
	known := make(map[string]account.Access, len(list))
	for _, a := range list {
		known[a.Case] = a
	}
	for _, m := range members {
		a, there := known[m.of]
		if !there { // of a case that was set since the first query: restricted until it is read whole
			a = account.Access{Case: m.of, Restricted: true}
		}
		a.Members = append(a.Members, m.Member)
		known[m.of] = a
	}
	return known, nil
}

func (r reader) Revision(ctx context.Context) (int64, error) {
	return one(ctx, r.conn, func(row scanner) (n int64, err error) { return n, row.Scan(&n) }, errOpen, `SELECT n FROM @access_revision`)
}

func (r reader) Attempts(ctx context.Context, key string) (int, time.Time, error) {
	type attempts struct {
		n     int
		until time.Time
	}
	a, err := one(ctx, r.conn, func(row scanner) (a attempts, err error) {
		var until int64
		err = row.Scan(&a.n, &until)
		a.until = instant(until)
		return a, err
	}, errOpen, `SELECT n, until FROM @attempts WHERE id = ?`, key)
	if errors.Is(err, errOpen) {
		return 0, time.Time{}, nil
	}
	return a.n, a.until, err
}

func (r reader) Audit(ctx context.Context, q account.AuditQuery) ([]account.Entry, int, error) {
	var where []string
	var args []any
	narrow := func(condition string, value any, given bool) {
		if given {
			where, args = append(where, condition), append(args, value)
		}
	}
	narrow(`actor = ?`, q.Actor, q.Actor != "")
	narrow(`operation = ?`, q.Operation, q.Operation != "")
	narrow(`case_id = ?`, q.Case, q.Case != "")
	narrow(`outcome = ?`, q.Outcome, q.Outcome != "")
	narrow(`at >= ?`, millis(q.Since), !q.Since.IsZero())
	narrow(`at <= ?`, millis(q.Until), !q.Until.IsZero())
	clause := func() string {
		if len(where) == 0 {
			return ""
		}
		return ` WHERE ` + strings.Join(where, ` AND `)
	}
	total, err := one(ctx, r.conn, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, errOpen, `SELECT count(*) FROM @audit`+clause(), args...)
	if err != nil {
		return nil, 0, err
	}
	narrow(`id < ?`, q.Before, q.Before > 0)
	limit := ""
	if q.Limit > 0 {
		limit = fmt.Sprintf(` LIMIT %d`, q.Limit)
	}
	entries, err := all(ctx, r.conn, readEntry,
		`SELECT id, at, actor, via, address, operation, case_id, about, outcome, detail FROM @audit`+clause()+` ORDER BY id DESC`+limit, args...)
	return entries, total, err
}

func readEntry(row scanner) (e account.Entry, err error) {
	var at int64
	err = row.Scan(&e.ID, &at, &e.Actor, &e.Via, &e.Address, &e.Operation, &e.Case, &e.About, &e.Outcome, &e.Detail)
	e.At = instant(at)
	return e, err
}
