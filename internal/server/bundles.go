package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// Bundling is the part of a [Core] that reads cases of others.
type Bundling interface {
	// TakeIn adds the case of a bundle to the record.
	TakeIn(ctx context.Context, w *investigation.Workspace, b *casefile.Bundle, trusted bool) (casefile.Pushed, error)
}

// ErrUntrusted means that a bundle decides beyond its own case, and nobody said
// that it may.
var ErrUntrusted = errors.New("the bundle decides beyond its own case")

// maxBundle bounds an upload, in bytes: twice what one raw answer may have, and
// far above what a case has come to. A larger one is read by the command line.
const maxBundle = 512 << 20

// A Replayed is a recorded run that was done again, with the same findings byte
// by byte.
type Replayed struct {
	Case     string            `json:"case"`
	Findings int               `json:"findings"`
	Reads    int               `json:"reads" doc:"corpus questions that were answered from the record"`
	Digest   string            `json:"digest" doc:"SHA-256 of the findings, the same as recorded"`
	Document casefile.Document `json:"document"`
}

type bundleInput struct{ Upload }

type takeInput struct {
	Upload
	Trusted bool `query:"trusted" doc:"what it approved, and its verdicts for every case, count here as your own"`
}

func (s *service) registerBundles(api huma.API) {
	again := post(account.Read, "replay", "/cases/{case}/replay", "Do a recorded run again, from nothing but its own record", "As clew case replay CASE. 409 when it does not come to the same findings.")
	again.BodyReadTimeout = uploadWithin
	again.Errors = []int{http.StatusNotFound, http.StatusConflict}
	register(api, again, func(ctx context.Context, in *CaseName) (Replayed, error) {
		id, err := s.resolve(ctx, in.Case)
		if err != nil {
			return Replayed{}, err
		}
		return replayed(ctx, s.cases.Cases, id)
	})
	replay := uploaded(post(account.Work, "replay-bundle", "/bundles/replay", "Check a bundle, and do its run again",
		"As clew case replay FILE. The body is the bundle. Nothing of it is kept."), "application/zip")
	replay.Errors = []int{http.StatusConflict, http.StatusRequestEntityTooLarge}
	register(api, replay, func(ctx context.Context, in *bundleInput) (out Replayed, err error) {
		err = in.bundle(ctx, func(b *casefile.Bundle) (err error) {
			out, err = replayed(ctx, b, b.ID())
			return err
		})
		return out, err
	})
	take := uploaded(post(account.Work, "take", "/bundles", "Take a case in from a bundle",
		"As clew case import. The body is the bundle. A case that is here already gets what it lacks at its end; 409 when it has gone on here, "+
			"or when the bundle holds approvals and was not said to be trusted."), "application/zip")
	take.DefaultStatus = http.StatusCreated
	take.Errors = []int{http.StatusConflict, http.StatusRequestEntityTooLarge}
	register(api, take, func(ctx context.Context, in *takeInput) (out casefile.Pushed, err error) {
		if in.Trusted {
			if err := s.mustPart(ctx, partTrusted); err != nil {
				return out, err
			}
		}
		err = in.bundle(ctx, func(b *casefile.Bundle) (err error) {
			out, err = s.core.TakeIn(ctx, s.cases, b, in.Trusted)
			return err
		})
		return out, err
	})
}

// bundle opens what was uploaded, all of it checked.
func (u *Upload) bundle(ctx context.Context, do func(*casefile.Bundle) error) error {
	return u.spool(maxBundle, func(file *os.File, size int64) error {
		b, err := casefile.ReadBundle(ctx, io.ReaderAt(file), size)
		if err != nil {
			return err
		}
		return do(b)
	})
}

func replayed(ctx context.Context, r casefile.Reader, id string) (Replayed, error) {
	again, err := investigation.Replay(ctx, r, id)
	return Replayed{id, again.Findings, again.Reads, again.Digest, again.Document}, err
}
