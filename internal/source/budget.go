package source

import (
	"fmt"
	"sync"
)

// A Budget limits requests; 0 means no limit.
type Budget struct {
	Total     int
	PerSource map[string]int
}

// An account counts what was spent of a budget.
type account struct {
	limit    Budget
	mu       sync.Mutex
	total    int            // guarded by mu
	bySource map[string]int // guarded by mu
}

func (a *account) charge(source string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := a.limit.Total; n > 0 && a.total >= n {
		return fmt.Errorf("%w: budget of %d requests spent", ErrBudget, n)
	}
	if n := a.limit.PerSource[source]; n > 0 && a.bySource[source] >= n {
		return fmt.Errorf("%w: budget of %d requests to %s spent", ErrBudget, n, source)
	}
	a.total++
	a.bySource[source]++
	return nil
}

// refund takes back a charge for a request that reached nobody.
func (a *account) refund(source string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	a.bySource[source]--
}

func (a *account) copy() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	spent := make(map[string]int, len(a.bySource))
	for source, n := range a.bySource {
		if n > 0 {
			spent[source] = n
		}
	}
	return spent
}
