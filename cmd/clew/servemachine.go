package main

import (
	"context"
	"errors"
	"net/url"

	"clew/internal/investigation"
	"clew/internal/server"
)

// errOffline means that a real question was asked of a server that asks nobody.
var errOffline = errors.New("the server was started with --offline: it asks nobody")

// Status implements [server.Machine].
func (c core) Status() server.Status {
	status := server.Status{
		Version: version(), Corpus: "embedded", Actor: actor(c.getenv), Offline: c.offline, Replay: c.replay,
		Defaults: server.Defaults{
			Scope: "hunt", TLP: c.tlp, PAP: c.pap, Budget: append([]string{}, c.budget...), Depth: c.depth, MaxHolders: c.maxHolders,
			AsOf: c.asOf, Since: c.since, Until: c.until,
		},
	}
	if dir, err := c.dataDir(); err == nil {
		status.Data = dir
	}
	if remote, err := c.remoteCorpus(); err == nil && remote.URL != "" {
		status.Corpus = withoutUser(remote.URL)
	}
	if model, err := c.model.load(); err == nil {
		status.Model = model.Version
	}
	return status
}

// withoutUser is the URL of a server as it may be shown.
func withoutUser(text string) string {
	at, err := url.Parse(text)
	if err != nil {
		return "a server"
	}
	at.User = nil
	return at.String()
}

// Doctor implements [server.Machine].
func (c core) Doctor(ctx context.Context, w *investigation.Workspace) []server.Check {
	var checks []server.Check
	for _, one := range c.examine(ctx, w) {
		checks = append(checks, server.Check(one))
	}
	return checks
}

// TestSource implements [server.Machine].
func (c core) TestSource(ctx context.Context, name string) (server.SourceTest, error) {
	if c.offline {
		return server.SourceTest{}, server.Refused{Err: errOffline}
	}
	test, err := c.as(server.Ask{}).askHarmless(ctx, name)
	return test, refused(err)
}
