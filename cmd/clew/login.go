package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"clew/internal/durable"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/server"
	"clew/internal/source"
)

func (a *app) sourceLogin() *cobra.Command {
	var inKeychain bool
	cmd := &cobra.Command{
		Use: "login SOURCE", Short: "Keep a source's key in the configuration file", Args: cobra.ExactArgs(1),
		Long: `Reads a key from standard input, never from the command line, and writes it to the
configuration file, which only you can read. A key in the environment wins. With
--keychain it goes to the keychain of your desktop (Secret Service) instead; where
there is none, that is said, and the key is kept in the configuration file.`,
		Example: "  clew source login virustotal < key.txt\n  pass show virustotal | clew source login virustotal",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.login(cmd.Context(), args[0], inKeychain) },
	}
	cmd.Flags().BoolVar(&inKeychain, "keychain", false, "keep it in the keychain of your desktop")
	return cmd
}

// maxKey bounds a key, in bytes.
const maxKey = 4096

func (a *app) login(ctx context.Context, name string, inKeychain bool) error {
	connector, err := a.sourceNamed(name)
	if err != nil {
		return err
	}
	info := connector.Info()
	if info.KeyEnv == "" {
		return usagef("%s takes no key", info.Title)
	}
	if isTerminal(a.stdin) {
		fmt.Fprintf(a.stderr, "key for %s (it shows while you type; better: clew source login %s < FILE): ", info.Title, info.Name)
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, maxKey+1)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("key: %w", err)
	}
	key := strings.TrimSpace(line)
	if key == "" || len(key) > maxKey {
		return usagef("no key on standard input: clew source login %s < FILE", info.Name)
	}
	path, _ := a.configPath()
	if path == "" {
		return usagef("no place for a configuration file: name one with --config")
	}
	if inKeychain {
		err := storeSecret(ctx, info.Name, info.Title, key)
		if err == nil {
			if err := a.keep(ctx, path, info.Name, ""); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "key for %s kept in the keychain, and that it is there in %s\n", info.Title, path)
			return nil
		}
		fmt.Fprintf(a.stderr, "clew: %s\n", terminalSafe(err.Error()))
	}
	if err := a.keep(ctx, path, info.Name, key); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "key for %s kept in %s\n", info.Title, path)
	return nil
}

// keep writes a key into the configuration file, into the sealed file where there
// is one, or with an empty key that it is in the keychain.
func (a *app) keep(ctx context.Context, path, name, key string) error {
	a.config = path
	settings := settings{}
	if _, err := os.Stat(path); err == nil {
		if settings, err = a.settings(); err != nil {
			return err
		}
	}
	settings.Keychain = slices.DeleteFunc(settings.Keychain, func(n string) bool { return n == name })
	delete(settings.Keys, name)
	if key == "" {
		settings.Keychain = append(settings.Keychain, name)
		return writeSettings(path, settings)
	}
	if _, err := os.Stat(sealedBeside(path)); err == nil {
		return a.keepSealed(ctx, path, settings, name, key)
	}
	if settings.Keys == nil {
		settings.Keys = map[string]string{}
	}
	settings.Keys[name] = key
	return writeSettings(path, settings)
}

// writeSettings replaces the configuration file as a whole or not at all.
func writeSettings(path string, s settings) error {
	text, err := yaml.Marshal(s)
	if err != nil {
		return errors.New("configuration cannot be written") // the error may quote a key
	}
	if err := writePrivate(path, text); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

// writePrivate replaces a file that only its owner reads, as a whole or not at all.
func writePrivate(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.Replace(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func (a *app) sourceTest() *cobra.Command {
	var input, endpoint, about string
	cmd := &cobra.Command{
		Use: "test SOURCE|FILE.yaml", Short: "Ask a source one harmless question, or try a custom source on a reply", Args: cobra.ExactArgs(1),
		Long: `Asks about something that everybody asks about (example.com, 1.1.1.1, the hash of
an empty file) and says how the question ended, part by part. It is a real
question: it counts against the quota.

With the file of a custom source and --input, it reads the reply in that file as
the source would, prints the observations, says what was dropped and why, and
asks nobody.`,
		Example: `  clew source test crtsh
  clew source test otx --replay recorded/ --json
  clew source test my.yaml --input reply.json --about evil.example`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if input != "" {
				return a.tryCustom(cmd.Context(), args[0], endpoint, about, input)
			}
			return a.testSource(cmd.Context(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "a saved reply for the custom source")
	f.StringVar(&endpoint, "endpoint", "", "which endpoint of the custom source the reply is of")
	f.StringVar(&about, "about", "", "what the reply is about, where the mapping needs it")
	f.StringVar(&a.replay, "replay", "", "answer from recorded replies")
	f.StringVar(&a.pap, "pap", "AMBER", "how visible a lookup may be: RED, AMBER, GREEN, CLEAR")
	return cmd
}

// harmless are values that nobody learns anything from being asked about, by
// preference.
var harmless = []observable.Value{
	observable.Must(observable.Domain, "example.com"),
	observable.Must(observable.IP, "1.1.1.1"),
	observable.Must(observable.File, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	observable.Must(observable.URL, "https://example.com/"),
	observable.Must(observable.Technique, "T1566"),
}

// askHarmless asks a source one harmless question, about which values nobody
// learns anything.
func (a *app) askHarmless(ctx context.Context, name string) (server.SourceTest, error) {
	connector, err := a.sourceNamed(name)
	if err != nil {
		return server.SourceTest{}, err
	}
	info := connector.Info()
	at := slices.IndexFunc(harmless, func(v observable.Value) bool { return slices.Contains(info.Accepts, v.Kind()) })
	if at < 0 {
		return server.SourceTest{}, usagef("there is no harmless question for %s", info.Title)
	}
	value := harmless[at]
	pap, err := marking.ParsePAP(a.pap)
	if err != nil {
		return server.SourceTest{}, usageError{err}
	}
	asker, replay, hasKey, done, err := a.asker(ctx)
	if err != nil {
		return server.SourceTest{}, err
	}
	defer done()
	runner := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: replay, Clock: a.clock, PAP: pap, HasKey: hasKey})
	o := runner.Ask(ctx, connector, source.Question{Value: value})
	line := server.SourceTest{
		Source: name, Kind: value.Kind().String(), Value: value.Text(), State: string(o.State), Reason: o.Reason,
		Observations: len(o.Answer.Observations), Parts: []server.TestPart{},
	}
	for _, p := range o.Parts {
		line.Parts = append(line.Parts, server.TestPart{Endpoint: p.Endpoint, State: string(p.State), Reason: p.Reason})
	}
	return line, nil
}

func (a *app) testSource(ctx context.Context, name string) error {
	line, err := a.askHarmless(ctx, name)
	if err != nil {
		return err
	}
	err = a.printTo(func(w io.Writer) error {
		if a.json {
			return encodeLines(w, []server.SourceTest{line})
		}
		fmt.Fprintf(w, "%s about %s: %s, %d observations\n", name, defanged(line.Kind, line.Value), line.State, line.Observations)
		for _, p := range line.Parts {
			fmt.Fprintf(w, "  %s: %s %s\n", terminalSafe(p.Endpoint), p.State, terminalSafe(p.Reason))
		}
		return nil
	})
	if state := source.State(line.State); err == nil && state != source.Answered && state != source.Empty && state != source.Truncated {
		err = partial{fmt.Sprintf("%s did not answer: %s", name, line.Reason)}
	}
	return err
}
