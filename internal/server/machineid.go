package server

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// machineFile names the machine of a data directory: jobs that need its files are
// done by those who share the directory.
const machineFile = "machine"

// machineOf returns the name of the machine that a data directory is on, drawing
// one at first.
func machineOf(dir string, random io.Reader) (string, error) {
	path := filepath.Join(dir, machineFile)
	for {
		text, err := os.ReadFile(path)
		if name := strings.TrimSpace(string(text)); err == nil && len(name) == 16 && strings.Trim(name, "0123456789abcdef") == "" {
			return name, nil
		} else if err == nil {
			return "", fmt.Errorf("%s does not hold what clew wrote: remove it; jobs that wait for this machine's files are then cancelled by hand (clew job list)", path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("name of this machine: %w", err)
		}
		id := make([]byte, 8)
		if _, err := io.ReadFull(random, id); err != nil {
			return "", err
		}
		// Linked into place whole: another process may be doing the same.
		draft, err := os.CreateTemp(dir, ".machine-*")
		if err != nil {
			return "", fmt.Errorf("name of this machine: %w", err)
		}
		_, err = draft.WriteString(hex.EncodeToString(id) + "\n")
		if err = errors.Join(err, draft.Close()); err == nil {
			err = os.Link(draft.Name(), path)
		}
		_ = os.Remove(draft.Name()) // a draft that stays is no harm
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("name of this machine: %w", err)
		}
	}
}

// workerName names a worker for people, and apart from all others.
func workerName(js *jobs) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "clew"
	}
	id := make([]byte, 3)
	_, _ = io.ReadFull(js.random, id) // of a machine without randomness the number alone tells
	return fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), hex.EncodeToString(id))
}
