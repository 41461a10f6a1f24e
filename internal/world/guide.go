package world

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// layout holds what every world's folder explains itself with.
//
//go:embed layout
var layout embed.FS

// writeGuide writes the README, the column mappings and the public lists.
func (w *World) writeGuide(dir string) error {
	err := fs.WalkDir(layout, "layout", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := layout.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		name, err := filepath.Rel("layout", path)
		if err != nil {
			return fmt.Errorf("placing %s: %w", path, err)
		}
		return writeSmall(filepath.Join(dir, name), text)
	})
	if err != nil {
		return err
	}
	for _, l := range w.publicLists() {
		name := filepath.Join(dir, "lists", l.name+".txt")
		if err := writeSmall(name, []byte(l.text(w.opts.End.Format(time.DateOnly)))); err != nil {
			return err
		}
	}
	return nil
}

// writeSmall writes a file and the folders it lies in.
func writeSmall(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("creating %s: %w", filepath.Base(name), err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	return nil
}
