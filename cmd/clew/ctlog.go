package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/fetch"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/source"
	"clew/internal/source/ctlog"
	"clew/internal/words"
)

func (a *app) ctlogCommand() *cobra.Command {
	var log ctlog.Log
	var first, end uint64
	cmd := &cobra.Command{
		Use: "ctlog URL", Short: "Read a range of a Certificate Transparency log into the corpus", Args: cobra.ExactArgs(1),
		Long: `Reads entries of a transparency log (RFC 6962 get-entries, or static-ct tiles with
--tiled) and keeps which certificate names what, by whom issued, with which key.
Logs cannot be asked about a name: this is a bulk source, as an import is. An
interrupted run keeps what it read and says where to go on.`,
		Example: `  clew ctlog https://log.example/2026h1 --first 1000000 --end 1100000
  clew ctlog https://mon.example/2026h2 --tiled --first 0 --end 65536`,
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := url.Parse(args[0])
			if err != nil || u.Scheme != "https" || u.Host == "" {
				return usagef("%q is no https address of a log", args[0])
			}
			if end <= first {
				return usagef("--end %d is not after --first %d", end, first)
			}
			log.URL = args[0]
			return a.readLog(cmd.Context(), log, first, end)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&log.Tiled, "tiled", false, "the log has the static-ct API")
	f.Uint64Var(&first, "first", 0, "first entry")
	f.Uint64Var(&end, "end", 0, "entry to stop before")
	f.StringVar(&a.pap, "pap", "AMBER", "how visible a lookup may be: RED, AMBER, GREEN, CLEAR")
	return cmd
}

// logLine is the summary of a range, one JSON object.
type logLine struct {
	Log        string        `json:"log"`
	Next       uint64        `json:"next"`
	Read       uint64        `json:"read"`
	Unreadable uint64        `json:"unreadable"`
	Kept       uint64        `json:"kept"`
	Merged     uint64        `json:"merged"`
	At         casefile.Time `json:"at"`
}

// namedAsker says whose pace applies.
type namedAsker struct{ source.Asker }

func (n namedAsker) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	r.Source = ctlog.Info().Name
	return n.Asker.Ask(ctx, r)
}

func (a *app) readLog(ctx context.Context, log ctlog.Log, first, end uint64) error {
	pap, err := marking.ParsePAP(a.pap)
	if err != nil {
		return usageError{err}
	}
	if need := ctlog.Info().PAP; !pap.Allows(need) {
		return usagef("reading a log needs PAP:%s, PAP:%s is allowed", need, pap)
	}
	a.loaded = append(a.connectors(), paced{ctlog.Info()})
	client, _, done, err := a.client(ctx)
	if err != nil {
		return err
	}
	defer done()
	w, err := a.workspace(investigation.Needs{Corpus: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	line := logLine{Log: log.URL, At: instant(a.clock())}
	readErr := a.loadLog(ctx, w, client, log, first, end, &line)
	err = a.printTo(func(out io.Writer) error {
		if a.json {
			return encodeLines(out, []logLine{line})
		}
		fmt.Fprintf(out, "%s: %s entries read, %s observations kept (%s of them merged), %s without a certificate we understand; next entry %d\n",
			terminalSafe(log.URL), words.Number(line.Read), words.Number(line.Kept), words.Number(line.Merged), words.Number(line.Unreadable), line.Next)
		return nil
	})
	if readErr != nil {
		readErr = fmt.Errorf("%w\n  what was read is kept; go on with --first %d", readErr, line.Next)
	}
	return errors.Join(err, readErr)
}

// loadLog reads a range in one load, and keeps what came before an error.
func (a *app) loadLog(ctx context.Context, w *investigation.Workspace, client *fetch.Client, log ctlog.Log, first, end uint64, line *logLine) error {
	loader, err := w.Corpus.Load(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	progress, readErr := log.Read(ctx, namedAsker{client}, first, end, func(e ctlog.Entry) error {
		for _, o := range e.Observations() {
			o.Source = ctlog.Info().Name
			if err := loader.Add(o); err != nil {
				return err
			}
		}
		return nil
	})
	line.Next, line.Read, line.Unreadable = progress.Next, progress.Read, progress.Unreadable
	if progress.Read == 0 {
		return readErr
	}
	summary, err := loader.Commit(corpus.Import{
		ID: logID(log.URL, first, progress.Next), Name: ctlog.Info().Name, Format: "ctlog", At: a.clock(),
		Read: progress.Read, Rejected: progress.Unreadable,
	})
	if errors.Is(err, corpus.ErrImported) {
		err = fmt.Errorf("entries %d to %d of this log: %w: nothing was changed", first, progress.Next, err)
	}
	if err != nil {
		return errors.Join(readErr, err)
	}
	line.Kept, line.Merged = summary.Kept, summary.Merged
	return readErr
}

// logID names what was read of a log, so that it is not counted twice.
func logID(url string, first, next uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "ctlog\n%s\n%d\n%d", url, first, next))
	return hex.EncodeToString(sum[:6])
}

// paced gives the pace of something that is not asked about values.
type paced struct{ info source.Info }

func (p paced) Info() source.Info { return p.info }

func (paced) Observe(context.Context, source.Asker, source.Question) (source.Answer, error) {
	return source.Answer{}, source.ErrNotOffered
}
