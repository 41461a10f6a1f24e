package investigation

import "context"

type actorKey struct{}

// As has what is written to a record under ctx named after actor: who is signed in,
// or who asked for the job that is done. "" leaves the workspace's own.
func As(ctx context.Context, actor string) context.Context {
	if actor == "" {
		return ctx
	}
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf is who the record names for what is done under ctx.
func (w *Workspace) ActorOf(ctx context.Context) string {
	if actor, ok := ctx.Value(actorKey{}).(string); ok {
		return actor
	}
	return w.Actor
}
