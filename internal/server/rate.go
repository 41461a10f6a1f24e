package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"clew/internal/account"
)

// DefaultRate is how many requests a second of one user are answered in the long run:
// far more than a page that follows a case asks for, and few enough that one program
// that loops leaves the server to the others.
const DefaultRate = 50

const (
	burst      = 10              // seconds' worth of requests at once: a page that opens, a script that begins
	mostRates  = 10_000          // users and places that are told apart
	forgetRate = 5 * time.Minute // after which nobody's bucket is less than full
)

// rates bound how often one user, or one place from which nobody signed in, is
// answered by this server.
type rates struct {
	each  int // a second
	clock func() time.Time

	mu sync.Mutex
	by map[string]*pace // guarded by mu
}

type pace struct {
	*rate.Limiter
	used time.Time
}

func newRates(each int, clock func() time.Time) *rates {
	if each == 0 {
		each = DefaultRate
	}
	return &rates{each: each, clock: clock, by: map[string]*pace{}}
}

// admit counts a request, and says how long to wait where there were too many.
func (r *rates) admit(who string) (wait time.Duration) {
	now := r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.by[who]
	if p == nil {
		if len(r.by) >= mostRates {
			r.forget(now)
		}
		p = &pace{Limiter: rate.NewLimiter(rate.Limit(r.each), burst*r.each)}
		r.by[who] = p
	}
	p.used = now
	if p.AllowN(now, 1) {
		return 0
	}
	return time.Duration(float64(time.Second) * (1 - p.TokensAt(now)) / float64(r.each))
}

// forget makes room: first those whose bucket is full by now, and all where that is
// none: they begin anew, which nobody can use for more than one burst.
func (r *rates) forget(now time.Time) {
	for who, p := range r.by {
		if now.Sub(p.used) > forgetRate {
			delete(r.by, who)
		}
	}
	if len(r.by) >= mostRates {
		clear(r.by)
	}
}

// paced answers 429 to whoever asked too often, and reports whether it did.
func (r *rates) paced(w http.ResponseWriter, caller account.Caller, signedIn bool, from account.From) bool {
	who := "place " + from.Network()
	if signedIn {
		who = "user " + caller.User.ID
	}
	wait := r.admit(who)
	if wait == 0 {
		return false
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	problem(w, http.StatusTooManyRequests, "more than "+strconv.Itoa(r.each)+" requests a second for a while: wait, or ask for more at once")
	return true
}
