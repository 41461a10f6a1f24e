// Package custom reads connectors from files: requests as templates, and a jq
// program for each endpoint that says what its replies mean. A provider without
// a connector of its own is added without Go, and held to the same contract.
//
// docs/guide/custom-sources.md describes the file. A jq program sees a reply
// and nothing else: no file, no environment, no clock, and it is stopped when it
// takes too many steps (program.go).
package custom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/yamlfile"
)

// Bounds of a file and of a folder.
const (
	maxFile      = 256 << 10 // bytes; the examples have 3 KiB
	maxFiles     = 1000
	maxEndpoints = 50
)

// A Source is a connector read from a file; make one with [Read]. It keeps no
// state between questions and may be used by many goroutines at once.
type Source struct {
	info      source.Info
	states    []state
	endpoints []*endpoint
}

// Info implements [source.Source].
func (s *Source) Info() source.Info { return s.info }

// Endpoints lists the names of the endpoints in the order they are asked.
func (s *Source) Endpoints() []string {
	names := make([]string, len(s.endpoints))
	for i, e := range s.endpoints {
		names[i] = e.name
	}
	return names
}

// Observe implements [source.Source]. A value that no endpoint has a request for
// is [source.ErrNotOffered].
func (s *Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var asked []source.Endpoint
	why := errors.New("no endpoint takes it")
	for _, e := range s.endpoints {
		if !slices.Contains(e.accepts, q.Value.Kind()) {
			continue
		}
		endpoint, err := e.about(ctx, q.Value)
		if err != nil {
			why = err
			continue
		}
		asked = append(asked, endpoint)
	}
	if len(asked) == 0 {
		return source.Answer{}, fmt.Errorf("%w about this %s: %w", source.ErrNotOffered, q.Value.Kind(), why)
	}
	return source.Follow(ctx, judge{ask, s.states}, q, asked...)
}

// LoadDir reads every .yaml and .yml file of a folder, in the order of their
// names. A file that cannot be used, or names a source a second time, costs
// itself: the error joins what is wrong with each, beside the sources that are
// good. A folder that is not there holds none.
func LoadDir(dir string) ([]*Source, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("custom sources: %w", err)
	}
	var sources []*Source
	var wrong []error
	from := map[string]string{} // file by source name
	for _, entry := range entries {
		ext := filepath.Ext(entry.Name())
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if len(sources)+len(wrong) >= maxFiles {
			wrong = append(wrong, fmt.Errorf("custom sources: more than %d files in %s: the rest is not read", maxFiles, dir))
			break
		}
		path := filepath.Join(dir, entry.Name())
		s, err := ReadFile(path)
		if err == nil && from[s.info.Name] != "" {
			err = fmt.Errorf("custom source %s: %s has that name already: rename one", path, from[s.info.Name])
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		from[s.info.Name] = path
		sources = append(sources, s)
	}
	return sources, errors.Join(wrong...)
}

// ReadFile is [Read] for a file; its errors name the file.
func ReadFile(path string) (*Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("custom source: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	s, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("custom source %s: %w", path, err)
	}
	return s, nil
}

// Read compiles a file. Whatever can be wrong with it before a reply is there is
// found here, with the line it stands in.
func Read(r io.Reader) (*Source, error) {
	text, err := yamlfile.Read(r, maxFile)
	if err != nil {
		return nil, err
	}
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	return d.compile()
}

// named returns the endpoint of that name; "" is the only one there is.
func (s *Source) named(name string) (*endpoint, error) {
	for _, e := range s.endpoints {
		if e.name == name || name == "" && len(s.endpoints) == 1 {
			return e, nil
		}
	}
	if name == "" {
		return nil, fmt.Errorf("%s has several endpoints: name one of %s", s.info.Name, strings.Join(s.Endpoints(), ", "))
	}
	return nil, fmt.Errorf("%s has no endpoint %q: name one of %s", s.info.Name, name, strings.Join(s.Endpoints(), ", "))
}

// kindNames writes kinds for messages.
func kindNames(kinds []observable.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
