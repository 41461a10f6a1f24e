package kill

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/reliability/clewtest"
)

type importLine struct {
	ID, Name     string
	Kept, Merged int
	Coverage     any
}

func imports(t *testing.T, h *clewtest.Home) []importLine {
	t.Helper()
	list := lines[importLine](t, h.Must(t, nil, "import", "list", "--json"))
	slices.SortFunc(list, func(a, b importLine) int { return strings.Compare(a.Name, b.Name) }) // times differ
	return list
}

// batch writes the files of one round, which share names with all others, so that
// merging counts.
func batch(t *testing.T, h *clewtest.Home, round int) (files []string) {
	t.Helper()
	for n := range 3 {
		files = append(files, rows(t, h, fmt.Sprintf("round-%d-%d.ndjson", round, n), 2000, func(i int) string {
			return cof(fmt.Sprintf("n%d.shop.example", (i*7+n)%900), fmt.Sprintf("198.51.100.%d", (i+round)%250), 1700000000+round*1000+i, 1750000000+i*n)
		}))
	}
	return files
}

// TestImport kills imports of several files, and takings back of what came before.
func TestImport(t *testing.T) {
	kills := kills(t)
	h, undisturbed := clewtest.NewHome(t), clewtest.NewHome(t)
	s := newStriker(h, 1)
	for round := 0; !s.enough(kills); round++ {
		files := batch(t, h, round)
		command := append([]string{"import", "cof", "--json"}, files...)
		said, _ := s.strike(t, command...)
		there := imports(t, h)
		for _, line := range lines[importLine](t, said) {
			if n := len(slices.DeleteFunc(slices.Clone(there), func(i importLine) bool { return i.ID != line.ID })); n != 1 {
				t.Errorf("round %d: %s was acknowledged, and is there %d times", round, line.Name, n)
			}
		}
		s.again(t, command...)
		undisturbed.Must(t, nil, append([]string{"import", "cof", "--json"}, batch(t, undisturbed, round)...)...)
		if round%3 == 2 {
			id := named(t, h, fmt.Sprintf("round-%d-0.ndjson", round-1))
			s.strike(t, "import", "remove", id)
			if slices.ContainsFunc(imports(t, h), func(i importLine) bool { return i.ID == id }) {
				h.Must(t, nil, "import", "remove", id)
			}
			undisturbed.Must(t, nil, "import", "remove", id)
		}
	}
	if diff := cmp.Diff(imports(t, undisturbed), imports(t, h)); diff != "" {
		t.Errorf("imports (-undisturbed +killed):\n%s", diff)
	}
	for n := 0; n < 900; n += 31 {
		name := fmt.Sprintf("n%d.shop.example", n)
		if diff := cmp.Diff(shown(t, undisturbed, name), shown(t, h, name)); diff != "" {
			t.Errorf("%s (-undisturbed +killed):\n%s", name, diff)
		}
	}
	if out := h.Must(t, nil, "doctor"); strings.Contains(out, "damaged") {
		t.Error(out)
	}
	s.tell(t, "import")
}

func named(t *testing.T, h *clewtest.Home, name string) string {
	t.Helper()
	for _, i := range imports(t, h) {
		if i.Name == name {
			return i.ID
		}
	}
	t.Fatalf("no import %s", name)
	return ""
}

// shown is all that the corpus says of a name. Lists of imports are in the order
// of their times, which differ.
func shown(t *testing.T, h *clewtest.Home, name string) any {
	t.Helper()
	return inOrder(decode[any](t, h.Must(t, nil, "show", name, "--json")))
}

// inOrder sorts every list of texts in a document.
func inOrder(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = inOrder(member)
		}
	case []any:
		texts := true
		for i, member := range v {
			v[i] = inOrder(member)
			_, text := member.(string)
			texts = texts && text
		}
		if texts {
			slices.SortFunc(v, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		}
	}
	return v
}
