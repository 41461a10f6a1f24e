package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"clew/internal/durable"
	"clew/internal/reference"
	"clew/internal/words"
)

// Lists of values that mean nothing are no observations: they are kept beside the
// corpus, in a folder that every command reads.
const (
	warninglistFormat = "warninglist"
	listsFolder       = "lists"
)

// importWarninglists copies lists in MISP's form into the data directory, each
// under its name, which decides its role. What cannot be read is not copied.
func (a *app) importWarninglists(paths []string) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, listsFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var failed []error
	for _, path := range paths {
		files, err := warninglistFiles(path)
		failed = append(failed, err)
		for _, file := range files {
			line, err := importWarninglist(dir, file)
			if err != nil {
				line.Error = err.Error()
				failed = append(failed, fmt.Errorf("%s: %w", file, err))
			}
			if err := a.printWarninglist(line); err != nil {
				return err
			}
		}
	}
	return errors.Join(failed...)
}

// warninglistFiles returns the lists that a path names: a file, or those of a
// folder as MISP's repository has them.
func warninglistFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var files []string
	for _, pattern := range []string{"*.json", "*.json.gz", "*/list.json"} {
		found, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no list: NAME.json, NAME.json.gz or NAME/list.json", path)
	}
	return files, nil
}

// listLine is the summary of one list, with the members of an import.
type listLine struct {
	File      string `json:"file"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	Format    string `json:"format"`
	Read      int    `json:"read"`
	Kept      int    `json:"kept"`
	Merged    int    `json:"merged"`
	Rejected  int    `json:"rejected"`
	Role      string `json:"role"`
	Unchanged bool   `json:"unchanged"`
	Error     string `json:"error"`
}

// maxWarninglist bounds a list in bytes, as it is stored.
const maxWarninglist = 64 << 20

func importWarninglist(dir, path string) (listLine, error) {
	line := listLine{File: path, Format: warninglistFormat}
	file, err := os.Open(path)
	if err != nil {
		return line, err
	}
	defer file.Close() //nolint:errcheck // read only
	content, err := io.ReadAll(io.LimitReader(file, maxWarninglist+1))
	if err == nil && len(content) > maxWarninglist {
		err = fmt.Errorf("larger than %d bytes", maxWarninglist)
	}
	if err != nil {
		return line, err
	}
	line.Name = filepath.Base(path)
	if line.Name == "list.json" {
		line.Name = filepath.Base(filepath.Dir(path))
	}
	line.Name = strings.TrimSuffix(strings.TrimSuffix(line.Name, ".gz"), ".json")
	set, err := reference.Load() // to try the list on
	if err != nil {
		return line, err
	}
	summary, err := set.AddWarninglist(bytes.NewReader(content), line.Name)
	if err != nil {
		return line, err
	}
	sum := sha256.Sum256(content)
	line.ID, line.Role = hex.EncodeToString(sum[:6]), summary.Role
	line.Kept, line.Rejected = summary.Entries, len(summary.Skipped)
	line.Read = line.Kept + line.Rejected
	target := filepath.Join(dir, line.Name+".json")
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		target += ".gz"
	}
	if old, err := os.ReadFile(target); err == nil && bytes.Equal(old, content) {
		line.Unchanged = true
		return line, nil
	}
	return line, replaceFile(target, content)
}

// replaceFile puts a file in place, whole or not at all.
func replaceFile(path string, content []byte) error {
	return durable.Replace(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func (a *app) printWarninglist(line listLine) error {
	if a.json {
		return encodeLines(a.stdout, []listLine{line})
	}
	switch {
	case line.Error != "":
		return nil // the error says it all
	case line.Unchanged:
		fmt.Fprintf(a.stdout, "%s: nothing changed: the same list is there\n", terminalSafe(line.File))
		return nil
	}
	fmt.Fprintf(a.stdout, "%s: warninglist %s (%s): %s entries kept, %s rejected; every command reads it from now on\n",
		terminalSafe(line.File), terminalSafe(line.Name), line.Role, words.Number(line.Kept), words.Number(line.Rejected))
	return nil
}
