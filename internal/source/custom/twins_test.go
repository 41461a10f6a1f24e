package custom_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/certspotter"
	"clew/internal/source/custom"
	"clew/internal/source/hackertarget"
	"clew/internal/source/mnemonic"
	"clew/internal/source/replay"
	"clew/internal/source/ripestat"
	"clew/internal/source/sourcetest"
)

// twins are the built-in connectors that docs/examples/sources has as files too.
var twins = map[string]source.Source{
	"certspotter":  certspotter.Source{},
	"hackertarget": hackertarget.Source{},
	"mnemonic":     mnemonic.Source{},
	"ripestat":     ripestat.Source{},
}

const examples = "../../../docs/examples/sources"

func example(t *testing.T, name string) *custom.Source {
	t.Helper()
	s, err := custom.ReadFile(filepath.Join(examples, name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryExampleHasATwin(t *testing.T) {
	sources, err := custom.LoadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) != len(twins) {
		t.Errorf("%d examples, %d twins: add to twins what is new", len(sources), len(twins))
	}
}

// TestExamplesSayOfThemselvesWhatTheirTwinsSay leaves out the pace and the
// quotas: those are for whoever runs the source to choose.
func TestExamplesSayOfThemselvesWhatTheirTwinsSay(t *testing.T) {
	for name, twin := range twins {
		want, got := twin.Info(), example(t, name).Info()
		want.Name, want.Every, want.Quotas, want.AtOnce, want.TTL = got.Name, got.Every, got.Quotas, got.AtOnce, got.TTL
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Go +file):\n%s", name, diff)
		}
	}
}

// outcome is what two connectors that are the same answer the same. How they
// word what went wrong is their own.
type outcome struct {
	State  source.State
	Parts  []source.Part
	Answer source.Answer
	Sent   []string
}

func ask(t *testing.T, s source.Source, asker source.Asker, v observable.Value) outcome {
	t.Helper()
	out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).Ask(t.Context(), s, source.Question{Value: v})
	for i := range out.Parts {
		if s := out.Parts[i].State; s != source.Answered && s != source.Empty {
			out.Parts[i].Reason = ""
		}
	}
	for i := range out.Answer.Observations {
		out.Answer.Observations[i].Source = ""
	}
	for i := range out.Answer.Totals {
		out.Answer.Totals[i].Source = ""
	}
	o := outcome{State: out.State, Parts: out.Parts, Answer: out.Answer}
	for _, e := range out.Evidence {
		o.Sent = append(o.Sent, e.SHA256)
	}
	return o
}

func compare(t *testing.T, name string, asker source.Asker, v observable.Value) outcome {
	t.Helper()
	want, got := ask(t, twins[name], asker, v), ask(t, example(t, name), asker, v)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(observable.Value{})); diff != "" {
		t.Errorf("%s about %s (-Go +file):\n%s", name, v, diff)
	}
	return got
}

func TestExamplesAnswerAsTheirTwins(t *testing.T) {
	for name := range twins {
		cases, err := filepath.Glob(filepath.Join("..", name, "testdata", "*", "ask.txt"))
		if err != nil || len(cases) == 0 {
			t.Fatalf("no cases of %s: %v", name, err)
		}
		facts := 0
		for _, path := range cases {
			dir := filepath.Dir(path)
			t.Run(name+"/"+filepath.Base(dir), func(t *testing.T) {
				recorded, err := replay.Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = recorded.Close() }()
				facts += len(compare(t, name, recorded, value(t, string(readFile(t, path)))).Answer.Observations)
			})
		}
		if facts == 0 {
			t.Errorf("%s: no case gave a fact, so nothing was compared", name)
		}
	}
}

// recordings are replies beside the repository, and what was asked about. Each
// is given to every endpoint: those it is not of have to fail alike too.
var recordings = map[string]string{
	"certspotter/issuances.example.com.json":      "example.com",
	"certspotter/issuances.sslmate.com.json":      "sslmate.com",
	"hackertarget/error_quota.txt":                "192.0.2.1",
	"mnemonic/pdns.assembled_from_docs.json":      "test.us",
	"ripestat/network-info.8.8.8.8.json":          "8.8.8.8",
	"ripestat/prefix-overview.194.195.93.96.json": "194.195.93.96",
}

func TestExamplesReadRecordingsAsTheirTwins(t *testing.T) {
	shared := os.Getenv("CLEW_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "fixtures", "sources")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded answers are not beside the repository: %v", err)
	}
	facts := 0
	for file, about := range recordings {
		name, _, _ := strings.Cut(file, "/")
		t.Run(file, func(t *testing.T) {
			asker := parrot{source.Reply{Status: 200, Body: readFile(t, filepath.Join(dir, file))}}
			facts += len(compare(t, name, asker, value(t, about)).Answer.Observations)
		})
	}
	if facts == 0 {
		t.Error("no recording gave a fact, so nothing was compared")
	}
}

// TestExamplesKeepTheContract puts each example where its twin is put: its cases
// lie in the twin's folder.
func TestExamplesKeepTheContract(t *testing.T) {
	for name := range twins {
		t.Run(name, func(t *testing.T) {
			s := example(t, name)
			t.Chdir(filepath.Join("..", name))
			sourcetest.Run(t, s)
		})
	}
}
