package main

import (
	"cmp"
	"context"

	"clew/internal/investigation"
	"clew/internal/response/deliver"
	"clew/internal/server"
)

// Recipients implements [server.Escalating].
func (c core) Recipients() ([]server.Recipient, error) {
	s, err := c.withSecrets()
	if err != nil {
		return nil, refused(err)
	}
	to, err := c.recipients(s, nil)
	if err != nil {
		return nil, refused(err)
	}
	list := make([]server.Recipient, len(to))
	for i, r := range to {
		list[i] = server.Recipient{Name: r.Name, Kind: r.Kind, Severity: r.Severity, TLP: cmp.Or(r.TLP, deliver.DefaultTLP)}
	}
	return list, nil
}

// Escalate implements [server.Escalating].
func (c core) Escalate(ctx context.Context, w *investigation.Workspace, id string, o server.Telling) (server.Told, error) {
	told, err := c.tell(ctx, w, id, escalateFlags{to: o.To, dry: o.DryRun})
	return told, refused(err)
}
