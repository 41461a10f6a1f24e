package source

import (
	"fmt"
	"sync"
)

// A Budget limits what may be sent; 0, or a source that is not named, means no
// limit. A request that is sent again after trouble counts again, an answer that
// was kept costs nothing.
type Budget struct {
	Total     int            // requests to all sources together
	PerSource map[string]int // requests to one
	Credits   map[string]int // what one may charge, by [Info] and [Endpoint]
}

// An account counts what was spent of a budget.
type account struct {
	limit    Budget
	mu       sync.Mutex
	total    int            // guarded by mu
	requests map[string]int // guarded by mu, by source
	credits  map[string]int // guarded by mu, by source
}

func newAccount(limit Budget) *account {
	return &account{limit: limit, requests: map[string]int{}, credits: map[string]int{}}
}

func (a *account) charge(source string, credits int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := a.limit.Total; n > 0 && a.total >= n {
		return fmt.Errorf("%w: budget of %d requests spent", ErrBudget, n)
	}
	if n := a.limit.PerSource[source]; n > 0 && a.requests[source] >= n {
		return fmt.Errorf("%w: budget of %d requests to %s spent", ErrBudget, n, source)
	}
	if n := a.limit.Credits[source]; n > 0 && credits > 0 && a.credits[source]+credits > n {
		return fmt.Errorf("%w: %d of %d credits at %s spent, this costs %d", ErrBudget, a.credits[source], n, source, credits)
	}
	a.total++
	a.requests[source]++
	a.credits[source] += credits
	return nil
}

// refund takes back a charge for a request that reached nobody.
func (a *account) refund(source string, credits int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	a.requests[source]--
	a.credits[source] -= credits
}

// copy returns what was spent by source, leaving out those that cost nothing.
func (a *account) copy(count map[string]int) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	spent := make(map[string]int, len(count))
	for source, n := range count {
		if n > 0 {
			spent[source] = n
		}
	}
	return spent
}

// left returns how many requests the budget still has in all; ok is false
// without a limit.
func (a *account) left() (n int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(a.limit.Total-a.total, 0), a.limit.Total > 0
}
