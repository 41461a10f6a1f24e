package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"clew/internal/export"
	"clew/internal/export/stix"
	"clew/internal/source"
)

const taxiiMedia = "application/taxii+json;version=2.1"

// report is the status resource of a TAXII server (TAXII 2.1, section 4.3).
type report struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Success  int    `json:"success_count"`
	Failure  int    `json:"failure_count"`
	Pending  int    `json:"pending_count"`
	Failures []struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	} `json:"failures"`
}

// statusPolls is how often a server is asked whether it is done; the way out
// paces the questions. After that the push counts as taken, and not as done.
const statusPolls = 20

// pushTAXII adds the objects to the collection whose address is the base, and
// waits for the server to say what became of them.
func pushTAXII(ctx context.Context, c courier, s export.Set) (Result, error) {
	at := strings.LastIndex(c.base, "/collections/")
	if at < 0 {
		return Result{}, fmt.Errorf("%w: it must be that of a collection: https://host/root/collections/ID/", ErrAddress)
	}
	header := http.Header{"Content-Type": {taxiiMedia}, "Accept": {taxiiMedia}}
	objects := stix.Objects(s)
	var r report
	if err := c.send(ctx, http.MethodPost, "/objects/", header, map[string]any{"objects": objects}, &r); err != nil {
		return Result{}, err
	}
	root := courier{ask: c.ask, name: c.name, base: c.base[:at]}
	for range statusPolls {
		if r.Status == "complete" || r.ID == "" || strings.ContainsAny(r.ID, "/?#%") {
			break
		}
		if err := pause(ctx, time.Second); err != nil {
			return Result{}, err
		}
		if err := root.send(ctx, http.MethodGet, "/status/"+r.ID+"/", header.Clone(), nil, &r); err != nil {
			return Result{}, fmt.Errorf("the objects were sent, and what became of them is unknown: %w", err)
		}
	}
	switch {
	case r.Failure > 0:
		first := ""
		if len(r.Failures) > 0 {
			first = ": " + export.Visible(r.Failures[0].ID+" "+r.Failures[0].Message)
		}
		return Result{}, fmt.Errorf("%d of %d objects were refused%s", r.Failure, len(objects), first)
	case r.Status == "complete":
		return Result{fmt.Sprintf("%s added", export.Plural(len(objects), "object", "objects"))}, nil
	case r.Status == "pending":
		return Result{fmt.Sprintf("%s taken; the server is still at work on %d of them", export.Plural(len(objects), "object", "objects"), r.Pending)}, nil
	}
	return Result{}, errors.Join(source.ErrBadReply, fmt.Errorf("its status is neither complete nor pending"))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
