package report

import "strings"

func (m markdownWriter) actions(p page) {
	if len(p.Actions) == 0 {
		return
	}
	m.line("## Actions and their status\n")
	var rows [][]string
	for _, a := range p.Actions {
		rows = append(rows, []string{
			cellCode(a.Value), markdown(a.Action), markdown(a.State), a.Until, markdown(a.Approver), markdown(a.Beside), markdown(a.Reason),
		})
	}
	m.table("Indicator|Action|State|Until|Approver|Whom a block would hit|Reason", rows)
}

func (m markdownWriter) escalations(p page) {
	if len(p.Escalations) == 0 {
		return
	}
	m.line("## Escalations\n")
	for _, e := range p.Escalations {
		m.line("### %s\n", markdown(strings.TrimSpace(e.Severity+" "+e.Trigger)))
		m.line("Because: %s\n", markdown(e.Because))
		for _, list := range e.lists() {
			m.line("%s:\n", list.Title)
			for _, line := range list.Lines {
				m.line("- %s", markdown(line))
			}
			m.line("")
		}
	}
}

// A titledList is a list with its title.
type titledList struct {
	Title string
	Lines []string
}

// Lists are the parts of an escalation that are there.
func (e escalation) Lists() []titledList { return e.lists() }

func (e escalation) lists() []titledList {
	var lists []titledList
	for _, l := range []titledList{{"Do first", e.First}, {"Evidence", e.Evidence}, {"Machines of ours", e.Assets}, {"Told", e.Told}} {
		if len(l.Lines) > 0 {
			lists = append(lists, l)
		}
	}
	return lists
}

func (m markdownWriter) paths(p page) {
	lines := pathsOf(p.Trees)
	if len(lines) == 0 {
		return
	}
	m.line("The same as text:\n")
	for _, l := range lines {
		m.line("%s- %s", strings.Repeat("  ", l.Depth), markdown(l.Text))
	}
	m.line("")
}

func (m markdownWriter) hangs(p page) {
	if len(p.HangsOn) == 0 {
		return
	}
	m.line("## What the findings hang on\n")
	for _, sentence := range p.HangsOn {
		m.line("- %s", markdown(sentence))
	}
	m.line("")
}
