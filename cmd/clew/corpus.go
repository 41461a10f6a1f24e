package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/corpus/transfer"
	"clew/internal/investigation"
	"clew/internal/words"
)

// corpusSettings are the part of the configuration that names a corpus on a server:
//
//	corpus:
//	  url: clickhouse://corpus.example:9000/clew
//	  user: clew
//	  password: …
type corpusSettings struct {
	URL      string `yaml:"url"`
	User     string `yaml:"user,omitempty"`
	Password string `yaml:"password,omitempty" secret:"true"`
}

// remoteCorpus returns the corpus on a server that commands work with, nothing
// for the embedded one. The flag wins over the environment, that over the
// configuration; user and password come from the latter two only.
func (a *app) remoteCorpus() (investigation.RemoteCorpus, error) {
	if a.local {
		return investigation.RemoteCorpus{}, nil
	}
	return a.corpusAt(a.corpus)
}

// corpusAt is remoteCorpus for a URL that was named, "" for none.
func (a *app) corpusAt(named string) (investigation.RemoteCorpus, error) {
	s, err := a.settings()
	if err != nil {
		return investigation.RemoteCorpus{}, err
	}
	at := investigation.RemoteCorpus{
		URL:      cmp.Or(named, a.getenv("CLEW_CORPUS"), s.Corpus.URL),
		User:     cmp.Or(a.getenv("CLEW_CORPUS_USER"), s.Corpus.User),
		Password: cmp.Or(a.getenv("CLEW_CORPUS_PASSWORD"), s.Corpus.Password),
	}
	if at.URL == "" {
		return investigation.RemoteCorpus{}, nil
	}
	if at.Password == "" {
		if s, err = a.unsealed(s); err != nil {
			return at, err
		}
		at.Password = s.Corpus.Password
	}
	if err := at.Check(); err != nil {
		return at, usageError{err}
	}
	return at, nil
}

func (a *app) corpusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "corpus", Short: "A corpus on a ClickHouse server or cluster",
		Long: `Moves the corpus of the data directory to a ClickHouse server, for more than one
machine or one person. Commands then work with it when --corpus, $CLEW_CORPUS or
the configuration names it. User and password come from $CLEW_CORPUS_USER and
$CLEW_CORPUS_PASSWORD or the configuration file. See docs/guide/clickhouse.md.`,
		Args:    cobra.NoArgs,
		Example: "  clew corpus init clickhouse://corpus.example:9440/clew?secure=1\n  clew corpus push clickhouse://corpus.example:9440/clew?secure=1",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.onServers("init URL...", "Make the tables of a corpus on servers",
			"Makes the database and the tables where they are missing. Name every server of a\ncluster; what is there stays as it is.",
			"  clew corpus init clickhouse://localhost:9000/clew\n  clew corpus init 'clickhouse://a.example/clew?cluster=clew' 'clickhouse://b.example/clew?cluster=clew'",
			"ready", investigation.RemoteCorpus.Init),
		a.corpusPushCommand(),
		a.onServers("compact URL...", "Give back the space of removed imports",
			"Deletes the rows of imports that were removed, and of loads that died a week ago,\nfrom the tables of the servers named. Nobody sees such rows either way.",
			"  clew corpus compact clickhouse://localhost:9000/clew", "compact", investigation.RemoteCorpus.Compact),
	)
	return cmd
}

// onServers is a command that does one thing on each server it is given.
func (a *app) onServers(use, short, long, example, done string, do func(investigation.RemoteCorpus, context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, urls []string) error {
			for _, url := range urls {
				at, err := a.corpusAt(url)
				if err != nil {
					return err
				}
				if err := do(at, cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s: %s\n", terminalSafe(url), done)
			}
			return nil
		},
	}
}

func (a *app) corpusPushCommand() *cobra.Command {
	return &cobra.Command{
		Use: "push URL", Short: "Move the corpus of the data directory to a server", Args: cobra.ExactArgs(1),
		Long: `Copies every import, provider's total and answer to the server, import by import,
and makes the tables first where they are missing. What is there already is left
alone, so a push that was interrupted goes on when it is run again, and several
people push into one corpus. What sources told you when you asked them goes over
as one import named after this machine, which each push brings up to date. The
corpus here stays as it is.`,
		Example: "  clew corpus push clickhouse://localhost:9000/clew",
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := a.corpusAt(args[0])
			if err != nil {
				return err
			}
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			progress := newPushProgress(a)
			sum, err := investigation.PushCorpus(cmd.Context(), dir, to, a.clock(), progress.show)
			progress.done()
			if err != nil {
				return fmt.Errorf("%w\n  %s are on the server; the same command goes on from there", err, words.Count(sum.Pushed+sum.There, "import"))
			}
			fmt.Fprintf(a.stdout, "%s pushed, %d there already: %s observations, %s totals, %s answers\n",
				words.Count(sum.Pushed, "import"), sum.There, words.Number(sum.Observations), words.Number(sum.Totals), words.Number(sum.Answers))
			return nil
		},
	}
}

// pushProgress shows how far a push is, as importProgress does for an import.
type pushProgress struct{ line importProgress }

func newPushProgress(a *app) *pushProgress {
	return &pushProgress{*newImportProgress(a.stderr, isTerminal(a.stderr), "corpus", a.clock)}
}

func (p *pushProgress) show(now transfer.Progress) {
	p.line.say(func(spent time.Duration) string {
		part := min(float64(now.Parts)/float64(max(now.Of, 1)), 1)
		left := time.Duration(float64(spent) * (1 - part) / max(part, 1e-9))
		return fmt.Sprintf("%s of %s links, %s a second, %.0f %%, %s left",
			words.Number(now.Parts), words.Number(now.Of), words.Number(uint64(float64(now.Parts)/spent.Seconds())), part*100, left.Round(time.Second))
	})
}

func (p *pushProgress) done() { p.line.done() }
