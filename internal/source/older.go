package source

import (
	"context"
	"errors"
)

// OrOlder returns an asker for a provider whose recordings are partly of an
// interface it has replaced: what ask never saw recorded is looked for again as
// older puts it. A live provider is only asked the new way, since it never
// answers [ErrNotRecorded].
func OrOlder(ask Asker, older func(Request) (Request, bool)) Asker {
	return orOlder{ask, older}
}

type orOlder struct {
	Asker
	older func(Request) (Request, bool)
}

// Ask implements [Asker].
func (o orOlder) Ask(ctx context.Context, r Request) (Reply, error) {
	reply, err := o.Asker.Ask(ctx, r)
	if errors.Is(err, ErrNotRecorded) {
		if old, ok := o.older(r); ok {
			return o.Asker.Ask(ctx, old)
		}
	}
	return reply, err
}
