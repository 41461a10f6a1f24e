package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clew/internal/account"
	"clew/internal/account/oidc"
	"clew/internal/account/postgres"
	"clew/internal/account/sqlite"
	"clew/internal/marking"
	"clew/internal/sealed"
	"clew/internal/server"
)

// accountSettings are the part of the configuration that is about accounts:
//
//	accounts:
//	  on: true
//	  own_approval: false      # whether one may approve what one proposed
//	  idle: 1h                 # after which a session that nobody uses ends
//	  longest: 12h             # after which any session ends
//	  requests: 50             # a second of one user that are answered
//	  sessions: 10             # of one user at once
//	  breached: /srv/pwned.txt # passwords that are refused, as text or SHA-1
//	  key: AGE-SECRET-KEY-1…   # seals second factors at rest: clew user key
//	  no_store: false          # whether browsers are to keep no answer at all
//	  folders: [/srv/logs]     # of the server's machine, that everybody who works may read from
//	  oidc: …
type accountSettings struct {
	On          bool          `yaml:"on,omitempty"`
	OwnApproval bool          `yaml:"own_approval,omitempty"`
	Idle        time.Duration `yaml:"idle,omitempty"`
	Longest     time.Duration `yaml:"longest,omitempty"`
	Sessions    int           `yaml:"sessions,omitempty"`
	Requests    int           `yaml:"requests,omitempty"`
	Breached    string        `yaml:"breached,omitempty"`
	Key         string        `yaml:"key,omitempty" secret:"true"`
	NoStore     bool          `yaml:"no_store,omitempty"`
	Folders     []string      `yaml:"folders,omitempty"`
	OIDC        oidcSettings  `yaml:"oidc,omitempty"`
}

// oidcSettings name an identity provider:
//
//	oidc:
//	  issuer: https://login.example
//	  client: clew
//	  secret: …
//	  roles: {soc: analyst, soc-leads: approver, soc-admins: admin}
//	  invited_only: false      # whether only users that are there may come
//	  acr: [urn:example:mfa]   # how strongly they have to have signed in: one of these
//	  amr: [mfa, hwk]          # by what: one of these
type oidcSettings struct {
	Title       string                  `yaml:"title,omitempty"`
	Issuer      string                  `yaml:"issuer,omitempty"`
	Client      string                  `yaml:"client,omitempty"`
	Secret      string                  `yaml:"secret,omitempty" secret:"true"`
	NameClaim   string                  `yaml:"name_claim,omitempty"`
	GroupClaim  string                  `yaml:"group_claim,omitempty"`
	Scopes      []string                `yaml:"scopes,omitempty"`
	Roles       map[string]account.Role `yaml:"roles,omitempty"`
	ACR         []string                `yaml:"acr,omitempty"`
	AMR         []string                `yaml:"amr,omitempty"`
	Ceiling     string                  `yaml:"ceiling,omitempty"`
	InvitedOnly bool                    `yaml:"invited_only,omitempty"`
}

// provider is the identity provider of the configuration, nil for none.
func (a *app) provider(s oidcSettings) (server.Provider, error) {
	if s.Issuer == "" {
		return nil, nil
	}
	ceiling := account.DefaultCeiling
	if s.Ceiling != "" {
		var err error
		if ceiling, err = marking.ParseTLP(s.Ceiling); err != nil {
			return nil, usagef("%w: accounts: oidc: ceiling: %w", errConfig, err)
		}
	}
	p, err := oidc.New(oidc.Config{
		Title: s.Title, Issuer: s.Issuer, Client: s.Client, Secret: s.Secret, NameClaim: s.NameClaim, GroupClaim: s.GroupClaim, Scopes: s.Scopes, Roles: s.Roles, Ceiling: ceiling, ACR: s.ACR, AMR: s.AMR,
	}, a.random)
	if err != nil {
		return nil, usagef("%w: accounts: oidc: %w", errConfig, err)
	}
	return p, nil
}

// rules are the team's, within what makes sense.
func (s accountSettings) rules() (account.Rules, error) {
	rules := account.DefaultRules
	if s.Idle != 0 {
		rules.Idle = s.Idle
	}
	if s.Longest != 0 {
		rules.Longest = s.Longest
	}
	if s.Sessions != 0 {
		rules.Sessions = s.Sessions
	}
	if rules.Sessions < 1 || rules.Sessions > 1000 {
		return rules, usagef("%w: accounts: sessions is between 1 and 1000", errConfig)
	}
	if s.Requests < 0 {
		return rules, usagef("%w: accounts: requests is one a second or more", errConfig)
	}
	rules.OwnApproval, rules.InvitedOnly = s.OwnApproval, s.OIDC.InvitedOnly
	if rules.Idle < time.Minute || rules.Longest < rules.Idle || rules.Longest > 30*24*time.Hour {
		return rules, usagef("%w: accounts: idle is a minute or more, and longest between idle and 720h", errConfig)
	}
	return rules, nil
}

