package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/source"
	"clew/internal/source/replay"
)

// wayOut sets how a run reaches the sources: not at all, from recordings, or live.
func (a *app) wayOut(ctx context.Context, req *investigation.Request) (done func(), err error) {
	if a.offline && a.replay != "" {
		return func() {}, usagef("--offline asks nobody and --replay asks recordings: use one of them")
	}
	if a.offline {
		return func() {}, nil
	}
	req.Asker, req.Replay, req.HasKey, done, err = a.asker(ctx)
	return done, err
}

// asker returns the way to the sources, recorded or live, and which of them
// have a key.
func (a *app) asker(ctx context.Context) (asker source.Asker, recorded bool, hasKey func(source.Info) bool, done func(), err error) {
	if a.replay != "" {
		recordings, done, err := openReplay(ctx, a.replay)
		if err != nil {
			return nil, false, nil, func() {}, err
		}
		return recordings, true, nil, done, nil
	}
	client, keys, done, err := a.client(ctx)
	if err != nil {
		return nil, false, nil, done, err
	}
	return client, false, func(info source.Info) bool { return keys[info.Name] != "" }, done, nil
}

// openReplay opens a folder of recorded answers, or the answers of a bundle.
func openReplay(ctx context.Context, path string) (*replay.Replay, func(), error) {
	nothing := func() {}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nothing, usagef("--replay: %w", err)
	}
	if info.IsDir() {
		recorded, err := replay.Open(path)
		return recorded, nothing, err
	}
	b, err := casefile.OpenBundle(ctx, path)
	if err != nil {
		return nil, nothing, err
	}
	defer b.Close() //nolint:errcheck // read only
	dir, err := os.MkdirTemp("", "clew-replay-")
	if err != nil {
		return nil, nothing, err
	}
	remove := func() { _ = os.RemoveAll(dir) } // a temporary folder that stays is no harm
	if err := os.CopyFS(dir, b.FS()); err != nil {
		return nil, remove, fmt.Errorf("unpack %s: %w", path, err)
	}
	recorded, err := replay.Open(dir)
	return recorded, remove, err
}

func (a *app) sourceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "source", Short: "The providers clew can ask", Args: cobra.NoArgs,
		Example: "  clew source list\n  clew source login virustotal < key.txt\n  clew source test crtsh",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.sourceTest(), a.sourceLogin(), a.sourceQuota(), &cobra.Command{
		Use: "list", Short: "What each source answers, and whether it can be asked", Args: cobra.NoArgs,
		Example: "  clew source list\n  clew source list --json    one line a source",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listSources(cmd.Context()) },
	})
	return cmd
}

// sourceLines says of each source what it answers and whether it can be asked.
func (a *app) sourceLines(ctx context.Context) ([]server.Source, error) {
	settings, err := a.withSecrets()
	if err != nil {
		return nil, err
	}
	keys := settings.keys(a.getenv, a.infos())
	a.secrets(ctx, settings, keys, a.infos())
	left, last, err := a.standing(ctx)
	if err != nil {
		return nil, err
	}
	var lines []server.Source
	for _, info := range a.infos() {
		line := server.Source{Name: info.Name, Title: info.Title, PAP: info.PAP.String(), Every: info.Every.String(), Key: "none", KeyEnv: info.KeyEnv, Retired: info.Retired, Left: left[info.Name], Last: last[info.Name]}
		for _, k := range info.Accepts {
			line.Accepts = append(line.Accepts, k.String())
		}
		for _, r := range info.Answers {
			line.Answers = append(line.Answers, r.String())
		}
		switch {
		case info.KeyEnv == "":
		case keys[info.Name] != "":
			line.Key = "set"
		case info.Keyless:
			line.Key = "optional"
		default:
			line.Key = "missing"
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (a *app) listSources(ctx context.Context) error {
	lines, err := a.sourceLines(ctx)
	if err != nil {
		return err
	}
	return a.printTo(func(w io.Writer) error {
		if a.json {
			return encodeLines(w, lines)
		}
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "SOURCE\tKEY\tPAP\tQUOTA LEFT\tLAST OUTCOME\tASKED ABOUT\tNOTE")
		for _, l := range lines {
			note := l.Retired
			if l.Key == "missing" {
				note = "set " + l.KeyEnv
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Key, l.PAP, l.Left, terminalSafe(l.Last), strings.Join(l.Accepts, " "), note)
		}
		return table.Flush()
	})
}
