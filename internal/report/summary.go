package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// summary says in a few sentences, for somebody who reads nothing else, what was
// found, what it rests on, what is to be done, and what is not known.
func summary(p page, d casefile.Document) []string {
	said := []string{foundSentence(p)}
	if link := linkSentence(d); link != "" {
		said = append(said, link)
	}
	said = append(said, insideSentence(d))
	if decided := decidedSentence(d); decided != "" {
		said = append(said, decided)
	}
	for _, e := range p.Escalations {
		said = append(said, fmt.Sprintf("Escalate: %s, because %s.", e.Trigger, e.Because))
	}
	said = append(said, unknownSentence(p, d), toldSentence(d.Disclosures))
	if p.State != casefile.StateComplete && p.State != "" {
		said = append(said, fmt.Sprintf("The investigation is %s: what follows is what was known by then.", p.State))
	}
	return said
}

func foundSentence(p page) string {
	seeds := make([]string, len(p.Seeds))
	for i, s := range p.Seeds {
		seeds[i] = strings.TrimSpace(s.Kind + " " + s.Value)
	}
	n := map[string]int{}
	for _, b := range p.Bands {
		n[b.Name] = len(b.Findings)
	}
	from := "Starting from the " + strings.Join(seeds, " and the ")
	if len(seeds) == 0 {
		from = "Without a seed"
	}
	if n["high"]+n["medium"]+n["low"] == 0 {
		return fmt.Sprintf("%s, clew found no indicator that it links to the same operator.", from)
	}
	return fmt.Sprintf("%s, clew found %s that it links to the same operator with high confidence, %s with medium, and %s to look into.",
		from, words.Count(n["high"], "indicator"), words.Number(n["medium"]), words.Count(n["low"], "lead"))
}

// linkSentence names the fact that most of the likely findings share, where
// several do.
func linkSentence(d casefile.Document) string {
	type link struct {
		text string
		n    int
		bits float64
	}
	var links []link
	at := map[string]int{}
	likely := 0
	for _, f := range d.Findings {
		if f.Band != "high" && f.Band != "medium" {
			continue
		}
		likely++
		for _, factor := range f.Factors {
			own := factor.Value == f.Value || factor.Family == "bridge"
			text := fact(factor)
			if own || text == "" || factor.Bits < strongBits {
				continue
			}
			i, known := at[text]
			if !known {
				i, at[text] = len(links), len(links)
				links = append(links, link{text: text})
			}
			links[i].n++
			links[i].bits += factor.Bits
		}
	}
	if len(links) == 0 {
		return ""
	}
	best := slices.MaxFunc(links, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.bits, b.bits), cmp.Compare(b.text, a.text))
	})
	if best.n < 2 {
		return ""
	}
	return fmt.Sprintf("What links them most: %s, held by %s of those %s.", best.text, words.Number(best.n), words.Number(likely))
}

// insideSentence says what the team's own logs said, of the seeds first.
func insideSentence(d casefile.Document) string {
	var said []string
	for _, s := range d.Seeds {
		if s.Validation != nil && s.Validation.State != casefile.NotChecked {
			said = append(said, fmt.Sprintf("In our own logs %s was %s.", casefile.Prose(s.Value), validation(*s.Validation)))
		}
	}
	if found := findingsInside(d); found != notSearched || len(said) == 0 {
		said = append(said, found)
	}
	return strings.Join(said, " ")
}

const notSearched = "Our own logs were not searched for any of them yet."

func findingsInside(d casefile.Document) string {
	n := map[string]int{}
	for _, f := range d.Findings {
		n[f.Validation.State]++
	}
	switch checked := n[casefile.Hit] + n[casefile.HitOutside] + n[casefile.NoHit]; {
	case n[casefile.Hit] > 0:
		return fmt.Sprintf("%s seen in our own logs, inside the window in which the link held.", were(n[casefile.Hit]))
	case checked > 0:
		return fmt.Sprintf("%s searched for in our own logs, none was seen inside the window in which the link held.", were(checked))
	}
	return notSearched
}

