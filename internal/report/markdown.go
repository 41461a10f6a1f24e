package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// Markdown writes a document as a report: CommonMark with tables, and the pivot
// tree as a Mermaid diagram.
func Markdown(w io.Writer, d casefile.Document) error {
	m := markdownWriter{bufio.NewWriter(w)}
	p := newPage(d)
	p.HangsOn = hangsOn(d)
	m.front(p)
	m.escalations(p)
	m.pivots(p)
	m.findings(p)
	m.waterfalls(p)
	m.actions(p)
	m.hangs(p)
	m.refused(p)
	m.context(p)
	m.gaps(p)
	m.notes(p)
	m.method(p)
	return m.out.Flush()
}

// markdownWriter keeps the first error of writing in out and tells it at the end.
type markdownWriter struct{ out *bufio.Writer }

func (m markdownWriter) line(format string, args ...any) {
	fmt.Fprintf(m.out, format+"\n", args...)
}

// table writes cells that are escaped already.
func (m markdownWriter) table(header string, rows [][]string) {
	columns := strings.Split(header, "|")
	rule := make([]string, len(columns))
	for i, c := range columns {
		rule[i] = "---"
		if strings.HasPrefix(c, ">") { // figures
			columns[i], rule[i] = c[1:], "---:"
		}
	}
	m.line("| %s |", strings.Join(columns, " | "))
	m.line("| %s |", strings.Join(rule, " | "))
	for _, row := range rows {
		m.line("| %s |", strings.Join(row, " | "))
	}
	m.line("")
}

func (m markdownWriter) front(p page) {
	m.line("# Case %s\n", code(p.ID))
	m.line("%s\n", markdown(strings.Join(append(p.marks(), p.times()...), " · ")))
	m.line("## Summary\n")
	for _, sentence := range p.Summary {
		m.line("- %s", markdown(sentence))
	}
	if len(p.ToDo) > 0 {
		m.line("\n### What to do first\n")
		for _, step := range p.ToDo {
			m.line("- %s", markdown(step))
		}
	}
	m.line("\n## Seeds\n")
	var rows [][]string
	for _, s := range p.Seeds {
		rows = append(rows, []string{cellCode(s.Value), markdown(s.Kind), markdown(orUnknown(s.Source)), words.Number(s.Confidence)})
	}
	m.table("Indicator|Kind|From|>Analyst's confidence", rows)
}

func (m markdownWriter) findings(p page) {
	m.line("## Findings\n")
	for _, b := range p.Bands {
		if len(b.Findings) == 0 {
			continue
		}
		m.line("### %s: %s\n", markdown(capital(b.Name)), words.Number(len(b.Findings)))
		if b.Meaning != "" {
			m.line("%s.\n", markdown(capital(b.Meaning)))
		}
		var rows [][]string
		for _, f := range b.Findings {
			rows = append(rows, []string{
				f.P, cellCode(f.Value), markdown(f.Kind), f.First, f.Last, markdown(f.why()), markdown(f.Validation), markdown(f.Action), markdown(f.remark()),
			})
		}
		m.table(">P|Indicator|Kind|First seen|Last seen|Strongest evidence, bits|Own logs|Action|Remark", rows)
	}
}

// waterfalls explains the findings above coincidence.
func (m markdownWriter) waterfalls(p page) {
	explained, left := p.worthExplaining()
	if len(explained) == 0 {
		return
	}
	m.line("## Why\n")
	m.line("%s\n", markdown(howToRead))
	for _, f := range explained {
		m.line("### %s\n", code(f.Value))
		m.line("P %s, %s.\n", f.P, markdown(f.Band))
		var rows [][]string
		for _, l := range f.Waterfall.Lines {
			rows = append(rows, []string{
				markdown(l.Family), markdown(l.Fact), signed(l.Bits), markdown(l.When), markdown(strings.Join(l.Details, "; ")),
			})
		}
		rows = append(rows, []string{"**total**", "", "**" + signed(f.Waterfall.Total) + "**", "", markdown(f.Waterfall.closing())})
		m.table("Family|Fact|>Bits|When|On what ground", rows)
	}
	if left > 0 {
		m.line("%s\n", markdown(leftOut(left)))
	}
}

