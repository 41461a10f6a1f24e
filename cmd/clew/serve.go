package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/server"
	"clew/internal/server/page"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	var assistants mcpFlags
	var accounts bool
	var memory int
	var f workFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "The page and the API, on this machine", Args: cobra.NoArgs,
		Long: `Serves the page for a browser, and over HTTP what the other commands do: the same
core, the same JSON, on loopback only. Whoever has the token in the printed link
may do what you may; it is drawn anew with each start unless CLEW_TOKEN names one.
The flags say what a request gets that leaves them open. Ctrl-C stops running
investigations; the next start, or another worker of the team, goes on with them.
Tools fetch block lists under /feeds/ and STIX by TAXII 2.1 under /taxii2/, with the
token as password.`,
		Example: `  clew serve
  clew serve --listen 127.0.0.1:0 --offline     any free port, and ask nobody whatever is requested
  curl -H "Authorization: Bearer $CLEW_TOKEN" http://127.0.0.1:8777/api/v1/cases
  curl -u "clew:$CLEW_TOKEN" http://127.0.0.1:8777/feeds/edl-domain`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if memory < 1 {
				return usagef("--case-memory: at least 1 MiB")
			}
			return a.serve(cmd.Context(), listen, assistants, accounts, memory, f)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen at; beyond this machine only with TLS or behind a named proxy (default: the configuration's serve: listen, else "+usualAddress+")")
	cmd.Flags().BoolVar(&assistants.read, "mcp", false, "offer the reading tools of clew mcp at /mcp")
	cmd.Flags().BoolVar(&assistants.act, "mcp-act", false, "offer those that act as well, within the flags of this command and as whoever asks may")
	cmd.Flags().IntVar(&f.slots, "slots", 4, "investigations at once; more wait for their turn")
	cmd.Flags().BoolVar(&f.none, "no-work", false, "leave investigations to clew worker, and do only what needs this machine's files")
	cmd.Flags().BoolVar(&accounts, "accounts", false, "for a team: everybody signs in, with a role; always on beyond this machine")
	cmd.Flags().IntVar(&memory, "case-memory", server.DefaultCaseMemory, "MiB of memory for cases that were read, about; those unused for longest leave it first")
	a.askFlags(cmd)
	a.logFlags(cmd)
	return cmd
}

// openAPICommand prints what the page's types are generated from.
func (a *app) openAPICommand() *cobra.Command {
	return &cobra.Command{
		Use: "openapi", Short: "The description of the API (OpenAPI 3.1), as clew serve gives it at /openapi.json", Args: cobra.NoArgs,
		Example: `  clew openapi > clew.json`,
		RunE: func(*cobra.Command, []string) error {
			text, err := server.OpenAPI(version())
			if err != nil {
				return err
			}
			_, err = io.WriteString(a.stdout, text)
			return err
		},
	}
}

// leastToken is the least length of a token that somebody chose.
const leastToken = 16

// tokenCharacters are those that an address and a cookie hold as they stand
// (RFC 3986, 2.3): net/http drops others from a cookie, which then opens nothing.
const tokenCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

func (a *app) serve(ctx context.Context, listen string, assistants mcpFlags, accounts bool, memory int, f workFlags) error {
	if err := a.bounds(&investigation.Request{}); err != nil {
		return err // better now than with every request
	}
	token := a.getenv("CLEW_TOKEN")
	switch {
	case token == "":
		token = rand.Text() // 128 bits
	case len(token) < leastToken:
		return usagef("CLEW_TOKEN has less than %d characters: leave it out to have one drawn", leastToken)
	case strings.Trim(token, tokenCharacters) != "":
		return usagef("CLEW_TOKEN: use letters, digits and -._~ only: it goes into links and cookies")
	}
	settings, err := a.withSecrets()
	if err != nil {
		return err
	}
	place, err := server.ParsePlace(settings.Serve.URL, settings.Serve.BehindProxy)
	if err != nil {
		return usagef("%w: serve: %w", errConfig, err)
	}
	if err := a.startLog(settings, token); err != nil {
		return err
	}
	encrypted, err := a.transportSecurity(ctx, settings.Serve)
	if err != nil {
		return err
	}
	work, err := f.work(a)
	if err != nil {
		return err
	}
	a.connectors() // read once, before requests run side by side
	at := cmp.Or(listen, settings.Serve.Listen, usualAddress)
	options := server.Options{Token: token, Version: version(), Clock: a.clock, Page: page.Handler, Place: place, TLS: encrypted, Log: a.logger, Work: work, CaseMemory: memory}
	if accounts, err = a.accountsWanted(at, settings, accounts); err != nil {
		return err
	}
	var closeBook func()
	if accounts {
		closeBook, err = a.withAccounts(ctx, settings.Accounts, &options)
	} else {
		closeBook, err = a.withUsers(ctx, &options.Work)
	}
	if err != nil {
		return err
	}
	defer closeBook()
	mount, err := assistants.ready(a)
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx, at, accounts)
	if err != nil {
		return usageError{err}
	}
	options.Core, options.Feeds = core{a}, feeds{a}.handlers()
	s, err := server.New(listener.Addr(), options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := mount(s); err != nil {
		return errors.Join(err, listener.Close(), s.Close())
	}
	link := settings.Serve.link(listener.Addr())
	switch {
	case accounts:
		if err := a.printAccountsLink(ctx, link, options.Accounts); err != nil {
			return errors.Join(err, listener.Close(), s.Close())
		}
	case a.getenv("CLEW_TOKEN") == "":
		fmt.Fprintln(a.stdout, link+"?token="+token)
	default:
		fmt.Fprintln(a.stdout, link) // who chose the token knows it
	}
	if !accounts && settings.Serve.URL == "" {
		fmt.Fprintln(a.stderr, "serving on this machine only; open the link, stop with Ctrl-C")
	}
	go a.obtainCertificates(encrypted, settings.Serve.ACME.Domains) // the listener takes the authority's visit already
	return a.supervised(ctx, listener.Addr(), func() error { return s.Serve(ctx, listener) })
}

