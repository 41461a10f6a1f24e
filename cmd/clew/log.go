package main

import (
	"context"
	"log/slog"
	"net"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/journal"
)

// logFlags are those of commands that keep running.
func (a *app) logFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.logFormat, "log-format", journal.Text, "lines about what happens, on standard error: "+strings.Join(journal.Formats(), ", "))
	cmd.Flags().StringVar(&a.logLevel, "log-level", "warn", "least level that is written: debug, info, warn, error; debug writes addresses, which hold values of cases")
}

// startLog begins what a command that keeps running writes about itself. No key,
// token or password that it knows reaches a line.
func (a *app) startLog(s settings, more ...string) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usagef("--log-level %q: there are debug, info, warn, error", a.logLevel)
	}
	log, err := journal.New(a.stderr, journal.Options{Format: a.logFormat, Level: level, Secrets: append(a.knownSecrets(s), more...), Clock: a.clock})
	if err != nil {
		return usageError{err}
	}
	a.logger = log
	return nil
}

// knownSecrets are the values that no line may show: those of the configuration and
// of the environment.
func (a *app) knownSecrets(s settings) []string {
	known := []string{a.getenv("CLEW_DATABASE_PASSWORD"), a.getenv("CLEW_CORPUS_PASSWORD"), a.getenv(passphraseVariable)}
	eachSecret(reflect.ValueOf(s), reflect.ValueOf(s), func(field, _ reflect.Value) {
		if field.Kind() == reflect.String {
			known = append(known, field.String())
		}
	})
	for _, key := range s.keys(a.getenv, a.infos()) { // those of the configuration among them
		known = append(known, key)
	}
	for _, search := range s.SIEM {
		for _, value := range search.Header {
			known = append(known, value)
		}
	}
	return known
}

// supervised runs what keeps running, and tells the supervisor that started it
// when it is ready and when it stops (sd_notify(3)).
func (a *app) supervised(ctx context.Context, addr net.Addr, run func() error) error {
	a.logger.Info("serving", "address", addr.String(), "version", version())
	a.notify("READY=1")
	defer context.AfterFunc(ctx, func() {
		a.logger.Info("stopping: answers under way are finished")
		a.notify("STOPPING=1")
	})()
	err := run()
	if err != nil {
		a.logger.Error("stopped", "error", err)
		return err
	}
	a.logger.Info("stopped")
	return nil
}

// notify sends a state to systemd, where it asks for that.
func (a *app) notify(state string) {
	at := a.getenv("NOTIFY_SOCKET")
	if at == "" {
		return
	}
	if name, abstract := strings.CutPrefix(at, "@"); abstract {
		at = "\x00" + name
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: at, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // it was sent, or not, by now
	}
	if err != nil {
		a.logger.Warn("the supervisor was not told", "state", state, "error", err)
	}
}
