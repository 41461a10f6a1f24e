package main

import (
	"context"

	"clew/internal/investigation"
	"clew/internal/response/decision"
	"clew/internal/server"
)

// Actions implements [server.Deciding].
func (c core) Actions(ctx context.Context, w *investigation.Workspace, id string, bands, kinds []string, measure bool) ([]server.Decision, error) {
	rows, err := c.actions(ctx, w, id, actFlags{bands: bands, kinds: kinds, measure: measure})
	return rows, refused(err)
}

// Act implements [server.Deciding].
func (c core) Act(ctx context.Context, w *investigation.Workspace, id string, o server.Order) (server.Acted, error) {
	acted, err := c.carryOut(ctx, w, id, decision.Verb(o.Verb), o.Indicators, actFlags{
		bands: o.Bands, kinds: o.Kinds, all: o.All, reason: o.Reason, action: o.Action, expires: o.Expires, approver: o.Approver, dry: o.DryRun, fourEyes: o.FourEyes,
	})
	return acted, refused(err)
}
