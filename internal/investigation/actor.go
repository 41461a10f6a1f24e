package investigation

import (
	"context"

	"clew/internal/casefile"
)

type (
	actorKey     struct{}
	assistantKey struct{}
)

// As has what is written to a record under ctx named after actor: who is signed in,
// or who asked for the job that is done. "" leaves the workspace's own.
func As(ctx context.Context, actor string) context.Context {
	if actor == "" {
		return ctx
	}
	return context.WithValue(ctx, actorKey{}, actor)
}

// ByAssistant has what is written to a record under ctx marked as an assistant's, for
// whoever it works.
func ByAssistant(ctx context.Context) context.Context {
	return context.WithValue(ctx, assistantKey{}, true)
}

// Assisted reports whether an assistant asks.
func Assisted(ctx context.Context) bool { return ctx.Value(assistantKey{}) != nil }

// ActorOf is who the record names for what is done under ctx.
func (w *Workspace) ActorOf(ctx context.Context) string {
	actor := w.PersonOf(ctx)
	if Assisted(ctx) {
		actor += casefile.AssistantMark
	}
	return actor
}

// PersonOf is whoever answers for what is done under ctx, also by an assistant.
func (w *Workspace) PersonOf(ctx context.Context) string {
	if actor, ok := ctx.Value(actorKey{}).(string); ok {
		return actor
	}
	return w.Actor
}
