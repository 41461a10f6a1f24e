package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"clew/internal/source"
)

// secretTool is the command line of the Secret Service, where GNOME, KDE and
// KeePassXC keep passwords; Debian has it in libsecret-tools. A key goes to it on
// standard input, never as an argument.
const secretTool = "secret-tool"

// keychainPatience bounds how long the keychain may wait for its own password.
const keychainPatience = time.Minute

var errNoKeychain = errors.New("no keychain")

func attributes(name string) []string { return []string{"service", "clew", "source", name} }

// storeSecret keeps a key in the user's keychain.
func storeSecret(ctx context.Context, name, title, key string) error {
	_, err := keychain(ctx, key, append([]string{"store", "--label=clew: " + title}, attributes(name)...)...)
	return err
}

// secret returns the key that the keychain has of a source.
func secret(ctx context.Context, name string) (string, error) {
	out, err := keychain(ctx, "", append([]string{"lookup"}, attributes(name)...)...)
	if err == nil && out == "" || errors.Is(err, errNotThere) {
		err = fmt.Errorf("%w of %s", errNotThere, name)
	}
	return out, err
}

// errNotThere means that the keychain answered, and has no such key.
var errNotThere = errors.New("the keychain has no key")

func keychain(ctx context.Context, input string, args ...string) (string, error) {
	path, err := exec.LookPath(secretTool)
	if err != nil {
		return "", fmt.Errorf("%w: %s is not installed (libsecret-tools)", errNoKeychain, secretTool)
	}
	ctx, cancel := context.WithTimeout(ctx, keychainPatience)
	defer cancel()
	command := exec.CommandContext(ctx, path, args...) //nolint:gosec // no shell, and the arguments are names of sources
	command.Stdin = strings.NewReader(input)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && args[0] == "lookup" && exit.ExitCode() == 1 && said.Len() == 0 {
		return "", errNotThere // which it says by that alone
	}
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w %.200s", errNoKeychain, secretTool, err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out[:min(len(out), maxKey)])), nil
}

// secrets adds the keys that lie in the keychain. One that cannot be had is said
// and costs its source alone.
func (a *app) secrets(ctx context.Context, s settings, keys map[string]string, infos []source.Info) {
	for _, name := range s.Keychain {
		known := slices.ContainsFunc(infos, func(i source.Info) bool { return i.Name == name })
		if !known || keys[name] != "" {
			continue
		}
		key, err := secret(ctx, name)
		if err != nil {
			fmt.Fprintf(a.stderr, "clew: key of %s: %s\n", terminalSafe(name), terminalSafe(err.Error()))
			continue
		}
		keys[name] = key
	}
}
