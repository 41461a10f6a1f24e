package main

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"clew/internal/telemetry/match"
)

// The findings that were looked up in all of the index, one a line, lie beside it:
// after a restart only those that came since are new.

func (w *watcher) watchedPath() (string, error) {
	dir, err := w.dataDir()
	return filepath.Join(dir, "telemetry", "watched"), err
}

func (w *watcher) known() (map[string]bool, error) {
	path, err := w.watchedPath()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if value, whole := strings.CutSuffix(line, "\n"); whole { // a last line without its end was cut by a crash
			known[value] = true
		}
	}
	return known, nil
}

// remember appends. A line cut by a crash is ended first, so that it joins no other.
func (w *watcher) remember(fresh []match.Indicator) (err error) {
	path, err := w.watchedPath()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	_, err = out.WriteString("\n")
	for _, i := range fresh {
		if _, writeErr := out.WriteString(i.Value.String() + "\n"); writeErr != nil {
			err = errors.Join(err, writeErr)
		}
	}
	return errors.Join(err, out.Flush(), file.Close())
}
