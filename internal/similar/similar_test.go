package similar

import (
	"context"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"clew/internal/corpus"
	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
)

func file(digit string) observable.Value {
	return observable.Must(observable.File, strings.Repeat(digit, 64))
}

func saw(subject observable.Value, relation observation.Relation, kind observable.Kind, object string) observation.Observation {
	return observation.Observation{Subject: subject, Relation: relation, Object: observable.Must(kind, object), Count: 1, Source: "test"}
}

const (
	sample     = "96:RTPWVpqrsTUVabcdefghijkLMNOPqrs123456789xyzABCDEFGH:RTPWVpqrsTUVabcdefghijkLMN"
	variant    = "96:RTPWVpqrsTUVabcdefghijkLMNOPqrs12345679xyzABCDEFGHI:RTPWVpqrsTUVabcdefghijkLMX"
	withRuns   = "96:RTPWVpqrsTUVaaaaaabcdefghijkLMNOPqrs12345:RTPWVpqrsTUVabcdefghij"
	stranger   = "96:zz91kdUQmP0dkeUWbQ8aksdhaQPWLDa92kdLaPW:zz91kdUQmP0dke"
	tlshA      = "T1125C34A2777260A23C0E6543541E75333BBBAC7D529B05207B6A09EEC3F1A6D03963BE5"
	tlshNear   = "T1125C34A2777260A23C0E6543541E75333BBBAC7D529B05207B6A09EEC3F1A6D03963BE4"
	tlshFar    = "T1B7B5E80ABDC16F76C59C037586EE265A23513E495B91032327A4F7B83A7733CAF5B488FF"
	tlshLength = 72
)

func cutTLSH(text string) string { return text[:tlshLength] }

func watched(t *testing.T, observations ...observation.Observation) *Watched {
	t.Helper()
	w := Watch(memory.New())
	if err := w.Put(t.Context(), observations); err != nil {
		t.Fatal(err)
	}
	return w
}

type noLists struct{ suppressed map[string]bool }

func (l noLists) Suppressed(_ observation.Relation, v observable.Value) (string, bool) {
	return "", l.suppressed[v.Text()]
}

