package sourcetest

import (
	"slices"
	"testing"

	"clew/internal/source"
)

// check holds an outcome to what every connector promises, whatever it was fed.
func check(t *testing.T, src source.Source, out source.Outcome) {
	t.Helper()
	info := src.Info()
	for _, o := range out.Answer.Observations {
		if err := o.Check(); err != nil {
			t.Errorf("%s: %v", info.Name, err)
		}
		if !slices.Contains(info.Answers, o.Relation) {
			t.Errorf("%s answers %s, which its Info does not say", info.Name, o.Relation)
		}
		if o.Source != info.Name || o.Evidence == "" {
			t.Errorf("%s: a fact without source or evidence: %+v", info.Name, o)
		}
	}
	if out.Answer.Missing < source.MissingUnknown {
		t.Errorf("%s: %d results missing", info.Name, out.Answer.Missing)
	}
	if n := len(out.Evidence); n > source.DefaultRequests {
		t.Errorf("%s sent %d requests for one question", info.Name, n)
	}
	silent := out.State != source.Answered && out.State != source.Truncated
	if silent && len(out.Answer.Observations) > 0 {
		t.Errorf("%s: state %s, but with %d facts", info.Name, out.State, len(out.Answer.Observations))
	}
	if silent && out.Reason == "" {
		t.Errorf("%s: state %s without a reason", info.Name, out.State)
	}
}