// core lets the server call what the commands call.
type core struct{ *app }

// Open implements [server.Core].
func (c core) Open(needs investigation.Needs) (*investigation.Workspace, error) {
	return c.workspace(needs)
}

// as returns the app as if started with the flags that a request stands for.
func (c core) as(ask server.Ask) *app {
	run := *c.app
	run.stdout = io.Discard
	run.offline = run.offline || ask.Offline
	run.tlp, run.pap = cmp.Or(ask.TLP, run.tlp), cmp.Or(ask.PAP, run.pap)
	run.since, run.until = cmp.Or(ask.Since, run.since), cmp.Or(ask.Until, run.until)
	run.asOf = cmp.Or(ask.AsOf, run.asOf)
	run.depth, run.maxHolders = cmp.Or(ask.Depth, run.depth), cmp.Or(ask.MaxHolders, run.maxHolders)
	if len(ask.Budget) > 0 {
		run.budget = ask.Budget
	}
	return &run
}

// Under implements [server.Core].
func (c core) Under(d server.Defaults, offline bool) server.Core {
	run := c.as(server.Ask{
		TLP: d.TLP, PAP: d.PAP, Since: d.Since, Until: d.Until, AsOf: d.AsOf, Depth: d.Depth, MaxHolders: d.MaxHolders, Budget: d.Budget, Offline: offline,
	})
	run.since, run.until, run.asOf = d.Since, d.Until, d.AsOf // those of this process do not count
	return core{run}
}

// requestOf reads the part of a request that is no flag of the server.
func requestOf(ask server.Ask) (investigation.Request, error) {
	req := investigation.Request{CaseID: ask.Case, Scope: cmp.Or(ask.Scope, "hunt"), Ungrouped: ask.Ungrouped}
	confidence := 100
	if ask.Confidence != nil {
		confidence = *ask.Confidence
	}
	for _, text := range ask.Indicators {
		v, err := indicator(text)
		if err != nil {
			return req, err
		}
		req.Seeds = append(req.Seeds, investigation.Seed{Value: v, Source: ask.SeedSource, Confidence: confidence})
	}
	switch {
	case len(req.Seeds) == 0 && req.CaseID == "":
		return req, usagef("no indicator given: name one, or a case to continue")
	case len(req.Seeds) > 0 && req.CaseID != "":
		return req, usagef("a case is continued with its own seeds: leave the indicators out")
	}
	return req, nil
}

// Request implements [server.Core].
func (c core) Request(ctx context.Context, ask server.Ask) (investigation.Request, func(), error) {
	run := c.as(ask)
	req, err := requestOf(ask)
	req.PAPNamed = ask.PAP != ""
	if err == nil {
		err = run.bounds(&req)
	}
	if err == nil {
		err = run.checkSeeds(req, ask.Anyway)
	}
	if err != nil {
		return req, nil, refused(err)
	}
	done, err := run.wayOut(ctx, &req)
	return req, done, refused(err)
}

// DryRun implements [server.Core].
func (c core) DryRun(ctx context.Context, w *investigation.Workspace, ask server.Ask) ([]server.Question, error) {
	run := c.as(ask)
	req, err := requestOf(ask)
	if err == nil {
		err = run.bounds(&req)
	}
	if err != nil {
		return nil, refused(err)
	}
	return run.questions(ctx, req, func(ctx context.Context, v observable.Value) ([]corpus.Answer, error) {
		return run.stillFresh(ctx, w, v)
	})
}

// Points implements [server.Core].
func (c core) Points(ctx context.Context, w *investigation.Workspace, v observable.Value, maxHolders int) ([]pivot.Point, error) {
	bounds, err := c.as(server.Ask{MaxHolders: maxHolders}).engineBounds()
	if err != nil {
		return nil, refused(err)
	}
	return w.Points(ctx, v, bounds)
}

// Sources implements [server.Core].
func (c core) Sources(ctx context.Context) ([]server.Source, error) { return c.sourceLines(ctx) }

// Quotas implements [server.Core].
func (c core) Quotas(ctx context.Context) ([]server.Quota, error) { return c.quotas(ctx) }

// UnderPolicy implements [server.Core].
func (c core) UnderPolicy(doc casefile.Document) (casefile.Document, error) {
	return c.underPolicy(doc)
}

// refused marks what is wrong with the request itself.
func refused(err error) error {
	var usage usageError
	if errors.As(err, &usage) {
		return server.Refused{Err: err}
	}
	return err
}

// WouldAsk implements [server.Core].
func (c core) WouldAsk(ctx context.Context, w *investigation.Workspace, ask server.Ask, values []observable.Value) ([]server.Question, error) {
	run := c.as(ask)
	var req investigation.Request
	if err := run.bounds(&req); err != nil {
		return nil, refused(err)
	}
	for _, v := range values {
		req.Seeds = append(req.Seeds, investigation.Seed{Value: v})
	}
	return run.questions(ctx, req, func(ctx context.Context, v observable.Value) ([]corpus.Answer, error) {
		return run.stillFresh(ctx, w, v)
	})
}

// PolicyMark implements [server.Core].
func (c core) PolicyMark() string { return c.policyMark() }
