package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/goccy/go-yaml"

	"clew/internal/source"
	"clew/internal/telemetry/siem"
)

// settings is the configuration file:
//
//	keys:
//	  virustotal: …
//	sources:
//	  virustotal: {every: 15s, quotas: [{requests: 500, per: day}]}
//
// Keys may also come from the environment, which wins. They are never printed.
type settings struct {
	Keys     map[string]string         `yaml:"keys,omitempty" secret:"true"`
	Keychain []string                  `yaml:"keychain,omitempty"` // sources whose key is in the user's keychain
	Sources  map[string]sourceSettings `yaml:"sources,omitempty"`
	Resolver string                    `yaml:"resolver,omitempty"` // DNS server for the source dns
	SIEM     map[string]siem.Settings  `yaml:"siem,omitempty"`     // the team's own searches, by a name of your choice
	Attack   string                    `yaml:"attack,omitempty"`   // a bundle of MITRE ATT&CK
	Push     map[string]pushSettings   `yaml:"push,omitempty"`     // servers that clew push hands cases to
	Policy   string                    `yaml:"policy,omitempty"`   // file that says what findings lead to
	// Escalation says when a case is told to whom at once.
	Escalation escalationSettings `yaml:"escalation,omitempty"`
	Feeds      feedSettings       `yaml:"feeds,omitempty"` // who fetches what clew serve offers
	// Corpus is a corpus on a server instead of the embedded one.
	Corpus corpusSettings `yaml:"corpus,omitempty"`
	// Database is a case record on a server instead of the data directory's.
	Database databaseSettings `yaml:"database,omitempty"`
	// Serve says where and how clew serve answers.
	Serve serveSettings `yaml:"serve,omitempty"`
	// Retention says how long things are kept; clew prune removes the rest.
	Retention retentionSettings `yaml:"retention,omitempty"`
	// Accounts say who of a team may do what on clew serve.
	Accounts accountSettings `yaml:"accounts,omitempty"`
	// Assistants say what programs see that speak MCP.
	Assistants assistantSettings `yaml:"assistants,omitempty"`
}

// errConfig means the configuration file cannot be used.
var errConfig = errors.New("configuration")

// settingForm is what names of settings look like.
var settingForm = regexp.MustCompile(`^[a-z_]{1,32}$`)

// maxConfig bounds the configuration file, in bytes.
const maxConfig = 1 << 20

// settings reads the configuration file; one that is not there is empty,
// unless it was asked for by name.
func (a *app) settings() (settings, error) {
	path, named := a.configPath()
	var s settings
	if path == "" {
		return s, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, nil
	}
	if err != nil {
		return s, usagef("%w: %w", errConfig, err)
	}
	if info.Size() > maxConfig {
		return s, usagef("%w: %s is larger than %d bytes", errConfig, path, maxConfig)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return s, usagef("%w: %w", errConfig, err)
	}
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.DisallowUnknownField()); err != nil {
		// The parser's message quotes the file, and the file holds keys.
		var unknown *yaml.UnknownFieldError
		if errors.As(err, &unknown) && unknown.Token != nil && settingForm.MatchString(unknown.Token.Value) {
			return s, usagef("%w: %s: line %d: unknown setting %q: it is misspelled, or of a newer clew: put it right, or update clew", errConfig, path, unknown.Token.Position.Line, unknown.Token.Value)
		}
		return s, usagef("%w: %s is not in the form\n  keys:\n    virustotal: YOUR-KEY", errConfig, path)
	}
	if s.count() > 0 && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(a.stderr, "clew: %s holds keys and others may read it: chmod 600 it\n", path)
	}
	return s, nil
}

// configPath returns the configuration file, and whether the user named it.
func (a *app) configPath() (path string, named bool) {
	if a.config != "" {
		return a.config, true
	}
	if path := a.getenv("CLEW_CONFIG"); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "clew", "config.yaml"), false
}

// keys returns the key of each source that has one.
func (s settings) keys(getenv func(string) string, infos []source.Info) map[string]string {
	keys := map[string]string{}
	for name, key := range s.Keys {
		keys[name] = key
	}
	for _, info := range infos {
		if info.KeyEnv == "" {
			continue
		}
		if key := getenv(info.KeyEnv); key != "" {
			keys[info.Name] = key
		}
	}
	return keys
}
