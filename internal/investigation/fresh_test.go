package investigation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// door is an oracle over the wire: its replies stay fresh for an hour.
type door struct {
	*oracle
	clock func() time.Time
}

func (d door) Pass(ctx context.Context, r source.Request, leave func(context.Context) error) (source.Reply, error) {
	if err := leave(ctx); err != nil {
		return source.Reply{}, err
	}
	reply, err := d.Ask(ctx, r)
	reply.At = d.clock().UTC()
	return reply, err
}

func (d door) Judge(context.Context, source.Request, source.Verdict) (time.Time, error) {
	return d.clock().Add(time.Hour), nil
}

func TestFreshAnswerInTheCorpusIsNotAskedFor(t *testing.T) {
	o := &oracle{}
	w, req := recorded(t, o)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	w.Clock = func() time.Time { return now }
	req.Replay, req.Asker, req.PAP = false, door{o, w.Clock}, marking.Clear
	first, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	asked := len(o.asked)
	if asked == 0 {
		t.Fatal("nothing was asked")
	}
	now = now.Add(30 * time.Minute)
	second, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.asked) != asked {
		t.Errorf("asked again, fresh as the answers are: %v", o.asked[asked:])
	}
	want := []casefile.Answers{{Source: "oracle", State: "answered-from-corpus", Questions: asked, Observations: first.Asked[0].Observations}}
	if !slices.Equal(second.Asked, want) || len(second.Gaps) > 0 || second.Disclosures > 0 {
		t.Errorf("the record says %+v, gaps %+v, %d disclosures\nwant %+v", second.Asked, second.Gaps, second.Disclosures, want)
	}
	if a, b := fmt.Sprint(first.Findings), fmt.Sprint(second.Findings); a != b {
		t.Errorf("from the corpus:\n%.300s\nasked:\n%.300s", b, a)
	}
	if v, err := casefile.Verify(context.Background(), w.Cases, second.Case.ID, ""); err != nil || len(v.Problems) > 0 {
		t.Errorf("record: %v %v", v.Problems, err)
	}
	now = now.Add(31 * time.Minute)
	if _, err := w.Investigate(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	if len(o.asked) != 2*asked {
		t.Errorf("%d questions once the answers had aged, want %d again", len(o.asked)-asked, asked)
	}
}

func TestShortAnswerIsAskedForAgain(t *testing.T) {
	o := &oracle{}
	w, req := recorded(t, o)
	req.Replay, req.Asker, req.PAP = false, door{o, w.Clock}, marking.Clear
	req.Budget = source.Budget{Total: 1} // the rest is not asked
	if _, err := w.Investigate(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	req.Budget = source.Budget{}
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, value := range o.asked {
		if seen[value] {
			t.Errorf("%s was asked about twice", value)
		}
		seen[value] = true
	}
	if !slices.ContainsFunc(doc.Asked, func(a casefile.Answers) bool { return a.State == "answered" && a.Questions > 0 }) {
		t.Errorf("what the budget kept from being asked is still open: %+v", doc.Asked)
	}
}

func TestPivotNobodyWasAskedAboutIsNotAsked(t *testing.T) {
	o := &oracle{}
	w, req := recorded(t, o)
	w.Sources = []source.Source{mail{o}}
	req.Replay, req.Asker, req.PAP = false, door{o, w.Clock}, marking.Clear
	req.Budget = source.Budget{Total: 1}
	err := w.Corpus.Put(context.Background(), []observation.Observation{{
		Subject: req.Seeds[0].Value, Relation: observation.RegistrantEmail, Object: observable.Must(observable.Email, "hostmaster@postalia.test"),
		Count: 1, Source: "import",
	}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := w.Investigate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range doc.Pivots {
		if p.Kind == "email" && p.Method == "registrant-email" {
			found = true
			if p.State != "not-asked" || !strings.Contains(p.Reason, "over budget") {
				t.Errorf("pivot on %s is %s: %s", p.Value, p.State, p.Reason)
			}
		}
	}
	if !found {
		t.Errorf("no pivot on the address: %+v", doc.Pivots)
	}
}

// mail is an oracle that may be asked about domains and addresses of mail.
type mail struct{ *oracle }

func (m mail) Info() source.Info {
	info := m.oracle.Info()
	info.Accepts = []observable.Kind{observable.Domain, observable.Email}
	return info
}
