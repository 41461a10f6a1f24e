package load

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"clew/internal/reliability/clewtest"
)

// tally keeps how long each sort of request took.
type tally struct {
	mu    sync.Mutex
	took  map[string][]time.Duration // guarded by mu
	fails []string                   // guarded by mu
}

func newTally() *tally { return &tally{took: map[string][]time.Duration{}} }

func (y *tally) count(ctx context.Context, what string, took time.Duration, err error) {
	if ctx.Err() != nil {
		return // the run is over: it was cut off
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if err != nil {
		y.fails = append(y.fails, what+": "+err.Error())
		return
	}
	y.took[what] = append(y.took[what], took)
}

// report is a table of every sort and of all, and the time that one in a hundred
// of all exceeded; failed says what went wrong.
func (y *tally) report(run time.Duration) (table string, p99 time.Duration, failed string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	var b strings.Builder
	b.WriteString("| request | n | p50 | p95 | p99 | max |\n|---|---|---|---|---|---|\n")
	var all []time.Duration
	row := func(what string, list []time.Duration) {
		slices.Sort(list)
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |\n", what, len(list), at(list, .5), at(list, .95), at(list, .99), at(list, 1))
	}
	for _, what := range slices.Sorted(maps.Keys(y.took)) {
		row(what, y.took[what])
		all = append(all, y.took[what]...)
	}
	row("**all**", all)
	fmt.Fprintf(&b, "\n%.1f requests a second, %d failed.\n", float64(len(all))/run.Seconds(), len(y.fails))
	return b.String(), at(all, .99).Duration, strings.Join(y.fails[:min(5, len(y.fails))], "; ")
}

// milliseconds are a duration as a table has it.
type milliseconds struct{ time.Duration }

func (m milliseconds) String() string {
	return fmt.Sprintf("%.1f ms", float64(m.Microseconds())/1000)
}

// at is the value below which a share of a sorted list lies.
func at(sorted []time.Duration, share float64) milliseconds {
	if len(sorted) == 0 {
		return milliseconds{}
	}
	return milliseconds{sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]}
}

func escaped(text string) string { return url.QueryEscape(text) }

// follow reads the event stream of a case until ctx ends, and calls heard with
// each head.
func follow(ctx context.Context, base, id string, heard func()) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/cases/"+id+"/events", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+clewtest.Token)
	answer, err := streaming.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // left by ctx
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%d, again after %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	lines := bufio.NewReaderSize(answer.Body, 512)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "data:") {
			heard()
		}
	}
}

// streaming has no bound on connections: each stream is one.
var streaming = &http.Client{Transport: &http.Transport{WriteBufferSize: 1024, ReadBufferSize: 1024}}
