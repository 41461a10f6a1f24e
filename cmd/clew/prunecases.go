package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
)

// keptCases say when closed cases leave the record for an archive.
type keptCases struct {
	Closed  int      `yaml:"closed,omitempty"`  // days since they were closed, and nothing was added
	TLP     []string `yaml:"tlp,omitempty"`     // only of these markings; empty for all
	Archive string   `yaml:"archive,omitempty"` // folder of bundles
}

func (k keptCases) check() error {
	if k.Closed > 0 && k.Archive == "" {
		return usagef("%w: retention: cases: name the folder of the archive: a case leaves the record only for a bundle", errConfig)
	}
	for _, text := range k.TLP {
		if _, err := marking.ParseTLP(text); err != nil {
			return usagef("%w: retention: cases: %w", errConfig, err)
		}
	}
	return nil
}

func (k keptCases) marked(tlp string) bool {
	return len(k.TLP) == 0 || slices.ContainsFunc(k.TLP, func(text string) bool {
		one, err := marking.ParseTLP(text)
		return err == nil && string(one) == tlp
	})
}

// oldCases are closed cases that nobody added to for long enough.
func (a *app) oldCases(ctx context.Context, kept keptCases) ([]doomed, error) {
	if kept.Closed == 0 {
		return nil, nil
	}
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return nil, err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	heads, err := w.Cases.Cases(ctx)
	if err != nil {
		return nil, err
	}
	before := a.daysAgo(kept.Closed)
	var list []doomed
	for _, head := range heads {
		if !head.Changed.Before(before) {
			continue
		}
		record, err := casefile.Load(ctx, w.Cases, head.Case)
		if err != nil {
			return list, err
		}
		if record.State != casefile.StateClosed || !kept.marked(record.Opened.TLP) {
			continue
		}
		list = append(list, doomed{
			What: "case", Name: head.Case, Items: 1, Bytes: -1, Reason: fmt.Sprintf("closed since %s, kept for %d days", head.Changed.Format(time.DateOnly), kept.Closed),
			remove: func(ctx context.Context) error { return a.archiveCase(ctx, head, kept) },
		})
	}
	return list, nil
}

// archiveCase writes a case to a bundle, reads the bundle back, and then takes the
// case out of the record, which keeps where it went.
func (a *app) archiveCase(ctx context.Context, head casefile.Head, kept keptCases) error {
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what was removed is committed
	store, ok := w.Cases.(casefile.Remover)
	if !ok {
		return errors.New("cases cannot be taken out of this record")
	}
	own, err := casefile.OwnBlobs(ctx, store, head.Case)
	if err != nil {
		return err
	}
	name, sum, err := a.bundleInto(ctx, store, head, kept.Archive)
	if err != nil {
		return fmt.Errorf("%w\n  the case stays in the record", err)
	}
	err = store.Remove(ctx, casefile.Removed{
		Case: head.Case, Events: head.Seq, Head: head.Hash, At: a.clock().UTC().Truncate(time.Second), Actor: w.Actor,
		Reason: fmt.Sprintf("closed for more than %d days", kept.Closed), Archive: name, SHA256: sum,
	})
	if err != nil {
		return err
	}
	for _, digest := range own {
		if _, err := store.DropBlob(ctx, digest); err != nil {
			return err
		}
	}
	return nil
}

// bundleInto writes the bundle of a case into a folder and reads it back: every
// hash and raw answer of it, up to the head that the record has.
func (a *app) bundleInto(ctx context.Context, r casefile.Reader, head casefile.Head, folder string) (name, sum string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", "", err
	}
	name = filepath.Join(folder, fmt.Sprintf("%s-%.12s.zip", head.Case, head.Hash))
	temp, err := os.CreateTemp(folder, ".bundle-*")
	if err != nil {
		return "", "", err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // fails, as it should, once renamed
	digest := sha256.New()
	err = casefile.WriteBundle(ctx, io.MultiWriter(temp, digest), r, head.Case, version())
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return "", "", err
	}
	b, err := casefile.OpenBundle(ctx, temp.Name())
	if err != nil {
		return "", "", err
	}
	there, err := b.Head(ctx, b.ID())
	if err = errors.Join(err, b.Close()); err != nil {
		return "", "", err
	}
	if there.Hash != head.Hash || there.Seq != head.Seq {
		return "", "", fmt.Errorf("%w: %s", casefile.ErrWentOn, head.Case)
	}
	return name, hex.EncodeToString(digest.Sum(nil)), os.Rename(temp.Name(), name)
}
