// Package oidc signs people in at an identity provider: OpenID Connect 1.0, the code
// flow with PKCE (RFC 7636), state and nonce (https://openid.net/specs/openid-connect-core-1_0.html).
//
// The library checks signatures and claims (coreos/go-oidc, which Kubernetes uses);
// what a group means, and who may come, is decided here and in package account.
package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	upstream "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"clew/internal/account"
	"clew/internal/marking"
)

// A Config says which provider, and what its groups stand for.
type Config struct {
	Title      string // what people call it
	Issuer     string // https, but for loopback
	Client     string
	Secret     string
	NameClaim  string // preferred_username when empty
	GroupClaim string // groups when empty
	Scopes     []string
	Roles      map[string]account.Role // by group; the highest counts
	Ceiling    marking.TLP             // of users at their first sign-in
	ACR        []string                // how strongly somebody has to have signed in: one of these classes; empty for any
	AMR        []string                // by what: one of these methods at least (RFC 8176); empty for any
}

// ErrProvider means that the provider did not do its part.
var ErrProvider = errors.New("identity provider")

const (
	patience   = 10 * time.Second // for one answer of the provider
	mostAnswer = 1 << 20          // bytes of one
	mostFlow   = 4 << 10          // bytes of what a browser brings back
)

// A Provider is one identity provider. It is asked what it is when somebody signs in
// first: clew starts without it.
type Provider struct {
	config Config
	random io.Reader
	client *http.Client

	mu    sync.Mutex
	found *upstream.Provider // guarded by mu; nil until it answered
}

// New readies a provider.
func New(c Config, random io.Reader) (*Provider, error) {
	at, err := url.Parse(c.Issuer)
	local := err == nil && (at.Hostname() == "127.0.0.1" || at.Hostname() == "localhost" || at.Hostname() == "::1")
	switch {
	case err != nil || at.Host == "" || at.Scheme != "https" && !(local && at.Scheme == "http"):
		return nil, fmt.Errorf("%w: issuer %q is no https address", ErrProvider, c.Issuer)
	case c.Client == "":
		return nil, fmt.Errorf("%w: client is missing: the ID that the provider gave clew", ErrProvider)
	}
	for group, role := range c.Roles {
		if _, err := account.ParseRole(string(role)); err != nil {
			return nil, fmt.Errorf("%w: group %q: %w", ErrProvider, group, err)
		}
	}
	if c.Title == "" {
		c.Title = at.Hostname()
	}
	if c.NameClaim == "" {
		c.NameClaim = "preferred_username"
	}
	if c.GroupClaim == "" {
		c.GroupClaim = "groups"
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"profile", "email"}
	}
	client := &http.Client{Timeout: patience, Transport: bounded{http.DefaultTransport}}
	return &Provider{config: c, random: random, client: client}, nil
}

// bounded reads no more of an answer than any of a provider has.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, mostAnswer), answer.Body}
	return answer, nil
}

// Title is what people call the provider.
func (p *Provider) Title() string { return p.config.Title }

// Issuer is what it calls itself.
func (p *Provider) Issuer() string { return p.config.Issuer }

func (p *Provider) discovered(ctx context.Context) (*upstream.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	found, err := upstream.NewProvider(ctx, p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not say what it is: %w", ErrProvider, p.config.Issuer, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) oauth(at *upstream.Provider, back string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.Client, ClientSecret: p.config.Secret, Endpoint: at.Endpoint(), RedirectURL: back, Scopes: append([]string{upstream.ScopeOpenID}, p.config.Scopes...),
	}
}

// flow is what a browser keeps while it is at the provider.
type flow struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
}

// Reach asks the provider anew what it is.
func (p *Provider) Reach(ctx context.Context) error {
	_, err := upstream.NewProvider(upstream.ClientContext(ctx, p.client), p.config.Issuer)
	if err != nil {
		return fmt.Errorf("%w: %s does not say what it is: %w", ErrProvider, p.config.Issuer, err)
	}
	return nil
}

