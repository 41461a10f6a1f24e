package custom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"clew/internal/source"
)

// A state says what a reply that is no plain answer means. All it names must hold.
type state struct {
	statuses []int
	matches  *regexp.Regexp // in the beginning of the body
	when     *program
	is       string
	reason   string
}

// maxMatched bounds how much of a body is matched, in bytes: words of trouble
// stand at its beginning.
const maxMatched = 4 << 10

// What a reply can be said to be.
const (
	isAnswered   = "answered"
	isEmpty      = "empty"
	isRefused    = "refused"
	isNoAccess   = "no-access"
	isNotOffered = "not-offered"
	isFailed     = "failed"
)

var verdicts = []string{isAnswered, isEmpty, isRefused, isNoAccess, isNotOffered, isFailed}

func (d *document) compileStates(defs definition) ([]state, error) {
	var states []state
	for i, spec := range d.States {
		s := state{statuses: spec.Status, is: spec.Is, reason: spec.Reason}
		path := fmt.Sprintf("$.states[%d]", i)
		var err error
		if s.when, err = compileProgram(spec.When, defs); err != nil {
			return nil, d.at(path+".when", fmt.Errorf("state %d: when: %w", i+1, err))
		}
		if spec.Matches != "" {
			if s.matches, err = regexp.Compile(spec.Matches); err != nil {
				return nil, d.at(path+".matches", fmt.Errorf("state %d: matches: %w", i+1, err))
			}
		}
		switch {
		case !slices.Contains(verdicts, s.is):
			err = fmt.Errorf("is %.20q is none of %v", s.is, verdicts)
		case s.statuses == nil && s.matches == nil && s.when == nil:
			err = errors.New("say status, matches or when: it would hold for every reply")
		case slices.ContainsFunc(s.statuses, func(n int) bool { return n < 100 || n > 599 }):
			err = errors.New("status lists HTTP statuses, such as [400, 404]")
		}
		if err != nil {
			return nil, d.at(path, fmt.Errorf("state %d: %w", i+1, err))
		}
		if s.reason == "" {
			s.reason = fmt.Sprintf("rule %d of its states", i+1)
		}
		states = append(states, s)
	}
	return states, nil
}

// A judge is an asker that reads each reply by a source's states, before the
// general reading of statuses.
type judge struct {
	source.Asker
	states []state
}

// Ask implements [source.Asker].
func (j judge) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	reply, err := j.Asker.Ask(ctx, r)
	if err != nil || len(j.states) == 0 {
		return reply, err
	}
	meter, done := newMeter(ctx)
	defer done()
	beginning := bytes.TrimSpace(reply.Body[:min(len(reply.Body), maxMatched)])
	known := variables{url: r.URL, page: 1}
	document, notJSON := asJSON.read(reply)
	for _, s := range j.states {
		if !s.covers(reply.Status) || s.matches != nil && !s.matches.Match(beginning) {
			continue
		}
		if s.when != nil {
			holds, err := s.when.first(meter, document.whole, known)
			if notJSON != nil || err != nil || holds == nil || holds == any(false) {
				continue
			}
		}
		return s.judged(reply)
	}
	return reply, nil
}

// covers reports whether a state is about replies of that status. Unless it
// names some, these are the successful ones: a refusal is not to pass for an
// empty answer because a member is missing from it.
func (s state) covers(status int) bool {
	if s.statuses != nil {
		return slices.Contains(s.statuses, status)
	}
	return status >= 200 && status < 300
}

// judged returns the reply, or the error, that stands for the state.
func (s state) judged(reply source.Reply) (source.Reply, error) {
	switch s.is {
	case isAnswered:
		reply.Status = http.StatusOK
		return reply, nil
	case isEmpty:
		reply.Status = http.StatusNoContent
		return reply, nil
	case isRefused:
		return reply, fmt.Errorf("%w: %s", source.ErrQuota, s.reason)
	case isNoAccess:
		return reply, fmt.Errorf("%w: %s", source.ErrDenied, s.reason)
	case isNotOffered:
		return reply, fmt.Errorf("%w: %s", source.ErrNotOffered, s.reason)
	}
	return reply, errors.New(s.reason)
}
