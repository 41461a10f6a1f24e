package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile/postgres"
)

// healthWithin bounds a look at a server, its database included.
const healthWithin = 8 * time.Second

func (a *app) healthCommand() *cobra.Command {
	var base bool
	cmd := &cobra.Command{
		Use: "health", Short: "Ask the clew serve of this machine whether it can work", Args: cobra.NoArgs,
		Long: `Asks /readyz of the server that the configuration's serve: says, on loopback, and
fails when it does not answer well. With --database it looks instead whether the
team's database can be reached, which is what a worker needs. For supervisors and
containers.`,
		Example: "  clew health\n  clew health --database",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), healthWithin)
			defer cancel()
			if base {
				return a.databaseHealth(ctx)
			}
			return a.serverHealth(ctx)
		},
	}
	cmd.Flags().BoolVar(&base, "database", false, "look whether the team's database can be reached")
	return cmd
}

func (a *app) databaseHealth(ctx context.Context) error {
	at, err := a.databaseAt("")
	if err != nil {
		return err
	}
	if at.URL == "" {
		return usagef("no database is configured")
	}
	store, err := postgres.Open(ctx, at)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "ok")
	return nil
}

func (a *app) serverHealth(ctx context.Context) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	listen := cmp.Or(s.Serve.Listen, usualAddress)
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return usagef("%w: serve: listen %q", errConfig, listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if s.Serve.encrypts() {
		scheme = "https"
	}
	// It is asked by address, and answers without any secret: whose certificate it
	// has does not matter here.
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: s.Serve.name()}}} //nolint:gosec // see above
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := web.Do(ask)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // only the status counts
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", answer.Status)
	}
	fmt.Fprintln(a.stdout, "ok")
	return nil
}
