package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/durable"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// app is one run of the program: its streams, its clock, its shared flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	clock          func() time.Time
	random         io.Reader
	loaded         []source.Source // what connectors returned before
	logger         *slog.Logger    // what startLog made
	opened         *openedSecrets  // what was unsealed before, with its passphrase
	pool           *openedDatabase // by this process, and its copies of this
	// guarded shows each of a team what they may see of the record; nil alone.
	guarded func(casefile.Store) casefile.Store
	cost    account.Cost // of passwords; zero is the recommended one
	shared
}

// shared are the flags that most commands know.
type shared struct {
	data, config, output string
	json                 bool
	offline              bool
	replay               string
	pap, tlp             string
	budget               []string
	depth                int
	maxHolders           int
	asOf, since, until   string
	model                modelFlag
	lists                []string
	attack               string // a bundle of MITRE ATT&CK
	corpus               string // URL of a corpus on a server
	local                bool   // only the corpus of the data directory will do
	logFormat, logLevel  string // of what keeps running
}

// usageError is a mistake in the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// partial is a run that did its work with parts missing, which it has named.
type partial struct{ reason string }

func (p partial) Error() string { return p.reason }

// The exit codes of the contract.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitPartial
	exitNotSeen // a search that read everything and found nothing
)

// run executes one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.opened = &openedSecrets{}
	a.pool = &openedDatabase{}
	defer a.pool.close()
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return a.exit(err)
}

func (a *app) exit(err error) int {
	var (
		usage usageError
		part  partial
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNotSeen):
		return exitNotSeen
	case errors.As(err, &part):
		fmt.Fprintf(a.stderr, "clew: done with parts missing: %s\n", terminalSafe(part.reason))
		return exitPartial
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "clew: %s\n", terminalSafe(err.Error()))
		return exitUsage
	case errors.Is(err, investigation.ErrInterrupted), errors.Is(err, context.Canceled):
		fmt.Fprintf(a.stderr, "clew: interrupted: %s\n", terminalSafe(err.Error()))
		return exitFailed
	}
	fmt.Fprintf(a.stderr, "clew: %s\n", terminalSafe(err.Error()))
	return exitFailed
}

