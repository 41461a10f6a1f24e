package custom

import (
	"context"
	"fmt"

	"clew/internal/observable"
	"clew/internal/source"
)

// maxNotes bounds the notes kept of one reply.
const maxNotes = 200

// A Note says what of a reply was dropped and why.
type Note struct {
	Row  int // from 1; 0 for the reply as a whole
	Text string
}

func (r *reading) note(row int, format string, args ...any) {
	if len(r.notes) >= maxNotes {
		r.unnoted++
		return
	}
	r.notes = append(r.notes, Note{row, fmt.Sprintf(format, args...)})
}

// A Mapping is what a source makes of one reply.
type Mapping struct {
	Answer  source.Answer // as [Source.Observe] would return it; Parts says how the endpoint ended
	Rows    int           // results on the page
	Notes   []Note
	Unnoted int    // notes beyond those kept
	Next    string // address of the next page, "" for none, or without a value
}

// Map reads one reply as the endpoint of that name would, and asks nobody. The
// name may be "" when there is only one. v is what was asked about, for programs
// that need it; it may be zero. An error means that endpoint and value do not
// fit; whatever is wrong with the reply is in the mapping.
func (s *Source) Map(ctx context.Context, name string, v observable.Value, reply source.Reply) (Mapping, error) {
	e, err := s.named(name)
	if err != nil {
		return Mapping{}, err
	}
	here := place{page: 1}
	if !v.IsZero() {
		if here, err = e.start(ctx, v); err != nil {
			return Mapping{}, err
		}
	}
	if reply.Status == 0 {
		reply.Status = 200
	}
	var mapping Mapping
	mapping.Answer, err = source.Follow(ctx, judge{given{reply}, s.states}, source.Question{Value: v}, source.Endpoint{
		Name: e.name,
		Decode: func(reply source.Reply) (source.Page, error) {
			r := e.read(ctx, here, reply)
			mapping.Rows, mapping.Notes, mapping.Unnoted = r.page.Rows, r.notes, r.unnoted
			if !v.IsZero() {
				mapping.Next = r.page.Next.URL
			}
			return r.page, r.err
		},
	})
	return mapping, err
}

// given is an asker with one reply.
type given struct{ reply source.Reply }

// Ask implements [source.Asker].
func (g given) Ask(context.Context, source.Request) (source.Reply, error) { return g.reply, nil }
