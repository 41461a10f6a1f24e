package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// PartOf says how one endpoint ended that gave kept observations before err.
func PartOf(endpoint string, kept, missing int, err error) Part {
	p := Part{Endpoint: endpoint, Missing: missing}
	switch {
	case err != nil && kept > 0:
		if p.Missing == 0 {
			p.Missing = MissingUnknown
		}
		p.State, p.Reason = Truncated, err.Error()+"; kept what came before, and "+shortfall(p.Missing)
	case err != nil:
		p.State, p.Reason, p.Missing = stateOf(err), err.Error(), 0
		p.Until = until(err)
	case missing != 0:
		p.State, p.Reason = Truncated, shortfall(missing)
	case kept > 0:
		p.State = Answered
	default:
		p.State, p.Reason = Empty, nothingKnown
	}
	return p
}

// until returns when what err says is over, zero when it does not say.
func until(err error) time.Time {
	var quota *QuotaError
	var circuit *CircuitError
	var status *StatusError
	switch {
	case errors.As(err, &quota):
		return quota.Resets
	case errors.As(err, &circuit):
		return circuit.Until
	case errors.As(err, &status) && status.RetryAfter > 0 && !status.At.IsZero():
		return status.At.Add(status.RetryAfter)
	}
	return time.Time{}
}

const nothingKnown = "nothing known"

func shortfall(missing int) string {
	if missing == MissingUnknown {
		return "the provider holds more, it does not say how many"
	}
	return fmt.Sprintf("the provider holds %d more", missing)
}

// stateOf sorts an error into the state it stands for.
func stateOf(err error) State {
	switch {
	case errors.Is(err, context.Canceled):
		return NotAsked
	case errors.Is(err, ErrNotRecorded):
		return NotRecorded
	case errors.Is(err, ErrNoKey), errors.Is(err, ErrBudget), errors.Is(err, ErrNotOffered), errors.Is(err, ErrCircuit):
		return Skipped
	case errors.Is(err, ErrDenied), errors.Is(err, ErrQuota):
		return Refused
	}
	return Failed
}

// silence orders the states that are no answer, the gravest first: where several
// endpoints are silent, the outcome takes the gravest.
var silence = []State{Failed, Refused, Skipped, NotAsked, NotRecorded}

// overall draws the state of a question from its parts. Whatever was answered
// counts as an answer; without one, "empty" is claimed only when every endpoint
// said so.
func overall(parts []Part) State {
	seen := map[State]bool{}
	for _, p := range parts {
		seen[p.State] = true
	}
	switch {
	case seen[Truncated]:
		return Truncated
	case seen[Answered]:
		return Answered
	}
	for _, s := range silence {
		if seen[s] {
			return s
		}
	}
	return Empty
}

// reasons puts into one sentence what the parts leave open, endpoints with the
// same reason together.
func reasons(parts []Part) string {
	var order []string
	endpoints := map[string][]string{}
	for _, p := range parts {
		if p.Reason == "" || p.Reason == nothingKnown {
			continue
		}
		if _, said := endpoints[p.Reason]; !said {
			order = append(order, p.Reason)
			endpoints[p.Reason] = nil
		}
		if p.Endpoint != "" {
			endpoints[p.Reason] = append(endpoints[p.Reason], p.Endpoint)
		}
	}
	if len(order) == 0 && overall(parts) == Empty {
		return nothingKnown
	}
	for i, reason := range order {
		if who := strings.Join(endpoints[reason], ", "); who != "" {
			order[i] = who + ": " + reason
		}
	}
	return strings.Join(order, "; ")
}
