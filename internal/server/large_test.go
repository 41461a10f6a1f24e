package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// largeCase has that many findings of three families each, eight names to an address.
func largeCase(tb testing.TB, store casefile.Store, findings int) []casefile.Entry {
	tb.Helper()
	month := observation.Window{First: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	all := make([]pivot.Finding, findings)
	for i := range all {
		name := observable.Must(observable.Domain, fmt.Sprintf("login-%06d.portal.example", i))
		address := observable.Must(observable.IP, fmt.Sprintf("2001:db8::%x:%x", i/8/65536, i/8%65536))
		band := []string{"high", "medium", "low", "coincidence"}[min(i*8/findings, 3)]
		all[i] = pivot.Finding{
			Value: name, P: 0.99 - 0.9*float64(i)/float64(findings), Band: band, Bits: 9.5, Hops: 1, Window: month, Model: "test",
			Factors: []pivot.Factor{
				{Family: "prior", Relation: "prior", Bits: -8.4, Raw: -8.4, Note: "58 siblings expected in the population it was drawn from"},
				{Family: "host", Relation: "resolves-to", Value: address, Holders: 8, Of: 19_558, CountOf: "local store", Bits: 9.3, Raw: 9.3, Window: month, Sources: []string{"dnsdb"}, Evidence: []string{"sha256:" + casefile.DigestOf([]byte(name.Text()))}, Note: "at the same time"},
				{Family: "name", Relation: "token", Value: observable.Must(observable.Text, "login"), Holders: 40, Of: 19_558, CountOf: "vocabulary", Bits: 2.1, Raw: 3, Note: "does not change hands"},
			},
			Paths: [][]string{{"evil.example", "resolves-to:" + address.Text(), name.Text()}, {"evil.example", "token:login", name.Text()}},
		}
	}
	blob, found, err := casefile.FindingsBlob(all, "test")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := store.PutBlob(tb.Context(), blob); err != nil {
		tb.Fatal(err)
	}
	tb.Logf("%d findings are %d bytes", findings, len(blob))
	now := time.Now()
	return []casefile.Entry{
		{Time: now, Type: casefile.TypeFound, Actor: "clew", Data: found},
		{Time: now, Type: casefile.TypeFinished, Actor: "clew", Data: casefile.Finished{State: casefile.StateComplete, Gaps: []casefile.Gap{}}},
	}
}

// TestLargeCase: a case of 20,000 findings is answered in time; of 100,000 with
// CLEW_LARGE set, whose times are those of the goals. Cold is a server that has
// just started.
func TestLargeCase(t *testing.T) {
	findings, patience := 20_000, 20*time.Second
	if os.Getenv("CLEW_LARGE") != "" {
		findings, patience = 100_000, 2*time.Second
	}
	core := written(t, func(store casefile.Store) []casefile.Entry { return largeCase(t, store, findings) })
	base := ""
	fetch := func(what, path string, within time.Duration) string {
		t.Helper()
		runtime.GC() // what the part before left is not its fault
		began, spent := time.Now(), cpuTime()
		status, text, size := read(t, base+"/cases/a-case"+path)
		took := time.Since(began)
		t.Logf("%-24s %9d bytes %5d ms, %5d ms of CPU", what, size, took.Milliseconds(), (cpuTime() - spent).Milliseconds())
		if status != http.StatusOK || took > within {
			t.Errorf("%s: %d after %v, want it within %v", what, status, took, within)
		}
		return text
	}
	base = serving(t, core)
	fetch("brief, cold", "/brief", patience)
	fetch("brief, warm", "/brief", patience/2)
	base = serving(t, core)
	fetch("findings, cold", "/findings", patience)
	base = serving(t, core)
	fetch("document, cold", "", patience)
	fetch("document, warm", "", patience)
	page := fetch("findings, warm", "/findings?limit=100", patience/20)
	var list List[casefile.Finding]
	if err := json.Unmarshal([]byte(page), &list); err != nil || list.Total != findings || len(list.Items) != 100 {
		t.Fatalf("%d of %d findings: %v", len(list.Items), list.Total, err)
	}
	fetch("the next page", "/findings?limit=100&cursor="+list.Next, patience/20)
	fetch("of one band", "/findings?band=coincidence&limit=1000", patience/10)
	fetch("one finding", "/finding?kind=domain&indicator="+list.Items[99].Value, patience/20)
	fetch("graph", "/graph", patience)
	fetch("graph of 5,000 nodes", "/graph?limit=5000", patience)
	if status, text := ask(t, "POST", base+"/cases/a-case/notes", `{"text":"one more"}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	fetch("findings after a note", "/findings", patience/4)
	fetch("brief after a note", "/brief", patience/2)
}

// cpuTime is what the process has spent so far.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// read asks for a path and reads the answer to its end; it keeps the first part.
func read(t *testing.T, url string) (status int, start string, size int64) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	first, err := io.ReadAll(io.LimitReader(answer.Body, 2<<20))
	if err != nil {
		t.Fatal(err)
	}
	rest, err := io.Copy(io.Discard, answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(first), int64(len(first)) + rest
}
