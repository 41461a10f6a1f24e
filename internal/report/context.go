package report

import (
	"fmt"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// opinion is what a provider thinks of a value, or what the value does.
type opinion struct{ About, Relation, Value, Sources, When string }

// mostOpinions is how many a report shows; the document lists each of them.
const mostOpinions = 60

// describe takes over the context of a case: shown, and never weighed.
func (p *page) describe(d casefile.Document) {
	for _, c := range d.Context[:min(len(d.Context), mostOpinions)] {
		text := prose(c.Value)
		if c.Label != "" {
			text += ", " + prose(c.Label)
		}
		var sources []string
		for _, s := range c.Sources {
			sources = append(sources, name(s))
		}
		p.Context = append(p.Context, opinion{value(c.AboutKind, c.About), name(c.Relation), text, strings.Join(sources, ", "), c.Window[1].Day()})
	}
	p.MoreContext = len(d.Context) - len(p.Context) + d.ContextLeft
	for _, list := range []struct {
		sort    string
		entries []casefile.AttackEntry
	}{{"technique", d.Attack.Techniques}, {"software", d.Attack.Software}, {"group", d.Attack.Groups}} {
		for _, e := range list.entries {
			text := fmt.Sprintf("%s %s %s", list.sort, name(e.ID), prose(e.Name))
			if len(e.Tactics) > 0 {
				text += " (" + prose(strings.Join(e.Tactics, ", ")) + ")"
			}
			if len(e.Because) > 0 {
				text += ", because of " + prose(strings.Join(e.Because, ", "))
			}
			p.Named = append(p.Named, text)
		}
	}
	if len(p.Named) > 0 {
		p.Named = append(p.Named, "named after "+prose(d.Attack.Release)+"; that a group uses software does not say that it used it here")
	}
}

// fewestCells is the least room for an opinion: who holds it goes on a line of its
// own below that, since a name cut in half names nobody.
const fewestCells = 16

// contextNote says what the list is.
const contextNote = "what providers think, and what files do: shown, never weighed"

func (p page) moreContext() string {
	return fmt.Sprintf("and %s in the document", words.Count(p.MoreContext, "more opinion"))
}

func (t terminal) context(p page) {
	if len(p.Context) == 0 {
		return
	}
	t.line()
	t.titled("CONTEXT", bold, contextNote)
	for _, o := range p.Context {
		left := "  " + pad(clip(o.About, 34), 36) + pad(clip(o.Relation, 14), 16)
		whom := "  " + strings.TrimSpace(o.Sources+" "+o.When)
		room := t.width - cells(left)
		if value := clip(o.Value, room-cells(whom)); room-cells(whom) >= fewestCells {
			t.line(left, value+whom)
			continue
		}
		t.line(left, clip(o.Value, room))
		t.paragraph("", strings.TrimSpace(whom), faint)
	}
	if p.MoreContext > 0 {
		t.line("  ", p.moreContext())
	}
	for _, text := range p.Named {
		t.paragraph("", text, faint)
	}
}

func (m markdownWriter) context(p page) {
	if len(p.Context) == 0 {
		return
	}
	m.line("## Context\n")
	m.line("%s.\n", markdown(capital(contextNote)))
	var rows [][]string
	for _, o := range p.Context {
		rows = append(rows, []string{code(o.About), markdown(o.Relation), markdown(o.Value), markdown(o.Sources), o.When})
	}
	m.table("About|What|Value|Source|Last", rows)
	if p.MoreContext > 0 {
		m.line("%s\n", markdown(capital(p.moreContext())))
	}
	for _, text := range p.Named {
		m.line("- %s", markdown(text))
	}
	m.line("")
}
