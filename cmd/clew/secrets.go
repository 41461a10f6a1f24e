package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"clew/internal/sealed"
	"clew/internal/words"
)

func (a *app) secretsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "secrets", Short: "Keys and passwords at rest: sealed, or in the clear", Args: cobra.NoArgs,
		Long: `Keys of sources and passwords of servers stand in the configuration file, which
only you can read. Sealed, they lie beside it in secrets.age, which a passphrase
opens, or a key in the keychain of your desktop: whoever finds the laptop or a
backup of it has neither. Cases and corpus are not sealed: for them, encrypt the
disk.`,
		Example: "  clew secrets status\n  clew secrets encrypt\n  clew secrets encrypt --keychain",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var inKeychain bool
	encrypt := &cobra.Command{
		Use: "encrypt", Short: "Seal the secrets of the configuration file", Args: cobra.NoArgs,
		Long: `Moves every key and password of the configuration file into secrets.age beside it.
The passphrase is asked for at the terminal, or comes from $CLEW_PASSPHRASE_FILE,
$CLEW_PASSPHRASE or the systemd credential clew-passphrase, as it does whenever a
secret is needed. With --keychain a key is drawn and kept in the keychain of your
desktop (Secret Service), and nothing is asked.`,
		Example: "  clew secrets encrypt\n  CLEW_PASSPHRASE_FILE=/run/keys/clew clew secrets encrypt",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.sealSecrets(cmd.Context(), inKeychain) },
	}
	encrypt.Flags().BoolVar(&inKeychain, "keychain", false, "with a key that the keychain of your desktop keeps")
	cmd.AddCommand(encrypt,
		&cobra.Command{
			Use: "decrypt", Short: "Put sealed secrets back into the configuration file", Args: cobra.NoArgs,
			Example: "  clew secrets decrypt",
			RunE:    func(*cobra.Command, []string) error { return a.unsealSecrets() },
		},
		&cobra.Command{
			Use: "status", Short: "Where secrets are kept, without opening them", Args: cobra.NoArgs,
			Example: "  clew secrets status\n  clew secrets status --json",
			RunE:    func(*cobra.Command, []string) error { return a.secretsStatus() },
		})
	return cmd
}

