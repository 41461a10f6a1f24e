package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clew/internal/fetch"
	"clew/internal/source"
	"clew/internal/source/all"
	"clew/internal/source/custom"
)

// connectors lists the built-in sources and those in the folder `sources` beside
// the configuration file. One that cannot be read costs itself and is named.
func (a *app) connectors() []source.Source {
	if a.loaded == nil {
		a.loaded = a.loadConnectors()
	}
	return a.loaded
}

func (a *app) loadConnectors() []source.Source {
	list := all.Sources()
	path, _ := a.configPath()
	if path == "" {
		return list
	}
	own, err := custom.LoadDir(filepath.Join(filepath.Dir(path), "sources"))
	if err != nil {
		fmt.Fprintf(a.stderr, "clew: %s\n", terminalSafe(err.Error()))
	}
	for _, s := range own {
		taken := func(b source.Source) bool { return b.Info().Name == s.Info().Name }
		if slices.ContainsFunc(list, taken) {
			fmt.Fprintf(a.stderr, "clew: custom source %s is left out: a source of clew's own has that name\n", terminalSafe(s.Info().Name))
			continue
		}
		list = append(list, s)
	}
	return list
}

func (a *app) infos() []source.Info {
	var list []source.Info
	for _, s := range a.connectors() {
		list = append(list, s.Info())
	}
	return list
}

// sourceNamed returns a connector.
func (a *app) sourceNamed(name string) (source.Source, error) {
	var names []string
	for _, s := range a.connectors() {
		if s.Info().Name == name {
			return s, nil
		}
		names = append(names, s.Info().Name)
	}
	return nil, usagef("no source %q: there are %s", name, strings.Join(names, ", "))
}

// client returns the live way out.
func (a *app) client(ctx context.Context) (client *fetch.Client, keys map[string]string, done func(), err error) {
	nothing := func() {}
	settings, err := a.withSecrets()
	if err != nil {
		return nil, nil, nothing, err
	}
	overrides, err := settings.overrides()
	if err != nil {
		return nil, nil, nothing, err
	}
	o, done, err := a.out(ctx)
	if err != nil {
		return nil, nil, nothing, err
	}
	infos := a.infos()
	keys = settings.keys(a.getenv, infos)
	a.secrets(ctx, settings, keys, infos)
	o.Sources, o.Key = infos, func(info source.Info) string { return keys[info.Name] }
	o.Resolver, o.Overrides = settings.Resolver, overrides
	return fetch.New(o), keys, done, nil
}

// sourceSettings are the settings of one source in the configuration file.
type sourceSettings struct {
	Every    string          `yaml:"every"`    // courtesy pace, as 2s
	TTL      string          `yaml:"ttl"`      // how long answers stay fresh, as 24h
	BaseURL  string          `yaml:"base_url"` // a mirror
	AtOnce   int             `yaml:"at_once"`
	Failures int             `yaml:"failures"` // in a row that close the circuit
	Quotas   []quotaSettings `yaml:"quotas"`   // instead of those documented
}

type quotaSettings struct {
	Requests int    `yaml:"requests"`
	Per      string `yaml:"per"` // 1s, 1m, 1h, day, week, month, or a duration
	Endpoint string `yaml:"endpoint"`
}

// overrides reads what the configuration says of each source.
func (s settings) overrides() (map[string]fetch.Override, error) {
	out := map[string]fetch.Override{}
	for name, given := range s.Sources {
		o := fetch.Override{BaseURL: given.BaseURL, AtOnce: given.AtOnce, Failures: given.Failures}
		var err error
		if o.Every, err = optionalDuration(given.Every); err != nil {
			return nil, usagef("%w: sources.%s.every: %w", errConfig, name, err)
		}
		if o.TTL, err = optionalDuration(given.TTL); err != nil {
			return nil, usagef("%w: sources.%s.ttl: %w", errConfig, name, err)
		}
		for _, q := range given.Quotas {
			window := source.Window(q.Per)
			_, rolling := window.Rolling()
			if from, _ := window.Around(time.Unix(0, 0), time.UTC); q.Requests < 1 || (!rolling && from.IsZero()) {
				return nil, usagef("%w: sources.%s.quotas: %d per %q: write a number of requests per 1s, 1m, 1h, day, week or month", errConfig, name, q.Requests, q.Per)
			}
			o.Quotas = append(o.Quotas, source.Quota{Requests: q.Requests, Per: window, Endpoint: q.Endpoint})
		}
		out[name] = o
	}
	return out, nil
}

func optionalDuration(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return nil, errors.New("write a duration such as 2s or 24h")
	}
	return &d, nil
}

// isSourceFile reports whether a name means a file of a custom source.
func isSourceFile(name string) bool {
	ext := filepath.Ext(name)
	if ext != ".yaml" && ext != ".yml" {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
