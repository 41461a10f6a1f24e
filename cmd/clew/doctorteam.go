package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"clew/internal/account"
	accountfile "clew/internal/account/sqlite"
	"clew/internal/casefile/postgres"
	"clew/internal/database"
	"clew/internal/words"
)

// What the doctor thinks of a database.
const (
	mostSkew        = time.Minute     // between the clocks of machines that share a record
	noticedSkew     = 5 * time.Second // already shows in what happened first
	connectionsLeft = 10              // fewer, and the next server or worker may find none
)

// checkTeam looks at what a team shares: database, accounts, who vouches for them.
func (a *app) checkTeam(ctx context.Context) []check {
	checks := a.checkDatabase(ctx)
	s, err := a.withSecrets()
	if err != nil {
		return checks // said by the check of the configuration
	}
	checks = append(checks, a.checkAccounts(ctx, s)...)
	return append(checks, a.checkProvider(ctx, s.Accounts.OIDC)...)
}

// checkDatabase reaches the team's database, and brings its tables forward as every
// command would: a version that is newer than this clew is said.
func (a *app) checkDatabase(ctx context.Context) []check {
	const what = "database"
	db, err := a.team(ctx)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	if db == nil {
		return nil
	}
	h, err := db.Health(ctx, a.clock, teamParts()...)
	switch {
	case err != nil:
		return []check{{what, "bad", err.Error()}}
	case h.Standby:
		return []check{{what, "bad", db.String() + " is a standby, which takes no writes: name the primary in database: url"}}
	case len(h.Forbidden) > 0:
		return []check{{what, "bad", fmt.Sprintf("the user may not work in %s: run clew database migrate --grant-to USER as the user who owns them, %s", strings.Join(h.Forbidden, ", "), h.Owner)}}
	}
	if _, err := postgres.In(ctx, db); err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	if h, err = db.Health(ctx, a.clock, teamParts()...); err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	checks := []check{{what, "ok", fmt.Sprintf("PostgreSQL %s reached at %s; tables: %s", h.Server, db, strings.Join(h.Parts, ", "))}}
	if at, err := a.databaseAt(""); err == nil && at.Files().Bare() {
		checks = append(checks, check{what, "bad", at.Files().Key + " is the key that this machine proves itself by, and others may read it: chmod 600 it"})
	}
	return append(checks, databaseRemarks(db, h)...)
}

// databaseRemarks are what will be a trouble, or is one that nothing else tells.
func databaseRemarks(db *database.DB, h database.Health) (checks []check) {
	remark := func(state, form string, args ...any) {
		checks = append(checks, check{"database", state, fmt.Sprintf(form, args...)})
	}
	if skew := h.Ahead.Abs(); skew >= noticedSkew {
		state := "note"
		if skew >= mostSkew {
			state = "bad"
		}
		remark(state, "its clock and this machine's are %s apart: keep both by NTP, they date events, leases and sessions", skew.Round(time.Second))
	}
	if left := h.Most - h.Used; left < connectionsLeft {
		remark("bad", "%d of its %d connections are taken: raise max_connections, or lower pool_max_conns in database: url", h.Used, h.Most)
	}
	if !h.MayMake {
		remark("ok", "the user works in the tables and may not change them: an update of clew is followed by clew database migrate as the user who owns them, %s", h.Owner)
	}
	if !h.Encrypted && !onThisMachine(db.String()) {
		remark("bad", "the connection is not encrypted: write sslmode=verify-full in database: url")
	}
	return checks
}

// onThisMachine reports whether a URL leads to loopback.
func onThisMachine(text string) bool {
	at, err := url.Parse(text)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(at.Hostname())
	return at.Hostname() == "localhost" || err == nil && address.IsLoopback()
}

// checkAccounts looks who may sign in, and at the audit.
func (a *app) checkAccounts(ctx context.Context, s settings) []check {
	const what = "accounts"
	dir, err := a.dataDir()
	if err != nil {
		return nil // a check of its own
	}
	at, err := a.databaseAt("")
	wanted := s.Accounts.On || s.Accounts.OIDC.Issuer != ""
	if err != nil || !wanted && at.URL == "" && !exists(filepath.Join(dir, accountfile.FileName)) {
		return nil
	}
	book, done, err := a.book(ctx)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	defer done()
	users, err := book.Users(ctx)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	admins := 0
	for _, u := range users {
		if u.Role == account.Admin && !u.Disabled {
			admins++
		}
	}
	checks := []check{{what, "ok", fmt.Sprintf("%s, %s", words.Count(len(users), "user"), words.Count(admins, "admin"))}}
	switch {
	case len(users) == 0 && wanted:
		checks[0] = check{what, "note", "nobody is there yet: clew serve prints a link for the first admin"}
	case len(users) == 0:
		return nil // a team's database, and nobody signs in
	case admins == 0:
		checks[0] = check{what, "bad", "no admin may sign in: clew user role NAME admin, or clew user enable NAME"}
	}
	newest, total, err := book.Audit(ctx, account.AuditQuery{Limit: 1})
	switch {
	case err != nil:
		checks = append(checks, check{"audit", "bad", err.Error()})
	case total == 0:
		checks = append(checks, check{"audit", "bad", "it is empty although there are users: it was removed; restore it from a backup, and find out who did"})
	default:
		checks = append(checks, check{"audit", "ok", fmt.Sprintf("%s, the last of %s", words.Count(total, "line"), newest[0].At.UTC().Format("2006-01-02 15:04 MST"))})
	}
	return checks
}

// checkProvider asks the identity provider what it is.
func (a *app) checkProvider(ctx context.Context, s oidcSettings) []check {
	const what = "identity provider"
	if s.Issuer == "" {
		return nil
	}
	provider, err := a.provider(s)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	asked, ok := provider.(interface{ Reach(context.Context) error })
	if !ok || a.offline {
		return []check{{what, "note", s.Issuer + " was not asked: this is offline"}}
	}
	if err := asked.Reach(ctx); err != nil {
		return []check{{what, "bad", err.Error() + "; nobody signs in by it until it answers, passwords and tokens work: check accounts: oidc: issuer, and the way there"}}
	}
	if len(s.Roles) == 0 && !s.InvitedOnly {
		return []check{{what, "bad", s.Issuer + " answers, but none of its groups has a role: nobody who is not invited comes in; write accounts: oidc: roles"}}
	}
	return []check{{what, "ok", s.Issuer + " answers"}}
}
