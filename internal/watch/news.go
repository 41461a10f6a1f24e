package watch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// News is one thing that was not known before.
type News struct {
	What  string         `json:"what" doc:"member, resolution or sighting"`
	About casefile.Value `json:"about"`
	Says  string         `json:"says" doc:"a sentence"`
	// Asset is a machine of ours, where one was seen.
	Assets []string `json:"assets,omitempty"`
	key    string
}

// The kinds of news.
const (
	Member     = "member"
	Resolution = "resolution"
	Sighting   = "sighting"
)

// A Resolved is an address that a name of the case led to.
type Resolved struct {
	Name, Address casefile.Value
	Window        casefile.Window
}

// Facts lists what a watch tells of when it is new: the members of the case above its
// band, the addresses of its names, and what was seen of it inside. Sorted, each once.
func (w Watch) Facts(d casefile.Document, resolved []Resolved) []News {
	var facts []News
	for _, f := range d.Findings {
		about := casefile.Value{Kind: f.Kind, Value: f.Value}
		if w.reaches(f.Band) && f.Suppressed == "" && f.Verdict != "rejected" {
			facts = append(facts, News{What: Member, About: about, Says: memberSays(f), key: "member " + f.Kind + " " + f.Value})
		}
		facts = append(facts, seen(about, f.Validation)...)
	}
	for _, s := range d.Seeds {
		if s.Validation != nil {
			facts = append(facts, seen(casefile.Value{Kind: s.Kind, Value: s.Value}, *s.Validation)...)
		}
	}
	for _, r := range resolved {
		facts = append(facts, News{
			What: Resolution, About: r.Name, key: "resolution " + r.Name.Value + " " + r.Address.Value,
			Says: fmt.Sprintf("%s resolves to %s (%s)", r.Name.Value, r.Address.Value, window(r.Window)),
		})
	}
	slices.SortFunc(facts, func(a, b News) int { return cmp.Compare(a.key, b.key) })
	return slices.CompactFunc(facts, func(a, b News) bool { return a.key == b.key })
}

// Names are the domains whose addresses a watch follows: the seeds, and the findings
// it tells of. At most [mostNames].
func (w Watch) Names(d casefile.Document) []string {
	var names []string
	for _, s := range d.Seeds {
		if s.Kind == "domain" {
			names = append(names, s.Value)
		}
	}
	for _, f := range d.Findings {
		if f.Kind == "domain" && w.reaches(f.Band) && f.Suppressed == "" && f.Verdict != "rejected" {
			names = append(names, f.Value)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), mostNames)]
}

const mostNames = 5000

func memberSays(f casefile.Finding) string {
	text := fmt.Sprintf("%s %s: %s confidence (%d)", f.Kind, f.Value, f.Band, f.Confidence)
	if len(f.Paths) > 0 && len(f.Paths[0]) > 2 {
		text += ", by " + strings.Join(f.Paths[0][1:len(f.Paths[0])-1], ", ")
	}
	return text
}

// seen is news whenever the last sighting is later than the one before.
func seen(about casefile.Value, v casefile.Validation) []News {
	if v.State != casefile.Hit && v.State != casefile.HitOutside || v.Last.IsZero() {
		return nil
	}
	says := fmt.Sprintf("%s %s was seen inside, last at %s", about.Kind, about.Value, v.Last.UTC().Format("2006-01-02 15:04 UTC"))
	if v.State == casefile.HitOutside {
		says += ", outside the window in which the link held"
	}
	return []News{{
		What: Sighting, About: about, Says: says, Assets: v.Assets,
		key: fmt.Sprintf("sighting %s %s %s", about.Kind, about.Value, v.Last.UTC().Format("2006-01-02T15:04:05Z")),
	}}
}

func window(w casefile.Window) string {
	const day = "2006-01-02"
	from, to := w[0], w[1]
	return from.UTC().Format(day) + " to " + to.UTC().Format(day)
}

// mark is how the store knows a fact: nothing of it can be read back.
func (n News) mark() string {
	sum := sha256.Sum256([]byte(n.key))
	return hex.EncodeToString(sum[:16])
}

// Unknown returns the facts whose marks are not among those known: what is news, and
// the marks of all. Where a member is new, its addresses are no further news.
func Unknown(facts []News, known map[string]bool) (news []News, marks []string) {
	joined := map[casefile.Value]bool{}
	var unknown []News
	for _, f := range facts {
		if known[f.mark()] {
			continue
		}
		unknown = append(unknown, f)
		if f.What == Member {
			joined[f.About] = true
		}
	}
	for _, f := range unknown {
		if f.What != Resolution || !joined[f.About] {
			news = append(news, f)
		}
	}
	return news, Marks(unknown)
}

// Marks are what the store keeps of facts.
func Marks(facts []News) []string {
	marks := make([]string, len(facts))
	for i, f := range facts {
		marks[i] = f.mark()
	}
	return marks
}

// A Batch is news that are told together. It is in the store before anybody hears
// of it, and until everybody has.
type Batch struct {
	Watch      string              `json:"watch"`
	Case       string              `json:"case"`
	Escalation casefile.Escalation `json:"escalation"`
	News       []News              `json:"news"`
}

// Trigger begins the trigger of every escalation that is news of a watch.
const Trigger = "watch: "

// Batch makes news an escalation of the watch's case: sightings inside are worse
// than new members, and those worse than resolutions.
func (w Watch) Batch(news []News) Batch {
	severity := "low"
	count := map[string]int{}
	e := casefile.Escalation{Trigger: Trigger + w.Name}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", w.ID)
	for _, n := range news {
		fmt.Fprintf(h, "%d:%s", len(n.key), n.key)
		count[n.What]++
		e.Evidence = append(e.Evidence, n.Says)
		if !slices.Contains(e.Values, n.About) {
			e.Values = append(e.Values, n.About)
		}
		for _, asset := range n.Assets {
			if !slices.Contains(e.Assets, asset) {
				e.Assets = append(e.Assets, asset)
			}
		}
	}
	var parts []string
	for _, kind := range []struct{ what, severity string }{{Resolution, "low"}, {Member, "medium"}, {Sighting, "high"}} {
		if n := count[kind.what]; n > 0 {
			severity = kind.severity
			parts = append(parts, words.Count(n, kind.what))
		}
	}
	e.ID, e.Severity, e.Because = hex.EncodeToString(h.Sum(nil))[:16], severity, "new: "+strings.Join(parts, ", ")
	e.Actions = []string{"look at what is new: clew case show " + w.Case}
	return Batch{Watch: w.ID, Case: w.Case, Escalation: e, News: news}
}

// Trouble is what a watch tells when it begins to fail.
func (w Watch) Trouble(why string) Batch {
	sum := sha256.Sum256([]byte(w.ID + " failed " + w.Last.String() + why))
	e := casefile.Escalation{
		Trigger: Trigger + w.Name, ID: hex.EncodeToString(sum[:8]), Severity: "low",
		Because:  "it failed, and is tried again with growing pauses; the next word comes when it has news",
		Evidence: []string{why}, Actions: []string{"see what ails it: clew watch show " + w.Name},
	}
	return Batch{Watch: w.ID, Case: w.Case, Escalation: e}
}
