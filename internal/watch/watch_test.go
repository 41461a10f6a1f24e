package watch_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/watch"
	"clew/internal/watch/watchtest"
)

func TestSchedules(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC) // the night before clocks go forward in Berlin
	for text, want := range map[string]time.Time{
		"daily 07:00 Europe/Berlin": time.Date(2026, 3, 29, 7, 0, 0, 0, berlin),
		"daily 07:00 UTC":           time.Date(2026, 3, 29, 7, 0, 0, 0, time.UTC),
		"cron 30 6 * * 1-5 UTC":     time.Date(2026, 3, 30, 6, 30, 0, 0, time.UTC),
	} {
		s, err := watch.ParseSchedule(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, id := range []string{"a", "b", "c"} {
			got := s.Next(now, id)
			if late := got.Sub(want); late < 0 || late >= 5*time.Minute {
				t.Errorf("%s: next at %s, want up to five minutes after %s", text, got, want.UTC())
			}
			if after := s.Next(got, id); !after.After(got.Add(20 * time.Hour)) {
				t.Errorf("%s: after %s comes %s", text, got, after)
			}
		}
	}
	for _, text := range []string{
		"", "every", "every 1s", "every 9999999h", "daily 07:00", "daily 25:00 UTC", "daily 07:00 Local", "daily 07:00 Atlantis/Deep",
		"cron * * * * UTC", "cron 0 0 30 2 * UTC", "cron @daily UTC", "weekly", strings.Repeat("x", 300),
	} {
		if _, err := watch.ParseSchedule(text); !errors.Is(err, watch.ErrSchedule) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestIntervalsAreSpreadAndDoNotDrift(t *testing.T) {
	s, err := watch.ParseSchedule("every 6h")
	if err != nil {
		t.Fatal(err)
	}
	moments := map[time.Duration]bool{}
	for n := range 40 {
		id := string(rune('a' + n))
		first := s.Next(watchtest.Noon, id)
		moments[first.Sub(first.Truncate(6*time.Hour))] = true
		if second := s.Next(first.Add(40*time.Minute), id); second.Sub(first) != 6*time.Hour {
			t.Errorf("%s after %s", second, first)
		}
	}
	if len(moments) < 30 {
		t.Errorf("40 watches are due at %d moments", len(moments))
	}
}

func TestFailuresBackOff(t *testing.T) {
	w := watchtest.Example("a")
	w.Schedule = "every 10m"
	var before time.Duration
	for n := 1; n < 12; n++ {
		w.Failures = n
		next, err := w.Next(watchtest.Noon)
		wait := next.Sub(watchtest.Noon)
		if err != nil || wait < before || wait < time.Hour || wait > 24*time.Hour {
			t.Errorf("after %d failures: %s (%v), before %s", n, wait, err, before)
		}
		before = wait
	}
}

func document() casefile.Document {
	hit := casefile.Validation{State: casefile.Hit, Last: casefile.Time{Time: watchtest.Noon}, Assets: []string{"ws-17"}}
	return casefile.Document{
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example", Validation: &hit}},
		Findings: []casefile.Finding{
			{Kind: "domain", Value: "c2.example", Band: "high", Confidence: 97},
			{Kind: "domain", Value: "weak.example", Band: "low"},
			{Kind: "domain", Value: "shared.example", Band: "high", Suppressed: "a CDN"},
			{Kind: "domain", Value: "no.example", Band: "high", Verdict: "rejected"},
		},
	}
}

func TestOnlyWhatIsNewIsNews(t *testing.T) {
	w := watchtest.Example("a")
	d := document()
	name := func(v string) casefile.Value { return casefile.Value{Kind: "domain", Value: v} }
	resolved := []watch.Resolved{{Name: name("evil.example"), Address: casefile.Value{Kind: "ip", Value: "192.0.2.7"}}}
	facts := w.Facts(d, resolved)
	known := map[string]bool{}
	for _, mark := range watch.Marks(facts) {
		known[mark] = true
	}
	if len(facts) != 3 { // a member, a sighting, a resolution
		t.Errorf("facts %+v", facts)
	}
	if news, _ := watch.Unknown(w.Facts(d, resolved), known); len(news) != 0 {
		t.Errorf("known, and told: %+v", news)
	}
	d.Findings[1].Band = "medium"
	d.Seeds[0].Validation.Last = casefile.Time{Time: watchtest.Noon.Add(time.Hour)}
	resolved = append(resolved,
		watch.Resolved{Name: name("evil.example"), Address: casefile.Value{Kind: "ip", Value: "192.0.2.8"}},
		watch.Resolved{Name: name("weak.example"), Address: casefile.Value{Kind: "ip", Value: "192.0.2.9"}}) // of a new member
	news, marks := watch.Unknown(w.Facts(d, resolved), known)
	if len(news) != 3 || len(marks) != 4 {
		t.Fatalf("news %+v, %d marks", news, len(marks))
	}
	b, again := w.Batch(news), w.Batch(news)
	if b.Escalation.ID != again.Escalation.ID || len(b.Escalation.ID) != 16 {
		t.Errorf("the same news has the IDs %s and %s", b.Escalation.ID, again.Escalation.ID)
	}
	if e := b.Escalation; e.Severity != "high" || e.Because != "new: 1 resolution, 1 member, 1 sighting" || len(e.Evidence) != 3 || e.Assets[0] != "ws-17" {
		t.Errorf("escalation %+v", e)
	}
}

func FuzzSchedule(f *testing.F) {
	for _, text := range []string{"every 6h", "daily 07:00 Europe/Berlin", "cron 0 7 * * 1-5 UTC", "cron 0 0 30 2 * UTC"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := watch.ParseSchedule(text)
		if err != nil {
			return
		}
		if next := s.Next(watchtest.Noon, text); !next.After(watchtest.Noon) {
			t.Errorf("%q: due at %s, which is not after %s", text, next, watchtest.Noon)
		}
	})
}

func TestATallyCountsWhatWasNewAndWhoDidNotHear(t *testing.T) {
	news := []watch.News{{What: watch.Member}, {What: watch.Member}, {What: watch.Resolution}, {What: watch.Sighting}}
	told := []watch.Heard{{To: "a", State: casefile.Sent}, {To: "b", State: watch.Failed}, {To: "c", State: casefile.Withheld}}
	run := watch.Round{Job: "w1", State: watch.RunTold, Ended: casefile.Time{Time: watchtest.Noon}, News: news, Told: told}
	w := watch.Watch{}.Noted(run)
	want := watch.Tally{Job: "w1", State: watch.RunTold, Ended: run.Ended, Members: 2, Resolutions: 1, Sightings: 1, Unheard: 2}
	if *w.LastRun != want || *w.LastNews != want || w.Last != run.Ended {
		t.Errorf("last run %+v, last news %+v at %s; want %+v", *w.LastRun, *w.LastNews, w.Last, want)
	}
	if got, want := want.Words(), "2 members, 1 resolution, 1 sighting"; got != want {
		t.Errorf("in words %q, want %q", got, want)
	}
	w = w.Noted(watch.Round{Job: "w2", State: watch.RunNothing})
	if w.LastRun.Job != "w2" || w.LastNews.Job != "w1" {
		t.Errorf("a run without news: last run %s, last news %s", w.LastRun.Job, w.LastNews.Job)
	}
}

// What a source knows that failed in the first run is no news when it answers.
func TestTheBeginningWaitsForSourcesThatFailed(t *testing.T) {
	silent := casefile.Document{Gaps: []casefile.Gap{{Source: "one", State: "failed"}, {Source: "two", State: "skipped"}, {Source: "one", State: "failed"}}}
	waited := []watch.Round{{State: watch.RunWaiting}, {State: watch.RunFailed}, {State: watch.RunWaiting}}
	for name, c := range map[string]struct {
		d    casefile.Document
		runs []watch.Round
		want bool
	}{
		"a_source_failed":  {silent, nil, true},
		"and_does_again":   {silent, waited, true},
		"often_enough":     {silent, append(waited, watch.Round{State: watch.RunWaiting}), false},
		"all_answered":     {casefile.Document{}, waited, false},
		"skipped_on_order": {casefile.Document{Gaps: silent.Gaps[1:2]}, nil, false},
	} {
		if why := watch.Waits(c.d, c.runs); (why != "") != c.want || c.want && strings.Count(why, "one") != 1 {
			t.Errorf("%s: %q", name, why)
		}
	}
}
