// Package durable puts files in place so that a power cut leaves the whole old file
// or the whole new one: written beside it, synced, renamed, and the name synced too.
package durable

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Replace writes a file anew, mode 0600. When it returns without an error the new
// content is on disk; with one, what was there before is there still.
func Replace(path string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".clew-*")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(temp)
	err = write(out)
	if err == nil {
		err = errors.Join(out.Flush(), temp.Sync())
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // it may be gone already
	}
	return err
}

// Rename renames within a folder, and returns once the new name is on disk.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// SyncDir returns once the names in a folder are on disk.
func SyncDir(folder string) error {
	if runtime.GOOS == "windows" { // has no such call; NTFS journals the names
		return nil
	}
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
