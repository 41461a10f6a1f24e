package casefile

import (
	"errors"
	"fmt"
	"time"
)

// ScanHead reads a row of id, seq, hash, opened and changed, as engines on SQL
// keep the head of a case; times are in [TimeLayout].
func ScanHead(row interface{ Scan(dest ...any) error }) (Head, error) {
	var head Head
	var opened, changed string
	var seq int64
	if err := row.Scan(&head.Case, &seq, &head.Hash, &opened, &changed); err != nil {
		return Head{}, err
	}
	if seq < 1 {
		return Head{}, fmt.Errorf("%w: case %s has %d events", ErrDamaged, head.Case, seq)
	}
	head.Seq = uint64(seq)
	var errs [2]error
	head.Opened, errs[0] = time.Parse(TimeLayout, opened)
	head.Changed, errs[1] = time.Parse(TimeLayout, changed)
	if err := errors.Join(errs[:]...); err != nil {
		return Head{}, fmt.Errorf("%w: times of case %s: %w", ErrDamaged, head.Case, err)
	}
	return head, nil
}
