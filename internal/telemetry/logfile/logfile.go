// Package logfile opens logs as they lie about: plain or packed (gzip, zstd, xz,
// bzip2), in tar archives, in folders of rotated files, on standard input, and
// cuts them into blocks of whole records.
//
// Nothing is judged by its name: a file is what its first bytes say.
package logfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// An Input is one file to read.
type Input struct {
	Path    string // "-" is standard input
	Size    int64  // when it was found
	ModTime time.Time
	// Lines says that every line is a record, whatever the text looks like:
	// somebody else took it apart.
	Lines bool
	open  func() (io.ReadCloser, error)
}

// Stdin returns standard input as an input.
func Stdin(r io.Reader, now time.Time) Input {
	return Input{Path: "-", ModTime: now, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}

// Find lists the files that paths name; folders give every regular file below
// them, in the order of their names. A path that cannot be read is an error in
// skipped, and the others are still returned.
func Find(paths []string) (inputs []Input, skipped []error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			skipped = append(skipped, err)
			continue
		}
		if !info.IsDir() {
			inputs = append(inputs, file(path, info))
			continue
		}
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				skipped = append(skipped, err)
				return nil //nolint:nilerr // one unreadable folder does not hide the others
			}
			if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
				inputs = append(inputs, file(p, info))
			}
			return nil
		})
		if err != nil {
			skipped = append(skipped, err)
		}
	}
	sort.SliceStable(inputs, func(i, j int) bool { return inputs[i].Path < inputs[j].Path })
	return inputs, skipped
}

func file(path string, info fs.FileInfo) Input {
	return Input{Path: path, Size: info.Size(), ModTime: info.ModTime(), open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// Open opens the input as it lies on disk, still packed.
func (in Input) Open() (io.ReadCloser, error) {
	f, err := in.open()
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

// Records returns records that were told apart already, none with a line end in
// it. The first of them cannot make the others pass for an archive or a list.
func Records(path string, records []string, now time.Time) Input {
	text := strings.Join(records, "\n") + "\n"
	return Input{Path: path, Size: int64(len(text)), ModTime: now, Lines: true, open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}

// Named returns r as an input with a name.
func Named(path string, r io.ReadCloser, now time.Time) Input {
	return Input{Path: path, ModTime: now, open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}
}