// sealSecrets moves the secrets of the configuration into the sealed file: they are
// in both for a moment, and never in none.
func (a *app) sealSecrets(ctx context.Context, inKeychain bool) error {
	path, _ := a.configPath()
	if path == "" {
		return usagef("no place for a configuration file: name one with --config")
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	n := s.count()
	if n == 0 {
		return usagef("%s holds no secret in the clear", path)
	}
	var parts settings
	parts.take(&s)
	lock, err := a.newLock(ctx, path, inKeychain, &parts)
	if err != nil {
		return err
	}
	if err := writeSealed(path, parts, lock); err != nil {
		return err
	}
	if err := writeSettings(path, s); err != nil {
		return fmt.Errorf("%w\n  the secrets are sealed, and in the clear as well: try again", err)
	}
	fmt.Fprintf(a.stderr, "%s moved from %s to %s\n", words.Count(n, "secret"), path, sealedBeside(path))
	return nil
}

// newLock is that of the sealed file which is there already, whose secrets are added
// to parts, or a new one.
func (a *app) newLock(ctx context.Context, path string, inKeychain bool, parts *settings) (sealed.Lock, error) {
	at := sealedBeside(path)
	if exists(at) {
		lock, file, err := a.lockOf(ctx, at)
		if err != nil {
			return lock, err
		}
		before, err := openParts(at, file, lock)
		parts.take(&before)
		return lock, err
	}
	if inKeychain {
		key, err := keyInKeychain(ctx)
		return sealed.Lock{Key: key}, err
	}
	passphrase, err := a.passphrase("new passphrase for " + at)
	if err == nil && a.getenv(passphraseVariable) == "" && a.getenv(passphraseFile) == "" && isTerminal(a.stdin) {
		again, err := a.passphrase("once more")
		if err != nil {
			return sealed.Lock{}, err
		}
		if again != passphrase {
			return sealed.Lock{}, usagef("these were two different passphrases: nothing was changed")
		}
	}
	return sealed.Lock{Passphrase: passphrase}, err
}

// keyInKeychain is the key that seals the files of this user, drawn and kept when there
// is none yet. Another one in its place would leave every file sealed before shut.
func keyInKeychain(ctx context.Context) (string, error) {
	key, err := secret(ctx, sealedKeyName)
	if !errors.Is(err, errNotThere) {
		return key, err
	}
	if key, err = sealed.NewKey(); err == nil {
		err = storeSecret(ctx, sealedKeyName, "secrets", key)
	}
	return key, err
}

// writeSealed writes the sealed file, once it was seen to open again.
func writeSealed(path string, parts settings, lock sealed.Lock) error {
	text, err := yaml.Marshal(parts)
	if err != nil {
		return errors.New("secrets cannot be written") // the error may quote one
	}
	file, err := sealed.Seal(text, lock)
	if errors.Is(err, sealed.ErrWeak) {
		return usagef("%w\n  nothing was changed", err)
	}
	if err != nil {
		return err
	}
	if _, err := openParts(sealedBeside(path), file, lock); err != nil {
		return err
	}
	return writePrivate(sealedBeside(path), file)
}

// keepSealed adds a key to the sealed file. rest is the configuration without it.
func (a *app) keepSealed(ctx context.Context, path string, rest settings, name, key string) error {
	parts := settings{Keys: map[string]string{name: key}}
	lock, err := a.newLock(ctx, path, false, &parts)
	if err != nil {
		return err
	}
	if err := writeSealed(path, parts, lock); err != nil {
		return err
	}
	if !exists(path) {
		return nil
	}
	return writeSettings(path, rest) // it may have held another key of this source
}

func (a *app) unsealSecrets() error {
	path, _ := a.configPath()
	if path == "" || !exists(sealedBeside(path)) {
		return usagef("nothing is sealed: there is no %s beside the configuration file", sealedName)
	}
	s, err := a.withSecrets()
	if err != nil {
		return err
	}
	if err := writeSettings(path, s); err != nil {
		return err
	}
	if err := os.Remove(sealedBeside(path)); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s in the clear in %s\n", words.Count(s.count(), "secret"), path)
	return nil
}

// secretPlace is a place where secrets are kept.
type secretPlace struct {
	Where   string `json:"where"`
	How     string `json:"how"`     // in the clear, sealed with a passphrase, sealed with a key, keychain
	Secrets int    `json:"secrets"` // -1 where it is not known without opening
	Open    bool   `json:"open"`    // whether others on this machine may read the file
}

func (a *app) secretsStatus() error {
	places, err := a.secretPlaces()
	if err != nil {
		return err
	}
	return a.printTo(func(w io.Writer) error {
		if a.json {
			return encodeLines(w, places)
		}
		if len(places) == 0 {
			fmt.Fprintln(w, "No secret is kept: there is no configuration. clew source login keeps a key.")
			return nil
		}
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, p := range places {
			count := "not opened"
			if p.Secrets >= 0 {
				count = words.Count(p.Secrets, "secret")
			}
			if p.Open {
				count += "; others may read it: chmod 600 it"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", terminalSafe(p.Where), p.How, count)
		}
		return table.Flush()
	})
}

func (a *app) secretPlaces() ([]secretPlace, error) {
	path, _ := a.configPath()
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	var places []secretPlace
	if info, err := os.Stat(path); err == nil {
		places = append(places, secretPlace{path, "in the clear", s.count(), s.count() > 0 && info.Mode().Perm()&0o077 != 0})
	}
	file, err := os.ReadFile(sealedBeside(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		how := "sealed with a key in the keychain"
		if sealed.ByPassphrase(file) {
			how = "sealed with a passphrase"
		}
		places = append(places, secretPlace{sealedBeside(path), how, -1, false})
	}
	if n := len(s.Keychain); n > 0 {
		places = append(places, secretPlace{"keychain of the desktop", "keychain", n, false})
	}
	return places, nil
}
