package reference

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// AddPath adds the list in a file, or every list in a folder: clew's own in
// NAME.txt, MISP's in NAME.json, NAME.json.gz or, as in MISP's repository,
// NAME/list.json. In a folder a list that cannot be read does not keep the
// others from loading; its error is joined to those returned.
func (s *Set) AddPath(path string) ([]WarninglistSummary, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	if !info.IsDir() {
		return s.addFile(path, filepath.Base(path))
	}
	names, err := listsIn(path)
	if err != nil {
		return nil, fmt.Errorf("lists in %s: %w", path, err)
	}
	var all []WarninglistSummary
	var failed []error
	for _, name := range names {
		summaries, err := s.addFile(filepath.Join(path, filepath.FromSlash(name)), name)
		all, failed = append(all, summaries...), append(failed, err)
	}
	return all, errors.Join(failed...)
}

// LoadWarninglistDir is [Set.AddPath] for a folder.
func (s *Set) LoadWarninglistDir(dir string) ([]WarninglistSummary, error) { return s.AddPath(dir) }

// listsIn finds the lists of a folder, in order.
func listsIn(dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		depth := strings.Count(path, "/")
		own := strings.HasSuffix(path, ".txt") && depth == 0
		misp := strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".json") && depth <= 1
		if d.Type().IsRegular() && (own || misp) {
			names = append(names, path)
		}
		return nil
	})
	return names, err
}

// addFile adds one list. Its first byte tells the format: MISP's is an object
// of JSON, or packed.
func (s *Set) addFile(path, name string) ([]WarninglistSummary, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	text := bufio.NewReader(file)
	first, err := text.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", path, err)
	}
	if first[0] == '#' {
		if err := s.AddList(text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return nil, nil
	}
	summary, err := s.AddWarninglist(text, strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), "/list.json"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return []WarninglistSummary{summary}, nil
}
