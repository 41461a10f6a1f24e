package corpustest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
)

func answersNewest(t *testing.T, s *subject) {
	answer := func(source string, about observable.Value, at time.Time, detail string) corpus.Answer {
		return corpus.Answer{Source: source, About: about, At: at, Until: at.Add(24 * time.Hour), Detail: []byte(detail)}
	}
	one, two := domain("a.example"), ip("192.0.2.1")
	ask := func(about observable.Value, want ...corpus.Answer) {
		t.Helper()
		got, err := s.store.Answers(t.Context(), about)
		s.want(fmt.Sprintf("Answers: %v", err), want, got)
	}
	put := func(answers ...corpus.Answer) {
		t.Helper()
		if err := s.store.PutAnswers(t.Context(), answers); err != nil {
			t.Fatal(err)
		}
	}
	ask(one)
	put(answer("b", one, day(2), "x"), answer("a", one, day(1), "\x00\xff"), answer("a", two, day(1), "z"))
	ask(one, answer("a", one, day(1), "\x00\xff"), answer("b", one, day(2), "x"))
	ask(two, answer("a", two, day(1), "z"))
	ask(domain("b.a.example"))
	put(answer("b", one, day(1), "older"), answer("a", one, day(1), "of the same time"))
	put(answer("c", one, day(2), "first"), answer("c", one, day(3), "newest"), answer("c", one, day(1), "oldest"))
	ask(one, answer("a", one, day(1), "of the same time"), answer("b", one, day(2), "x"), answer("c", one, day(3), "newest"))
	s.want("answers are no links", []corpus.Link{}, s.objects(one))
	got, err := s.store.Answers(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	got[0].Detail[0] = '!' // what is handed out is the caller's
	ask(one, answer("a", one, day(1), "of the same time"), answer("b", one, day(2), "x"), answer("c", one, day(3), "newest"))
}

func answersRefused(t *testing.T, s *subject) {
	good := corpus.Answer{Source: "a", About: domain("a.example"), At: day(1), Until: day(2)}
	for name, spoil := range map[string]func(*corpus.Answer){
		"no_source":                   func(b *corpus.Answer) { b.Source = "" },
		"about_nothing":               func(b *corpus.Answer) { b.About = observable.Value{} },
		"source_with_a_zero_byte":     func(b *corpus.Answer) { b.Source = "a\x00" },
		"source_name_longer_than_fit": func(b *corpus.Answer) { b.Source = strings.Repeat("a", corpus.MaxSourceLen+1) },
		"date_beyond_the_calendar":    func(b *corpus.Answer) { b.Until = time.Unix(1<<50, 0) },
		"detail_larger_than_kept":     func(b *corpus.Answer) { b.Detail = make([]byte, corpus.MaxDetail+1) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			spoil(&bad)
			if err := s.store.PutAnswers(t.Context(), []corpus.Answer{good, bad}); err == nil {
				t.Errorf("PutAnswers(%+v) is no error", bad.Source)
			}
		})
	}
	got, err := s.store.Answers(t.Context(), good.About)
	s.want(fmt.Sprintf("nothing of a refused batch is kept: %v", err), []corpus.Answer{}, got)
}
