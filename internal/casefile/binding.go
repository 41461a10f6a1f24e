package casefile

// Binding counts what a case decides beyond itself: actions that are approved or
// applied, which block lists hold, and verdicts for every case. Who takes a case
// in from somebody else takes these in too.
func Binding(r *Record) (actions, verdicts int) {
	d := r.Document()
	stands := func(a Action) bool {
		return a.Recorded() && (a.State == ActionApproved || a.State == ActionApplied)
	}
	for _, s := range d.Seeds {
		if s.Action != nil && stands(*s.Action) {
			actions++
		}
	}
	for _, f := range d.Findings {
		if stands(f.Action) {
			actions++
		}
	}
	for _, v := range r.verdicts {
		if v.Scope == ScopeAll {
			verdicts++
		}
	}
	return actions, verdicts
}