// terminalSafe lets no escape sequence of outside text through to a terminal.
func terminalSafe(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "clew",
		Short: "Follow one indicator to the infrastructure behind it",
		Long: `clew takes one indicator of compromise (domain, address, certificate, file hash,
URL, e-mail) and follows it to the infrastructure behind it: it asks the sources
it may ask, finds the attributes worth pivoting on, weighs coincidence against
connection with an explained confidence, and keeps a record that another analyst
can replay.`,
		Example: `  clew investigate evil.example              the whole job: ask, pivot, weigh, record
  clew investigate 'hxxp://evil[.]example/a'  any indicator may be written defanged
  clew investigate evil.example --offline     only from what was imported before
  clew pivots evil.example                    what leads on from here, and what does not, and why
  clew extract report.pdf                     the indicators in a report, with their position
  clew case list                              what was investigated before
  clew demo                                   a whole investigation in a synthetic world`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("clew {{.Version}}\n")
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\n  see: clew --help", err)}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.data, "data", "", "data directory (default: $CLEW_DATA, else the user's data directory)")
	flags.StringVar(&a.config, "config", "", "configuration file (default: $CLEW_CONFIG, else config.yaml in the user's configuration directory)")
	flags.StringVar(&a.corpus, "corpus", "", "corpus on a server, as clickhouse://host:9000/database (default: $CLEW_CORPUS, else the configuration, else the data directory's)")
	flags.BoolVar(&a.json, "json", false, "print JSON (documented in docs/reference/json.md)")
	flags.StringVarP(&a.output, "output", "o", "", "write to this file instead of standard output")
	root.AddCommand(
		a.investigateCommand(), a.showCommand(), a.countCommand(), a.pivotsCommand(), a.pivotCommand(), a.patternCommand(),
		a.extractCommand(), a.importCommand(), a.fileCommand(), a.huntCommand(), a.caseCommand(), a.backupCommand(), a.restoreCommand(), a.reportCommand(), a.sourceCommand(), a.attackCommand(),
		a.evalCommand(), a.worldCommand(), a.demoCommand(), a.doctorCommand(), a.secretsCommand(), a.pruneCommand(), a.healthCommand(), a.manCommand(), a.ctlogCommand(), a.telemetryCommand(), a.exportCommand(), a.pushCommand(),
		a.actCommand(), a.policyCommand(), a.escalateCommand(), a.serveCommand(), a.workerCommand(), a.jobCommand(), a.watchCommand(), a.mcpCommand(), a.userCommand(), a.tokenCommand(), a.openAPICommand(), a.corpusCommand(), a.databaseCommand(),
	)
	checkArguments(root)
	return root
}

// helpTemplate opens with examples: whoever asks for help wants to type something.
const helpTemplate = `{{.Short}}
{{if .Example}}
{{.Example}}
{{end}}{{with .Long}}
{{. | trimTrailingWhitespaces}}
{{end}}
Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Shared flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

// checkArguments turns cobra's complaints about arguments into usage errors.
func checkArguments(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{fmt.Errorf("%w\n  see: %s --help", err, c.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		checkArguments(sub)
	}
}

// dataDir returns the data directory: flag, environment, user's default.
func (a *app) dataDir() (string, error) {
	if a.data != "" {
		return a.data, nil
	}
	if dir := a.getenv("CLEW_DATA"); dir != "" {
		return dir, nil
	}
	if dir := a.getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "clew"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usagef("no data directory: %w: name one with --data", err)
	}
	return filepath.Join(home, ".local", "share", "clew"), nil
}

// workspace opens the stores that a command needs.
func (a *app) workspace(needs investigation.Needs) (*investigation.Workspace, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	lists, err := a.references()
	if err != nil {
		return nil, err
	}
	model, err := a.model.load()
	if err != nil {
		return nil, err
	}
	w := &investigation.Workspace{
		Model: &model,
		Lists: lists, Sources: a.connectors(), Clock: a.clock, Random: a.random, Version: version(), Actor: actor(a.getenv),
	}
	if w.Remote, err = a.remoteCorpus(); err != nil {
		return nil, err
	}
	if needs.Cases || needs.Jobs || needs.Watches {
		if w.Database, err = a.team(context.Background()); err != nil {
			return nil, err
		}
	}
	if w.Attack, err = a.attackNames(dir); err != nil {
		return nil, err
	}
	if err := w.Open(dir, needs); err != nil {
		return w, err
	}
	if a.guarded != nil && w.Cases != nil {
		w.Cases = a.guarded(w.Cases)
	}
	return w, nil
}

const actorVariable = "CLEW_ACTOR"

// actor is who the record names: the user of the system.
func actor(getenv func(string) string) string {
	if name := getenv(actorVariable); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "analyst"
}

// printTo runs print on standard output or the file of --output, which is
// complete or not there at all.
func (a *app) printTo(print func(io.Writer) error) error {
	if a.output == "" || a.output == "-" {
		out := bufio.NewWriter(a.stdout)
		if err := print(out); err != nil {
			return err
		}
		return out.Flush()
	}
	if info, err := os.Stat(a.output); err == nil && !info.Mode().IsRegular() {
		return printInto(a.output, print) // a device or pipe is written to, never replaced
	}
	if err := durable.Replace(a.output, print); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// printInto writes to what is there already.
func printInto(path string, print func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	out := bufio.NewWriter(file)
	if err := errors.Join(print(out), out.Flush(), file.Close()); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// window reads --since and --until.
func (a *app) window() (observation.Window, error) {
	var w observation.Window
	var err error
	if w.First, err = parseDay("--since", a.since, false); err != nil {
		return w, err
	}
	if w.Last, err = parseDay("--until", a.until, true); err != nil {
		return w, err
	}
	if !w.First.IsZero() && !w.Last.IsZero() && w.Last.Before(w.First) {
		return w, usagef("--until %s is before --since %s", a.until, a.since)
	}
	return w, nil
}

// parseDay reads a day or an instant, UTC. A day that ends a window means its last second.
func parseDay(flag, text string, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usagef("%s %q is no time: write 2026-01-31 or 2026-01-31T15:04:05Z", flag, text)
	}
	if end {
		t = t.Add(24*time.Hour - time.Second)
	}
	return t, nil
}

func (a *app) markings() (marking.TLP, marking.PAP, error) {
	tlp, err := marking.ParseTLP(a.tlp)
	if err != nil {
		return "", 0, usageError{err}
	}
	pap, err := marking.ParsePAP(a.pap)
	if err != nil {
		return "", 0, usageError{err}
	}
	return tlp, pap, nil
}

// indicator reads one argument as an observable.
func indicator(text string) (observable.Value, error) {
	v, err := observable.Parse(text)
	if err != nil {
		return v, usageError{err}
	}
	return v, nil
}