func (m markdownWriter) pivots(p page) {
	m.line("## How it hangs together\n")
	if len(p.Trees) > 0 {
		m.line("```mermaid")
		m.line("flowchart LR")
		n := 0
		for _, root := range p.Trees {
			m.branch(root, &n)
		}
		m.line("classDef seed stroke-width:3px")
		m.line("classDef high stroke-width:3px")
		m.line("classDef low stroke-dasharray:4 3")
		m.line("```\n")
	}
	if idle := idleSentence(p); idle != "" {
		m.line("%s\n", markdown(idle))
	}
	m.paths(p)
}

func (m markdownWriter) refused(p page) {
	if len(p.Refused) == 0 {
		return
	}
	m.line("## Pivots not taken\n")
	var rows [][]string
	for _, r := range p.Refused {
		rows = append(rows, []string{
			cellCode(r.From), markdown(r.Method), cellCode(r.Value), r.Holders, markdown(r.State), markdown(r.Reason),
		})
	}
	m.table("From|Method|Value|>Holders|State|Reason", rows)
}

// branch writes a node and everything below it, and returns its name.
func (m markdownWriter) branch(b *branch, n *int) string {
	id := fmt.Sprintf("n%d", *n)
	*n++
	label := mermaid(b.Text)
	if b.Detail != "" {
		label += " · " + mermaid(b.Detail)
	}
	open, closing := "[", "]"
	switch b.Sort {
	case seedBranch:
		open, closing = "([", "])"
	case pivotBranch:
		open, closing = "{{", "}}"
	case moreBranch, refusedBranch:
		open, closing = "(", ")"
	case findingBranch:
	}
	class := ""
	if b.Sort == seedBranch || b.Band == "high" || b.Band == "low" {
		class = ":::" + mermaidClass(b)
	}
	m.line(`  %s%s"%s"%s%s`, id, open, label, closing, class)
	for _, c := range b.Children {
		child := m.branch(c, n)
		arrow := "-->"
		if c.Sort == refusedBranch {
			arrow = "-.-x"
		}
		m.line("  %s %s %s", id, arrow, child)
	}
	return id
}

func mermaidClass(b *branch) string {
	if b.Sort == seedBranch {
		return "seed"
	}
	return b.Band
}

func (m markdownWriter) gaps(p page) {
	m.line("## What was not asked, and what did not answer\n")
	if len(p.Gaps) == 0 {
		m.line("Nothing is open.\n")
	} else {
		var rows [][]string
		for _, g := range p.Gaps {
			rows = append(rows, []string{markdown(g.Source), markdown(g.State), words.Number(g.Questions), markdown(g.about()), markdown(g.reasons())})
		}
		m.table("Source|State|>Questions|About|Reason", rows)
	}
	if len(p.Asked) > 0 {
		m.line("## What was asked\n")
		var rows [][]string
		for _, a := range p.Asked {
			rows = append(rows, []string{markdown(a.Name), markdown(a.Detail), words.Number(a.N)})
		}
		m.table("Source|Ended as|>Questions", rows)
	}
}

func (m markdownWriter) notes(p page) {
	if len(p.Notes) == 0 {
		return
	}
	m.line("## Notes\n")
	for _, n := range p.Notes {
		about := ""
		if n.About != "" {
			about = " on " + code(n.About)
		}
		m.line("- %s, %s%s: %s", n.At, markdown(n.Actor), about, markdown(n.Text))
	}
	m.line("")
}

func (m markdownWriter) method(p page) {
	m.line("## Method and record\n")
	for _, sentence := range p.method() {
		m.line("- %s", markdown(sentence))
	}
	m.line("- %s", markdown(p.origin()))
	m.line("- %s; check it with %s", markdown(p.recordLine()), code(p.verifyCommand()))
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
