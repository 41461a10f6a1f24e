package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/push"
	"clew/internal/fetch"
	"clew/internal/fetch/state"
	"clew/internal/source"
)

// pushSettings are the settings of one server in the configuration file.
type pushSettings struct {
	URL string `yaml:"url"`
}

func (a *app) pushCommand() *cobra.Command {
	var flags exportFlags
	var address string
	var dry bool
	lines := make([]string, 0, 3)
	for _, t := range push.Targets() {
		lines = append(lines, fmt.Sprintf("  %-8s %s (%s, %s)", t.Name, t.Doc, t.URLEnv, t.KeyEnv))
	}
	cmd := &cobra.Command{
		Use: "push SERVER CASE...", Short: "Hand cases to MISP, OpenCTI or a TAXII collection",
		Long: "Hands over what clew export would write, and notes it in the record of each case.\n\n" + strings.Join(lines, "\n") + `

The address comes from --url, the environment, or push.SERVER.url in config.yaml;
the key from the environment or keys.SERVER.`,
		Example: `  clew push misp 4f2a --tlp GREEN
  clew push taxii 4f2a --url https://taxii.example/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/
  clew push opencti 4f2a --dry-run       what would go where`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, ok := push.Named(args[0])
			if !ok {
				return usagef("%q is no kind of server: use misp, opencti or taxii", args[0])
			}
			return a.pushCases(cmd.Context(), target, address, args[1:], flags, dry)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&address, "url", "", "address of the server, https")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would go where, and send nothing")
	return cmd
}

func (a *app) pushCases(ctx context.Context, target push.Target, address string, names []string, flags exportFlags, dry bool) error {
	settings, err := a.settings()
	if err != nil {
		return err
	}
	if address == "" {
		address = a.getenv(target.URLEnv)
	}
	if address == "" {
		address = settings.Push[target.Name].URL
	}
	if address == "" {
		return usagef("%s: no address: name one with --url, %s, or push.%s.url in config.yaml", target.Title, target.URLEnv, target.Name)
	}
	info, err := target.Info(address)
	if err != nil {
		return usageError{err}
	}
	set, err := a.exportSet(ctx, target.Format, names, flags)
	if err != nil {
		return err
	}
	if dry {
		fmt.Fprintf(a.stderr, "nothing is sent; %s at %s would be given:\n", target.Title, info.KeyHost)
		return a.saidOfExport(target.Format, set, flags.explain)
	}
	key := settings.Keys[target.Name]
	if fromEnv := a.getenv(target.KeyEnv); fromEnv != "" {
		key = fromEnv
	}
	if key == "" {
		return fmt.Errorf("%s: %w\n  set %s, or keys.%s in config.yaml", target.Title, source.ErrNoKey, target.KeyEnv, target.Name)
	}
	result, err := a.pushSet(ctx, target, info, address, key, set)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s at %s: %s\n", target.Title, info.KeyHost, terminalSafe(result.Said))
	for _, c := range set.Cases {
		noted := casefile.Noted{Text: fmt.Sprintf("pushed %s at TLP:%s to %s at %s: %s",
			export.Plural(len(set.Entries), "entry", "entries"), set.TLP, target.Title, info.KeyHost, result.Said)}
		if err := a.append(ctx, c.ID, casefile.TypeNoted, noted); err != nil {
			fmt.Fprintf(a.stderr, "  %s: it was sent, and its record cannot say so: %s\n", c.ID, terminalSafe(err.Error()))
		}
	}
	return a.saidOfExport(target.Format, set, flags.explain)
}

// pushSet sends the set by the one way out. The address is the user's own, so it
// may be in a private network.
func (a *app) pushSet(ctx context.Context, target push.Target, info source.Info, address, key string, set export.Set) (push.Result, error) {
	dir, err := a.dataDir()
	if err != nil {
		return push.Result{}, err
	}
	spent, err := state.Open(ctx, dir)
	if err != nil {
		return push.Result{}, err
	}
	defer spent.Close() //nolint:errcheck // what was spent is committed with each request
	client := fetch.New(fetch.Options{
		Sources: []source.Info{info}, Key: func(source.Info) string { return key }, UserAgent: "clew/" + release, Clock: a.clock,
		State: spent, CacheDir: filepath.Join(dir, "replies"), Overrides: map[string]fetch.Override{info.Name: {BaseURL: "https://" + info.KeyHost}},
	})
	return target.Push(ctx, client, address, set)
}