// book opens the accounts: in the team's database where there is one, else in the
// data directory.
func (a *app) book(ctx context.Context) (*account.Book, func(), error) {
	s, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	rules, err := s.Accounts.rules()
	if err != nil {
		return nil, nil, err
	}
	var breached *account.Breached
	if s.Accounts.Breached != "" {
		if breached, err = account.OpenBreached(s.Accounts.Breached); err != nil {
			return nil, nil, usagef("%w: accounts: breached: %w", errConfig, err)
		}
	}
	store, closeStore, err := a.accountStore(ctx)
	if err != nil {
		return nil, nil, err
	}
	cost := a.cost
	if cost == (account.Cost{}) {
		cost = account.Recommended
	}
	b := account.NewBook(store, rules, cost, a.clock, a.random)
	b.RefuseBreached(breached)
	return b, closeStore, nil
}

func (a *app) accountStore(ctx context.Context) (account.Store, func(), error) {
	db, err := a.team(ctx)
	if err != nil {
		return nil, nil, err
	}
	if db == nil {
		dir, err := a.dataDir()
		if err != nil {
			return nil, nil, err
		}
		store, err := sqlite.Open(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		return store, func() { _ = store.Close() }, nil // what matters was acknowledged before
	}
	store, err := postgres.Open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	return store, func() { _ = store.Close() }, nil // the database stays open: others use it
}

// accountsWanted reports whether who asks must sign in: where it was said, and
// always where other machines can ask.
func (a *app) accountsWanted(listen string, s settings, said bool) (bool, error) {
	beyond, err := server.Beyond(listen)
	if err != nil {
		return false, usageError{err}
	}
	if beyond && !s.Serve.encrypts() && len(s.Serve.BehindProxy) == 0 {
		return false, usagef("listen on %q: passwords would cross the network in the clear: name serve: tls, acme or behind_proxy in the configuration", listen)
	}
	return said || s.Accounts.On || beyond, nil
}

// withUsers has jobs done within the rights of the users who asked for them, by a
// process that has no accounts of its own and may take up the jobs of one that has. A
// data directory in which nobody ever had an account stays without.
func (a *app) withUsers(ctx context.Context, work *server.Work) (closeBook func(), err error) {
	if never, err := a.neverKept(sqlite.FileName); never || err != nil {
		return func() {}, err
	}
	if work.Users, closeBook, err = a.book(ctx); err != nil {
		return nil, err
	}
	a.guarded = server.GuardedWork(work.Users)
	return closeBook, nil
}

// withAccounts has a server know its users, and everything that the app opens from
// now on show each what they may see.
func (a *app) withAccounts(ctx context.Context, s accountSettings, o *server.Options) (closeBook func(), err error) {
	if o.Accounts, closeBook, err = a.book(ctx); err != nil {
		return nil, err
	}
	if err := sealFactors(o.Accounts, s.Key); err != nil {
		closeBook()
		return nil, err
	}
	a.guarded = server.Guarded(o.Accounts)
	if o.Provider, err = a.provider(s.OIDC); err != nil {
		closeBook()
		return nil, err
	}
	o.Folders, o.Requests, o.NoStore = s.Folders, s.Requests, s.NoStore
	return closeBook, nil
}

// sealFactors has second factors kept sealed, where there is a key.
func sealFactors(b *account.Book, key string) error {
	if key == "" {
		return nil
	}
	lock := sealed.Lock{Key: key}
	if _, err := sealed.Seal(nil, lock); err != nil {
		return usagef("%w: accounts: key: it is no key: draw one with clew user key", errConfig) // the error may quote it
	}
	b.SealWith(lock)
	return nil
}

// printAccountsLink prints where to sign in, and at the first start how the first
// admin gets in.
func (a *app) printAccountsLink(ctx context.Context, address string, b *account.Book) error {
	secret, err := b.Begin(ctx)
	if err != nil {
		return err
	}
	if secret == "" {
		fmt.Fprintln(a.stdout, address)
		fmt.Fprintln(a.stderr, "serving with accounts: sign in there; stop with Ctrl-C")
		return nil
	}
	fmt.Fprintln(a.stdout, server.SetupLink(strings.TrimRight(address, "/"), secret))
	fmt.Fprintf(a.stderr, "serving with accounts: nobody is there yet. Open the link to become the first admin: it works once, for %d hours\n", int(b.Rules().LinkLife.Hours()))
	return nil
}
