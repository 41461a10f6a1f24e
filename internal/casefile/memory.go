package casefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// A Memory remembers the findings that a case was last read with, which are most
// of it, so that it is read again quickly when only a note was added. The zero
// Memory remembers nothing. It is for one goroutine at a time.
type Memory struct {
	// Outline leaves the factors and paths of findings out: a tenth of the memory,
	// and half the time. It is set before the first Load.
	Outline bool

	digest   string
	findings []Finding // as the run found them
}

// Load is [Load] with what is remembered.
func (m *Memory) Load(ctx context.Context, r Reader, id string) (*Record, error) {
	head, events, err := whole(ctx, r, id)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].Type != TypeOpened {
		return nil, fmt.Errorf("%w: case %s does not start with its opening: run clew case verify %s", ErrDamaged, id, id)
	}
	record, err := sum(head, events)
	if err != nil {
		return nil, err
	}
	if record.found != nil {
		if err := m.read(ctx, r, record.found.SHA256); err != nil {
			return nil, fmt.Errorf("findings of case %s: %w", id, err)
		}
		record.Findings = slices.Clone(m.findings)
	}
	record.overlay()
	return record, nil
}

func (m *Memory) read(ctx context.Context, r Reader, digest string) error {
	if m.digest == digest {
		return nil
	}
	blob, err := r.GetBlob(ctx, digest)
	if err != nil {
		return err
	}
	findings, err := readFindings(blob, m.Outline)
	if err != nil {
		return err
	}
	m.digest, m.findings = digest, findings
	return nil
}

// share is how many findings one goroutine reads: fewer are not worth another.
const share = 2000

// ReadFindings reads what FindingsBlob wrote.
func ReadFindings(snapshot []byte) ([]Finding, error) { return readFindings(snapshot, false) }

func readFindings(snapshot []byte, outline bool) ([]Finding, error) {
	lines := slices.Collect(bytes.Lines(snapshot))
	if len(lines) == 0 {
		return nil, nil
	}
	findings := make([]Finding, len(lines))
	parts := min(len(lines)/share+1, runtime.GOMAXPROCS(0))
	errs := make([]error, parts)
	var wait sync.WaitGroup
	for part := range parts {
		wait.Go(func() {
			reader := &scan{outline: outline}
			for i := part * len(lines) / parts; i < (part+1)*len(lines)/parts; i++ {
				if err := reader.readFinding(lines[i], &findings[i]); err != nil {
					errs[part] = fmt.Errorf("%w: finding %d: %w", ErrDamaged, i+1, err)
					return
				}
			}
		})
	}
	wait.Wait()
	return findings, errors.Join(errs...)
}