// Begin returns where to send the browser, and what it must bring back.
func (p *Provider) Begin(ctx context.Context, back string) (address, kept string, err error) {
	ctx = upstream.ClientContext(ctx, p.client)
	at, err := p.discovered(ctx)
	if err != nil {
		return "", "", err
	}
	var f flow
	for _, secret := range []*string{&f.State, &f.Nonce, &f.Verifier} {
		raw := make([]byte, 32)
		if _, err := io.ReadFull(p.random, raw); err != nil {
			return "", "", fmt.Errorf("drawing a secret: %w", err)
		}
		*secret = base64.RawURLEncoding.EncodeToString(raw)
	}
	text, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	ask := []oauth2.AuthCodeOption{upstream.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if len(p.config.ACR) > 0 { // what is asked for is voluntary for the provider; what came is checked
		ask = append(ask, oauth2.SetAuthURLParam("acr_values", strings.Join(p.config.ACR, " ")))
	}
	address = p.oauth(at, back).AuthCodeURL(f.State, ask...)
	return address, base64.RawURLEncoding.EncodeToString(text), nil
}

// Finish checks what the browser came back with, asks the provider who it is, and
// says what that means here.
func (p *Provider) Finish(ctx context.Context, back, kept, state, code string) (account.Voucher, error) {
	var f flow
	text, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil || len(kept) > mostFlow || json.Unmarshal(text, &f) != nil || f.State == "" || f.State != state || code == "" {
		return account.Voucher{}, fmt.Errorf("%w: this sign-in was not begun here, or long ago: begin again", account.ErrSignIn)
	}
	ctx = upstream.ClientContext(ctx, p.client)
	at, err := p.discovered(ctx)
	if err != nil {
		return account.Voucher{}, err
	}
	token, err := p.oauth(at, back).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return account.Voucher{}, fmt.Errorf("%w: it did not take its own code", errors.Join(account.ErrSignIn, ErrProvider))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return account.Voucher{}, fmt.Errorf("%w: no ID token came", ErrProvider)
	}
	id, err := at.Verifier(&upstream.Config{ClientID: p.config.Client}).Verify(ctx, raw)
	if err != nil {
		return account.Voucher{}, fmt.Errorf("%w: its ID token is not good: %w", errors.Join(account.ErrSignIn, ErrProvider), err)
	}
	if id.Nonce != f.Nonce {
		return account.Voucher{}, fmt.Errorf("%w: its ID token is of another sign-in", errors.Join(account.ErrSignIn, ErrProvider))
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return account.Voucher{}, fmt.Errorf("%w: its claims cannot be read: %w", ErrProvider, err)
	}
	if err := p.strong(claims); err != nil {
		return account.Voucher{}, err
	}
	name, _ := claims[p.config.NameClaim].(string)
	return account.Voucher{Issuer: p.config.Issuer, Subject: id.Subject, Name: name, Role: p.role(claims[p.config.GroupClaim]), Ceiling: p.config.Ceiling}, nil
}

// strong checks how somebody signed in at the provider (OpenID Connect Core, 2).
func (p *Provider) strong(claims map[string]any) error {
	if class, _ := claims["acr"].(string); len(p.config.ACR) > 0 && !slices.Contains(p.config.ACR, class) {
		return fmt.Errorf("%w: the provider says acr %q, and %s is wanted", account.ErrSignIn, shown(class), strings.Join(p.config.ACR, " or "))
	}
	if len(p.config.AMR) == 0 {
		return nil
	}
	methods, _ := claims["amr"].([]any)
	for _, method := range methods {
		if name, ok := method.(string); ok && slices.Contains(p.config.AMR, name) {
			return nil
		}
	}
	return fmt.Errorf("%w: the provider does not say in amr that a second factor was given: %s is wanted", account.ErrSignIn, strings.Join(p.config.AMR, " or "))
}

// shown bounds what a provider said, for people.
func shown(text string) string {
	const most = 100
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// role is the highest that any of the groups stands for, "" for none.
func (p *Provider) role(groups any) account.Role {
	var names []string
	switch g := groups.(type) {
	case string:
		names = strings.Fields(g)
	case []any:
		for _, one := range g {
			if name, ok := one.(string); ok {
				names = append(names, name)
			}
		}
	}
	for _, role := range slices.Backward(account.Roles()) {
		for group, stands := range p.config.Roles {
			if stands == role && slices.Contains(names, group) {
				return role
			}
		}
	}
	return ""
}
