package investigation

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"clew/internal/casefile"
	"clew/internal/observable"
)

// ErrDiffers means a replay came to other findings than the recorded run.
var ErrDiffers = errors.New("the replay differs from the record")

// A Replayed case is what a recorded run comes to when it is done again.
type Replayed struct {
	Document casefile.Document
	Findings int
	Reads    int
	Digest   string // of the findings, the same as recorded
}

// Replay does the last run of a recorded case again, from nothing but its own
// record, and compares the findings byte by byte. It needs no network and no
// data directory.
func Replay(ctx context.Context, r casefile.Reader, id string) (Replayed, error) {
	record, err := casefile.Load(ctx, r, id)
	if err != nil {
		return Replayed{}, err
	}
	read, found, err := lastRun(ctx, r, id)
	if err != nil {
		return Replayed{}, err
	}
	blob, err := r.GetBlob(ctx, read.Lists)
	if err != nil {
		return Replayed{}, fmt.Errorf("conditions of the run: %w", err)
	}
	under, err := readConditions(blob)
	if err != nil {
		return Replayed{}, err
	}
	reads, err := casefile.LastReads(ctx, r, id)
	if err != nil {
		return Replayed{}, err
	}
	seeds, err := seedValues(record)
	if err != nil {
		return Replayed{}, err
	}
	lists, missing := replayed(under.Lists)
	model, known := under.weights()
	if !known {
		return Replayed{}, fmt.Errorf("%w: it was scored with model %s, which neither the record nor this clew holds: replay it with the clew named in the record", ErrDiffers, under.Model)
	}
	engine := (&Workspace{Model: &model}).engine(reads.Final(), lists, under.At, under.options())
	engine.Searches = replayedSearches(under.Likeness)
	result, err := engine.Investigate(ctx, seeds)
	if err = errors.Join(err, *missing); err != nil {
		return Replayed{}, fmt.Errorf("%w: %w", ErrDiffers, err)
	}
	again, _, err := casefile.FindingsBlob(result.Findings, under.Model)
	if err != nil {
		return Replayed{}, err
	}
	was, err := r.GetBlob(ctx, found.SHA256)
	if err != nil {
		return Replayed{}, err
	}
	if !bytes.Equal(again, was) {
		return Replayed{}, fmt.Errorf("%w: findings have digest %s, the record says %s", ErrDiffers, casefile.DigestOf(again), found.SHA256)
	}
	return Replayed{Document: record.Document(), Findings: len(result.Findings), Reads: reads.Len(), Digest: found.SHA256}, nil
}

func lastRun(ctx context.Context, r casefile.Reader, id string) (read casefile.Read, found casefile.Found, err error) {
	for _, want := range []struct {
		kind    casefile.Type
		payload any
	}{{casefile.TypeRead, &read}, {casefile.TypeFound, &found}} {
		events, err := r.Events(ctx, id, casefile.Query{Types: []casefile.Type{want.kind}, Last: true})
		if err != nil {
			return read, found, err
		}
		if len(events) == 0 {
			return read, found, fmt.Errorf("case %s has no finished run to replay: %w", id, ErrNotRun)
		}
		if err := events[0].Decode(want.payload); err != nil {
			return read, found, err
		}
	}
	return read, found, nil
}

func seedValues(record *casefile.Record) ([]observable.Value, error) {
	values := make([]observable.Value, len(record.Opened.Seeds))
	for i, s := range record.Opened.Seeds {
		v, err := casefile.Value{Kind: s.Kind, Value: s.Value}.Observable()
		if err != nil {
			return nil, fmt.Errorf("seed of case %s: %w", record.Head.Case, err)
		}
		values[i] = v
	}
	return values, nil
}
