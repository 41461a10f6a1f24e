package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// MaxReply bounds a reply's body after decompression, in bytes.
const MaxReply = 16 << 20

// Evidence names r in the observations read from it: "sha256:" and the hex
// digest of its body.
func (r Reply) Evidence() string { return "sha256:" + r.digest() }

func (r Reply) digest() string {
	sum := sha256.Sum256(r.Body)
	return hex.EncodeToString(sum[:])
}

// A StatusError is a reply whose HTTP status says that it is no answer.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // how long the provider asks to wait, 0 when it does not say
	At         time.Time     // when it said so
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("HTTP %d %s", e.Status, http.StatusText(e.Status))
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(", try again in %s", e.RetryAfter)
	}
	if e.RetryAfter >= time.Minute && !e.At.IsZero() {
		text += ", after " + moment(e.At.Add(e.RetryAfter))
	}
	return text
}

// Unwrap sorts the status into the error the runner branches on, nil for
// plain failures.
func (e *StatusError) Unwrap() error {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		return ErrDenied
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return ErrQuota
	case http.StatusNotImplemented:
		return ErrNotOffered
	}
	return nil
}

// errNothing means the provider answered that it knows nothing.
var errNothing = errors.New("nothing known")

// checkStatus returns nil for a reply worth decoding. A 404 is how most
// providers say "nothing known"; as a web page it is a wrong address instead,
// unless any404 says otherwise.
func checkStatus(r Reply, any404 bool) error {
	switch {
	case r.Status == http.StatusNoContent:
		return errNothing
	case r.Status >= 200 && r.Status < 300:
		return nil
	case r.Status == http.StatusNotFound && (any404 || !isHTML(r)):
		return errNothing
	}
	return &StatusError{Status: r.Status, RetryAfter: RetryAfter(r), At: r.At}
}

// RetryAfter returns how long the reply asks to wait, 0 when it does not say.
func RetryAfter(r Reply) time.Duration {
	text := r.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && !r.At.IsZero() {
		return max(at.Sub(r.At), 0)
	}
	return 0
}

func isHTML(r Reply) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<"))
}

// DecodeJSON reads a reply into v. Providers in trouble send HTML, plain text or
// half a document with status 200: each is [ErrBadReply], never an empty answer.
func DecodeJSON(r Reply, v any) error {
	body := bytes.TrimSpace(r.Body)
	switch {
	case len(body) == 0:
		return fmt.Errorf("%w: empty body", ErrBadReply)
	case isHTML(r):
		return fmt.Errorf("%w: a web page instead of JSON", ErrBadReply)
	case body[0] != '{' && body[0] != '[':
		return fmt.Errorf("%w: plain text instead of JSON", ErrBadReply)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %w", ErrBadReply, err)
	}
	return nil
}

// Rows is a JSON list that a provider fills. Its members are decoded one by one,
// so an odd one costs itself and not the answer; null is an empty list.
type Rows[T any] struct {
	Items []T
	Odd   int  // members that were not a T
	Given bool // the list was there: without it a reply is not understood
}

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Rows[T]) UnmarshalJSON(text []byte) error {
	var members []json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	*r = Rows[T]{Given: true}
	for _, member := range members {
		var item T
		if json.Unmarshal(member, &item) != nil {
			r.Odd++
			continue
		}
		r.Items = append(r.Items, item)
	}
	return nil
}

// Count adds the list to what a page holds, its odd members to what it drops.
func (r *Rows[T]) Count(p *Page) {
	p.Rows += len(r.Items) + r.Odd
	p.Dropped += r.Odd
}

// Require returns [ErrBadReply] unless the list named was in the reply.
func (r *Rows[T]) Require(name string) error {
	if r.Given {
		return nil
	}
	return fmt.Errorf("%w: no %q in it", ErrBadReply, name)
}
