package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"clew/internal/export"
	"clew/internal/export/misp"
)

var jsonHeader = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}

// pushMISP adds the event, or edits it where it is there already.
// Source: MISP's OpenAPI description, /events/view, /events/add, /events/edit.
func pushMISP(ctx context.Context, c courier, s export.Set) (Result, error) {
	event := misp.NewEvent(s)
	var old struct {
		Event struct {
			Timestamp string `json:"timestamp"`
		}
	}
	path, verb := "/events/edit/"+event.UUID, "edited"
	err := c.send(ctx, http.MethodGet, "/events/view/"+event.UUID, jsonHeader.Clone(), nil, &old)
	var no status
	switch {
	case errors.As(err, &no) && no.code == http.StatusNotFound:
		path, verb = "/events/add", "added"
	case err != nil:
		return Result{}, err
	case !newer(event.Timestamp, old.Event.Timestamp):
		// MISP refuses to edit an event with one that is not newer.
		return Result{fmt.Sprintf("event %s is there already, and nothing newer is known here: nothing was changed", event.UUID)}, nil
	}
	var reply struct {
		Event struct {
			ID   string `json:"id"`
			UUID string `json:"uuid"`
		}
		Errors any `json:"errors"`
	}
	if err := c.send(ctx, http.MethodPost, path, jsonHeader.Clone(), map[string]any{"Event": event}, &reply); err != nil {
		return Result{}, err
	}
	if reply.Event.UUID != event.UUID {
		return Result{}, fmt.Errorf("the event is not there after it was sent: the reply is of %q", reply.Event.UUID)
	}
	return Result{fmt.Sprintf("event %s %s, %s, unpublished", event.UUID, verb, export.Plural(len(event.Attributes), "attribute", "attributes"))}, nil
}

// newer compares timestamps of MISP, seconds since 1970. Where the server gives
// none, it decides itself.
func newer(ours, theirs string) bool {
	a, errOurs := strconv.ParseInt(ours, 10, 64)
	b, errTheirs := strconv.ParseInt(theirs, 10, 64)
	return errOurs != nil || errTheirs != nil || a > b
}