// like asks a search and returns who is found, with the bits and the words.
func like(t *testing.T, w *Watched, method string, v observable.Value) []string {
	t.Helper()
	found, _, err := w.Searches(noLists{})[method].Like(t.Context(), v, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range found {
		how, _, _ := strings.Cut(l.Note, " with ")
		out = append(out, l.Value.Text()[:1]+" "+how)
	}
	return out
}

func TestFilesWithLikeDigestsAreFound(t *testing.T) {
	w := watched(
		t,
		saw(file("a"), observation.Ssdeep, observable.Ssdeep, sample),
		saw(file("b"), observation.Ssdeep, observable.Ssdeep, variant),
		saw(file("c"), observation.Ssdeep, observable.Ssdeep, stranger),
		saw(file("d"), observation.Ssdeep, observable.Ssdeep, withRuns),
		saw(file("e"), observation.Ssdeep, observable.Ssdeep, sample),
		saw(file("a"), observation.TLSH, observable.TLSH, cutTLSH(tlshA)),
		saw(file("b"), observation.TLSH, observable.TLSH, cutTLSH(tlshFar)),
		saw(file("c"), observation.TLSH, observable.TLSH, cutTLSH(tlshNear)),
	)
	want := []string{"e ssdeep score 100 of 100", "b ssdeep score 99 of 100", "d ssdeep score 93 of 100"}
	if diff := gocmp.Diff(want, like(t, w, "ssdeep", file("a"))); diff != "" {
		t.Error(diff)
	}
	if got := like(t, w, "tlsh", file("a")); len(got) != 1 || !strings.HasPrefix(got[0], "c TLSH distance ") {
		t.Errorf("near by TLSH: %v", got)
	}
	byDigest := like(t, w, "ssdeep", observable.Must(observable.Ssdeep, stranger))
	if diff := gocmp.Diff([]string{"c ssdeep score 100 of 100"}, byDigest); diff != "" {
		t.Error(diff)
	}
	if got := like(t, w, "ssdeep", file("f")); len(got) != 0 {
		t.Errorf("a file without a digest is like %v", got)
	}
}

func TestIndexLearnsWhatIsWritten(t *testing.T) {
	w := watched(t, saw(file("a"), observation.Ssdeep, observable.Ssdeep, sample))
	if got := like(t, w, "ssdeep", file("a")); len(got) != 0 {
		t.Fatalf("alone, and like %v", got)
	}
	// The index is there by now: a Put must reach it, and so must a load.
	if err := w.Put(t.Context(), []observation.Observation{saw(file("b"), observation.Ssdeep, observable.Ssdeep, variant)}); err != nil {
		t.Fatal(err)
	}
	if got := like(t, w, "ssdeep", file("a")); len(got) != 1 {
		t.Errorf("after a Put: %v", got)
	}
	loader, err := w.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Add(saw(file("c"), observation.Ssdeep, observable.Ssdeep, withRuns)); err != nil {
		t.Fatal(err)
	}
	if _, err := loader.Commit(corpus.Import{ID: "1", Name: "test"}); err != nil {
		t.Fatal(err)
	}
	if got := like(t, w, "ssdeep", file("a")); len(got) != 2 {
		t.Errorf("after a load: %v", got)
	}
}

func TestLikeSaysWhenThereIsMore(t *testing.T) {
	var all []observation.Observation
	for _, digit := range []string{"a", "b", "c", "d"} {
		all = append(all, saw(file(digit), observation.Ssdeep, observable.Ssdeep, sample))
	}
	found, more, err := watched(t, all...).Searches(noLists{})["ssdeep"].Like(t.Context(), file("a"), 2)
	if err != nil || !more || len(found) != 2 {
		t.Errorf("%d found, more %v, %v", len(found), more, err)
	}
}

func TestCancelledIndexIsMadeAgain(t *testing.T) {
	w := watched(t, saw(file("a"), observation.Ssdeep, observable.Ssdeep, sample), saw(file("b"), observation.Ssdeep, observable.Ssdeep, variant))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := w.Searches(noLists{})["ssdeep"].Like(ctx, file("a"), 2); err == nil {
		t.Error("a cancelled search answered")
	}
	if got := like(t, w, "ssdeep", file("a")); len(got) != 1 {
		t.Errorf("afterwards: %v", got)
	}
}

// behaving is a family of two, a third that does one thing alike, and thirty
// that do only what every run does.
func behaving() []observation.Observation {
	var all []observation.Observation
	everyone := []string{"a", "b", "c"}
	for _, f := range []string{"a", "b"} {
		all = append(
			all,
			saw(file(f), observation.Mutex, observable.Mutex, "Local\\rare-family-mutex"),
			saw(file(f), observation.Contacts, observable.Domain, "c2.example"),
			saw(file(f), observation.Writes, observable.Filename, `%APPDATA%\rare\payload.exe`),
		)
	}
	all = append(
		all,
		saw(file("b"), observation.UserAgent, observable.UserAgent, "Rare/1.0"),
		saw(file("c"), observation.Contacts, observable.Domain, "c2.example"),
		saw(file("c"), observation.Mutex, observable.Mutex, "other"),
	)
	for i := range 30 {
		f := observable.Must(observable.File, strings.Repeat("0", 62)+string("0123456789abcdef"[i/16])+string("0123456789abcdef"[i%16]))
		all = append(all, saw(f, observation.Contacts, observable.Domain, "update.example"))
	}
	for _, f := range everyone {
		all = append(all, saw(file(f), observation.Contacts, observable.Domain, "update.example"))
	}
	return all
}

func TestFilesThatBehaveAlikeAreRanked(t *testing.T) {
	w := watched(t, behaving()...)
	found, more, err := w.Searches(noLists{})["behaviour"].Like(t.Context(), file("a"), 100)
	if err != nil || more {
		t.Fatal(more, err)
	}
	var got []string
	for _, l := range found {
		got = append(got, l.Value.Text()[:1])
	}
	// b shares three of four features, c one; what all 33 do connects nobody.
	if diff := gocmp.Diff([]string{"b", "c"}, got); diff != "" {
		t.Fatal(diff)
	}
	note := found[0].Note
	for _, part := range []string{"in 3 of 4 features", `Local\rare-family-mutex (2 of 33 files)`, "contacts c2[.]example (3 of 33 files)"} {
		if !strings.Contains(note, part) {
			t.Errorf("%q does not say %q", note, part)
		}
	}
	if strings.Contains(note, "update") {
		t.Errorf("%q names what every run does", note)
	}
	if !strings.HasPrefix(note, "behaves alike 0.7") {
		t.Errorf("likeness: %q", note)
	}
}

func TestListedBehaviourConnectsNobody(t *testing.T) {
	w := watched(t, behaving()...)
	lists := noLists{map[string]bool{"c2.example": true}}
	found, _, err := w.Searches(lists)["behaviour"].Like(t.Context(), file("c"), 100)
	if err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestNothingListableHasNoDigestSearch(t *testing.T) {
	type unlisted struct{ corpus.Store }
	searches := Watch(unlisted{memory.New()}).Searches(noLists{})
	if _, ok := searches["ssdeep"]; ok {
		t.Error("a search without an index")
	}
	if _, ok := searches["behaviour"]; !ok {
		t.Error("behaviour needs no index")
	}
}
