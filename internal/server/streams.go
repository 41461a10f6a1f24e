package server

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
)

// Bounds of event streams.
const (
	// mostStreams are open at a time: each takes some 40 KB and two goroutines
	// (docs/reliability.md), so these take what one large case does.
	mostStreams = 2_000
	// streamsAgain is after how many seconds one who was refused may ask again.
	streamsAgain = 10
)

// streams counts the event streams that are open.
type streams struct {
	most int64
	open atomic.Int64
}

// bounded makes an operation that streams refuse what is beyond the bound, and say
// so. A browser asks again by itself.
func (s *streams) bounded(op huma.Operation) huma.Operation {
	op.Errors = append(op.Errors, http.StatusServiceUnavailable)
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		defer s.open.Add(-1)
		if s.open.Add(1) <= s.most {
			next(ctx)
			return
		}
		ctx.SetHeader("Retry-After", strconv.Itoa(streamsAgain))
		ctx.SetHeader("Content-Type", "application/problem+json")
		ctx.SetStatus(http.StatusServiceUnavailable)
		_ = asJSON(huma.ErrorModel{ // the client may be gone
			Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
			Detail: strconv.FormatInt(s.most, 10) + " event streams are open, and no more are taken: try again in a moment, or ask for the case itself",
		})(ctx.BodyWriter())
	})
	return op
}
