package server

import (
	"context"
	"errors"
	"fmt"

	"clew/internal/casefile"
	"clew/internal/marking"
)

type ceilingKey struct{}

// UpTo is a context in which only cases are there that are marked no stricter, of a
// record that is [Ceiled].
func UpTo(ctx context.Context, most marking.TLP) context.Context {
	return context.WithValue(ctx, ceilingKey{}, most)
}

// Ceiled is a record in which who asks under [UpTo] finds no case above it.
func Ceiled() func(casefile.Store) casefile.Store {
	known := &marks{of: map[string]marking.TLP{}}
	return func(store casefile.Store) casefile.Store {
		return &ceiled{store, &guarded{Store: store, marks: known}}
	}
}

type ceiled struct {
	casefile.Store
	marked *guarded // knows how cases are marked
}

// see is [casefile.ErrNoCase] for a case above the ceiling, and one that is not there.
func (c *ceiled) see(ctx context.Context, id string) error {
	most, bounded := ctx.Value(ceilingKey{}).(marking.TLP)
	if !bounded {
		return nil
	}
	mark, err := c.marked.marking(ctx, id)
	if err == nil && mark.StricterThan(most) {
		err = fmt.Errorf("%w: %s", casefile.ErrNoCase, id)
	}
	return err
}

// Cases implements [casefile.Reader].
func (c *ceiled) Cases(ctx context.Context) ([]casefile.Head, error) {
	heads, err := c.Store.Cases(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]casefile.Head, 0, len(heads))
	for _, head := range heads {
		switch err := c.see(ctx, head.Case); {
		case err == nil:
			shown = append(shown, head)
		case !errors.Is(err, casefile.ErrNoCase):
			return nil, err
		}
	}
	return shown, nil
}

// Head implements [casefile.Reader].
func (c *ceiled) Head(ctx context.Context, id string) (casefile.Head, error) {
	if err := c.see(ctx, id); err != nil {
		return casefile.Head{}, err
	}
	return c.Store.Head(ctx, id)
}

// Events implements [casefile.Reader].
func (c *ceiled) Events(ctx context.Context, id string, q casefile.Query) ([]casefile.Event, error) {
	if err := c.see(ctx, id); err != nil {
		return nil, err
	}
	return c.Store.Events(ctx, id, q)
}

// Append implements [casefile.Store]. Cases are opened by jobs, for which the ceiling
// was looked at when they were asked for.
func (c *ceiled) Append(ctx context.Context, id string, entries ...casefile.Entry) ([]casefile.Event, error) {
	if err := c.see(ctx, id); err != nil {
		return nil, err
	}
	return c.Store.Append(ctx, id, entries...)
}

// AppendUnless implements [casefile.Store].
func (c *ceiled) AppendUnless(ctx context.Context, id string, news casefile.Query, entries ...casefile.Entry) ([]casefile.Event, error) {
	if err := c.see(ctx, id); err != nil {
		return nil, err
	}
	return c.Store.AppendUnless(ctx, id, news, entries...)
}
