package casefile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Label is a verdict on a finding with the evidence as it stood when it was
// given: analysts teach the model by what they saw, not by what came later.
type Label struct {
	Case     string
	Finding  Finding // as the last run before the verdict found it
	Accepted bool
}

// Labels collects the verdicts of every case on whole findings, each finding's
// last one. Verdicts on values that no run had found yet say nothing about a
// sum, and are left out.
func Labels(ctx context.Context, r Reader) ([]Label, error) {
	heads, err := r.Cases(ctx)
	if err != nil {
		return nil, err
	}
	var out []Label
	for _, head := range heads {
		labels, err := labelsOf(ctx, r, head.Case)
		if err != nil {
			return nil, fmt.Errorf("verdicts of case %s: %w", head.Case, err)
		}
		out = append(out, labels...)
	}
	return out, nil
}

func labelsOf(ctx context.Context, r Reader, id string) ([]Label, error) {
	events, err := r.Events(ctx, id, Query{Types: []Type{TypeFound, TypeAccepted, TypeRejected, TypeUndone}})
	if err != nil {
		return nil, err
	}
	if events, err = standing(events, TypeFound, TypeAccepted, TypeRejected); err != nil {
		return nil, err
	}
	var found *Found
	last := map[Value]Label{}
	blobs := map[string][]Finding{}
	for _, e := range events {
		if e.Type == TypeFound {
			if found, err = decoded[Found](e); err != nil {
				return nil, err
			}
			continue
		}
		v, err := decoded[Verdict](e)
		if err != nil {
			return nil, err
		}
		if v.Relation != "" || found == nil {
			continue
		}
		findings, known := blobs[found.SHA256]
		if !known {
			blob, err := r.GetBlob(ctx, found.SHA256)
			if err != nil {
				return nil, err
			}
			if findings, err = ReadFindings(blob); err != nil {
				return nil, errors.Join(ErrDamaged, err)
			}
			blobs[found.SHA256] = findings
		}
		at := slices.IndexFunc(findings, func(f Finding) bool { return f.Kind == v.About.Kind && f.Value == v.About.Value })
		if at >= 0 {
			last[v.About] = Label{Case: id, Finding: findings[at], Accepted: e.Type == TypeAccepted}
		}
	}
	out := make([]Label, 0, len(last))
	for _, label := range last {
		out = append(out, label)
	}
	slices.SortFunc(out, func(a, b Label) int {
		return cmp.Or(cmp.Compare(a.Finding.Kind, b.Finding.Kind), cmp.Compare(a.Finding.Value, b.Finding.Value))
	})
	return out, nil
}
