package investigation

import (
	"context"
	"encoding/json"
	"fmt"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/source"
)

// answerDetail is what the corpus keeps beside an answer, so that a case which
// did not ask anew still names the raw replies it rests on.
type answerDetail struct {
	Observations int                 `json:"observations"`
	Evidence     []casefile.Evidence `json:"evidence"`
}

// fromCorpus returns the questions about v whose whole answer is in the corpus
// and still fresh, by source. Recordings are never passed over for it: a replay
// shows what they say.
func (g *gatherer) fromCorpus(ctx context.Context, v observable.Value) (map[string]source.Outcome, error) {
	if g.replay || observable.IsLocal(v) {
		return nil, nil
	}
	answers, err := g.Corpus.Answers(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("who was asked about %s before: %w", v.Defang(), err)
	}
	now := g.clock()
	found := map[string]source.Outcome{}
	for _, a := range answers {
		if !now.Before(a.Until) || a.At.After(now) { // from the future: the clock was ahead
			continue
		}
		var detail answerDetail
		if json.Unmarshal(a.Detail, &detail) != nil || !g.haveAll(ctx, detail.Evidence) {
			continue // asked again
		}
		reason := fmt.Sprintf("not asked again: its answer of %s is in the corpus, whole, and fresh until %s", a.At.Format("2006-01-02 15:04 UTC"), a.Until.Format("2006-01-02 15:04 UTC"))
		about := casefile.ValueOf(v)
		g.kept[casefile.Question{Source: a.Source, About: about}] = casefile.Asked{
			Source: a.Source, About: about, State: string(source.FromCorpus), Reason: reason,
			Observations: detail.Observations, Evidence: detail.Evidence,
		}
		found[a.Source] = source.Outcome{Source: a.Source, Value: v, State: source.FromCorpus, Reason: reason, At: toSecond(now)}
	}
	return found, nil
}

// haveAll reports whether every raw reply is still kept: without them an answer
// has no evidence, and is worth asking for again.
func (g *gatherer) haveAll(ctx context.Context, evidence []casefile.Evidence) bool {
	for _, e := range evidence {
		if _, err := g.Cases.GetBlob(ctx, e.SHA256); err != nil {
			return false
		}
	}
	return true
}

// remember keeps that a whole answer is in the corpus now.
func (g *gatherer) remember(ctx context.Context, o source.Outcome, asked casefile.Asked) error {
	if g.replay || o.Until.IsZero() || len(o.Evidence) == 0 {
		return nil
	}
	detail, err := json.Marshal(answerDetail{asked.Observations, asked.Evidence})
	if err != nil {
		return err
	}
	if len(detail) > corpus.MaxDetail {
		return nil // so many requests: asked again
	}
	first := o.Evidence[0].At
	for _, e := range o.Evidence {
		if e.At.Before(first) {
			first = e.At
		}
	}
	return g.Corpus.PutAnswers(ctx, []corpus.Answer{{Source: o.Source, About: o.Value, At: first, Until: o.Until, Detail: detail}})
}
