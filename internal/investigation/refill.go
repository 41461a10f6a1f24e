package investigation

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/marking"
	"clew/internal/observation"
	"clew/internal/source"
	"clew/internal/source/replay"
)

// haveFolder holds, per case of a team's record, up to which event the answers in
// it are in this data directory's corpus.
const haveFolder = "answers"

// apart reports whether a team shares the record and not the corpus: what another
// machine was told is then in the record alone.
func (w *Workspace) apart() bool { return w.Database != nil && w.Remote.URL == "" }

func (w *Workspace) havePath(id string) (string, bool) {
	return filepath.Join(w.Dir, haveFolder, id), filepath.IsLocal(id) && filepath.Base(id) == id
}

// refill brings into this corpus what other machines were told in a case: the raw
// answers of its record are read again, as their connectors read them, and nobody
// is asked. An answer that this clew reads otherwise, or not at all, is left out: it
// is in the record for whoever looks.
func (w *Workspace) refill(ctx context.Context, id string) error {
	path, ok := w.havePath(id)
	if !ok || !w.apart() {
		return nil
	}
	text, _ := os.ReadFile(path) // without it all are looked at
	have, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	events, err := w.Cases.Events(ctx, id, casefile.Query{Types: []casefile.Type{casefile.TypeAsked}, After: have})
	if err != nil {
		return err
	}
	for _, e := range events {
		var asked casefile.Asked
		if err := e.Decode(&asked); err != nil {
			return err
		}
		if asked.Observations == 0 || len(asked.Evidence) == 0 {
			continue
		}
		if err := w.restore(ctx, asked); err != nil {
			return fmt.Errorf("answer of %s from the record: %w", asked.Source, err)
		}
	}
	return nil
}

// have notes that the answers of a case are in this corpus, as far as it goes now.
func (w *Workspace) have(ctx context.Context, id string) error {
	path, ok := w.havePath(id)
	if !ok || !w.apart() {
		return nil
	}
	head, err := w.Cases.Head(ctx, id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strconv.FormatUint(head.Seq, 10)+"\n"), 0o600)
}

// restore reads one answer again and puts into the corpus what is not there.
func (w *Workspace) restore(ctx context.Context, asked casefile.Asked) error {
	about, err := asked.About.Observable()
	if err != nil {
		return nil //nolint:nilerr // a kind of a newer clew
	}
	for _, src := range w.Sources {
		if src.Info().Name != asked.Source {
			continue
		}
		dir, err := os.MkdirTemp("", "clew-refill-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		recorded, err := w.recordings(ctx, dir, asked)
		if err != nil {
			return err
		}
		defer recorded.Close() //nolint:errcheck // read only
		runner := source.NewRunner(source.RunnerOptions{Asker: recorded, Replay: true, Clock: w.Clock, PAP: marking.Clear})
		o := runner.Ask(ctx, src, source.Question{Value: about})
		missing, err := w.missing(ctx, o.Answer.Observations)
		if err != nil || len(missing) == 0 {
			return err
		}
		if err := w.Corpus.Put(ctx, missing); err != nil {
			return err
		}
		return w.Corpus.PutTotals(ctx, append(o.Answer.Totals, completeTotals(o)...))
	}
	return nil
}

// recordings writes the raw replies of an answer as a folder to replay.
func (w *Workspace) recordings(ctx context.Context, dir string, asked casefile.Asked) (*replay.Replay, error) {
	var rows []replay.Row
	for _, e := range asked.Evidence {
		body, err := w.Cases.GetBlob(ctx, e.SHA256)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, e.SHA256), body, 0o600); err != nil {
			return nil, err
		}
		rows = append(rows, replay.Row{
			Provider: asked.Source, File: e.SHA256, Kind: "recorded", Method: e.Method, URL: e.URL, RequestBody: e.Request, Status: e.Status,
			Headers: e.Headers, Recorded: e.Recorded,
		})
	}
	index, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, replay.IndexName), index, 0o600); err != nil {
		return nil, err
	}
	return replay.Open(dir)
}

// missing returns those of the observations whose link the corpus does not have:
// put twice they would count twice.
func (w *Workspace) missing(ctx context.Context, observations []observation.Observation) (missing []observation.Observation, err error) {
	for _, o := range observations {
		links, _, err := w.Corpus.Objects(ctx, o.Subject, corpus.DefaultHolderLimit, o.Relation)
		if err != nil {
			return nil, err
		}
		there := false
		for _, l := range links {
			there = there || l.Object == o.Object && slices.Contains(l.Sources, o.Source)
		}
		if !there {
			missing = append(missing, o)
		}
	}
	return missing, nil
}