func were(n int) string {
	if n == 1 {
		return "1 of them was"
	}
	return words.Number(n) + " of them were"
}

func unknownSentence(p page, d casefile.Document) string {
	switch {
	case len(d.Gaps) == 0 && len(d.Asked) == 0:
		return "No source was asked: all of this comes from what was imported or gathered before."
	case len(d.Gaps) == 0:
		return "Every question that was put to a source was answered."
	}
	return fmt.Sprintf("%s without a whole answer, from %s; silence says nothing about a value, so there may be more than was found.",
		isAre(len(d.Gaps), "question"), words.Count(sources(p.Gaps), "source"))
}

func isAre(n int, one string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return words.Count(n, one) + " are"
}

func sources(gaps []gapRow) int {
	seen := map[string]bool{}
	for _, g := range gaps {
		seen[g.Source] = true
	}
	return len(seen)
}

func toldSentence(disclosures int) string {
	switch disclosures {
	case 0:
		return "No value of this case was shown to a third party."
	case 1:
		return "Once a value of this case was shown to a third party."
	}
	return fmt.Sprintf("Values of this case were shown to third parties %s times.", words.Number(disclosures))
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// origin says what made the findings.
func (p page) origin() string {
	said := []string{"model " + orUnknown(p.Model), "clew " + orUnknown(p.Tool)}
	return strings.Join(append(said, p.Limits...), " · ")
}

// recordLine pins the record that the page was made from.
func (p page) recordLine() string {
	return fmt.Sprintf("record of %s, head %s", words.Count(p.Events, "event"), orUnknown(p.Head))
}

// marks say under which rules the case is kept and told, and how it stands.
func (p page) marks() []string {
	return present([][2]string{{"TLP:", p.TLP}, {"PAP:", p.PAP}, {"", p.Scope}, {"", p.State}, {"incident ", p.Window}})
}

// times say when the case was opened and when its record last grew.
func (p page) times() []string {
	return present([][2]string{{"opened ", p.Opened}, {"as of ", p.Changed}})
}

// present joins each name with its value, where there is one.
func present(pairs [][2]string) []string {
	var said []string
	for _, pair := range pairs {
		if pair[1] != "" {
			said = append(said, pair[0]+pair[1])
		}
	}
	return said
}

const howToRead = "Each line is a fact that the finding and the seed share, and what it is worth in bits: one bit more doubles the odds. " +
	"The lines add up to the total, which the model turns into the probability P."

// method says what the figures mean and what they do not.
func (p page) method() []string {
	said := []string{
		"P is the calibrated probability that the indicator is run by the same operator as the seed. It says nothing about who that is, nor whether the indicator is malicious.",
		"Rare values that are shared count much, common ones little or nothing; facts of one family are counted once; high needs two independent reasons.",
		"A question that was refused, failed or never asked is a gap, not a no.",
	}
	return append(said, toldSentence(p.Disclosures))
}

// worthExplaining returns the findings above coincidence, at most maxWaterfalls
// of them, and how many were left.
func (p page) worthExplaining() (explained []finding, left int) {
	for _, b := range p.Bands {
		if b.Name != "coincidence" {
			explained = append(explained, b.Findings...)
		}
	}
	n := min(len(explained), maxWaterfalls)
	return explained[:n], len(explained) - n
}

func leftOut(n int) string {
	return fmt.Sprintf("%s not explained here; the JSON document explains every one.", isAre(n, "further finding"))
}

func (p page) verifyCommand() string {
	return fmt.Sprintf("clew case verify %s --head %s", p.ID, p.Head)
}

// remark joins what a table has no column for.
func (f finding) remark() string {
	var said []string
	if f.Verdict != "" {
		said = append(said, strings.TrimSuffix(fmt.Sprintf("%s by the analyst: %s", f.Verdict, f.Reason), ": "))
	}
	if f.Suppressed != "" {
		said = append(said, "suppressed: "+f.Suppressed)
	}
	return strings.Join(said, "; ")
}

// seenInside says what the team's own logs said, "" where nobody looked.
func (f finding) seenInside() string {
	if f.Validation == notChecked {
		return ""
	}
	return f.Validation
}
