package custom_test

import (
	"strings"
	"testing"

	"clew/internal/source"
)

// TestGuideShowsWhatHappens runs the example of the guide: file, reply, result.
func TestGuideShowsWhatHappens(t *testing.T) {
	page := string(readFile(t, "../../../docs/guide/custom-sources.md"))
	block := func(language string) string {
		_, rest, begun := strings.Cut(page, "```"+language+"\n")
		text, _, ended := strings.Cut(rest, "```")
		if !begun || !ended {
			t.Fatalf("no block of %q in the guide", language)
		}
		page = rest[len(text)+len("```"):]
		return text
	}
	s, reply, shown := read(t, block("yaml")), block("json"), block("")
	m, err := s.Map(t.Context(), "", value(t, "evil.example"), source.Reply{Body: []byte(reply)})
	if err != nil || len(m.Answer.Parts) != 1 || m.Answer.Parts[0].State != source.Answered {
		t.Fatalf("%+v, %v", m, err)
	}
	var lines []string
	for _, o := range m.Answer.Observations {
		lines = append(lines, o.Subject.Defang()+" "+o.Relation.String()+" "+o.Object.Defang()+
			"  "+o.First.Format("2006-01-02")+" to "+o.Last.Format("2006-01-02"))
	}
	for _, n := range m.Notes {
		lines = append(lines, "clew: row 3: "+n.Text)
	}
	for _, p := range m.Answer.Parts {
		lines = append(lines, "clew: "+p.Endpoint+": "+string(p.State))
	}
	if m.Answer.Dropped == 1 {
		lines = append(lines, "clew: done with parts missing: 1 result dropped")
	}
	if got := strings.Join(lines, "\n") + "\n"; got != shown {
		t.Errorf("the guide shows\n%sbut it gives\n%s", shown, got)
	}
}

// TestGuideNamesEveryMember keeps the guide complete.
func TestGuideNamesEveryMember(t *testing.T) {
	page := string(readFile(t, "../../../docs/guide/custom-sources.md"))
	for _, line := range strings.Split(string(readFile(t, "document.go")), "\n") {
		if _, rest, ok := strings.Cut(line, "`yaml:\""); ok {
			name, _, _ := strings.Cut(rest, "\"")
			if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, name+":") {
				t.Errorf("the guide does not name %q", name)
			}
		}
	}
	for _, line := range strings.Split(string(readFile(t, "program.go")), "\n") {
		if strings.HasPrefix(line, "var variableNames") {
			for i, name := range strings.Split(line, `"`) {
				if i%2 == 1 && !strings.Contains(page, "`"+name+"`") {
					t.Errorf("the guide does not name %s", name)
				}
			}
		}
	}
}
