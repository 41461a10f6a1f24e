package otx

import (
	"cmp"
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// mostPulses is how many pulses are quoted: anybody may write one, and feeds
// copied into pulses repeat each other by the hundred.
const mostPulses = 5

// crowded is the number of indicators above which a pulse is a feed: being in it
// says nothing of one indicator.
const crowded = 1000

type general struct {
	Pulses *struct {
		Items source.Rows[pulse] `json:"pulses"`
	} `json:"pulse_info"`
}

// pulse is a report by a user. Modified is UTC without a zone.
type pulse struct {
	Name       string        `json:"name"`
	Modified   string        `json:"modified"`
	Adversary  source.Text   `json:"adversary"`
	Indicators source.Number `json:"indicator_count"`
	Families   source.Rows[struct {
		Name string `json:"display_name"`
	}] `json:"malware_families"`
}

// decodeGeneral keeps what users wrote about the value: the smallest pulses
// first, since those are about something. It is a pick, and is not said to be all.
func decodeGeneral(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer general
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if answer.Pulses == nil {
		return page, fmt.Errorf("%w: no %q in it", source.ErrBadReply, "pulse_info")
	}
	pulses := answer.Pulses.Items.Items
	answer.Pulses.Items.Count(&page)
	slices.SortStableFunc(pulses, func(a, b pulse) int {
		return cmp.Or(cmp.Compare(a.Indicators, b.Indicators), cmp.Compare(a.Name, b.Name))
	})
	for i, p := range pulses {
		if i >= mostPulses || p.Indicators > crowded || !p.keep(&page, asked) {
			page.Dropped++
		}
	}
	return page, nil
}

// keep quotes the pulse, and reports whether there was something to quote.
func (p pulse) keep(page *source.Page, about observable.Value) bool {
	if p.Name == "" {
		return false
	}
	w := record.At(record.Moment(p.Modified))
	opinion := fmt.Sprintf("in a user's pulse of %d: %s", max(p.Indicators, 0), p.Name)
	if p.Adversary != "" {
		opinion += ", put down to " + string(p.Adversary)
	}
	for _, family := range p.Families.Items {
		page.Family(about, family.Name, w)
	}
	return page.Judge(about, opinion, w)
}
