// Package pdf prints a report with a Chromium that is on the machine. The page
// has no script and names no other file; the browser is let onto no network all
// the same.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrNoBrowser means that no Chromium was found.
var ErrNoBrowser = errors.New("no Chromium on this machine to print with")

// Bounds of one printing.
const (
	patience = 2 * time.Minute
	maxPDF   = 256 << 20 // bytes
)

// Browser returns the Chromium that prints: the one named, or the first of the
// usual names on the path.
func Browser(named string) (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "chrome"}
	if named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// Print prints a page as PDF.
func Print(ctx context.Context, w io.Writer, browser string, page []byte) error {
	dir, err := os.MkdirTemp("", "clew-print-*")
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of ours in the system's place for such
	html, out := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(html, page, 0o600); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	args := []string{
		"--headless", "--disable-gpu", "--disable-extensions", "--disable-dev-shm-usage", "--no-first-run", "--disable-javascript",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
		"--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses its sandbox to root; the page is ours and without script
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var said bytes.Buffer
	//nolint:gosec // the browser is the user's own, the arguments are ours
	cmd := exec.CommandContext(ctx, browser, append(args, "file://"+html)...)
	cmd.Stderr = &said
	cmd.WaitDelay = 5 * time.Second
	runErr := cmd.Run()
	file, err := os.Open(out)
	if err != nil {
		return fmt.Errorf("printing: %s made no PDF (%w): %s", filepath.Base(browser), errors.Join(runErr, ctx.Err()), last(said.Bytes()))
	}
	defer file.Close() //nolint:errcheck // read only
	content, err := io.ReadAll(io.LimitReader(file, maxPDF+1))
	switch {
	case err != nil:
		return fmt.Errorf("printing: %w", err)
	case ctx.Err() != nil:
		return fmt.Errorf("printing: %s was stopped before it had finished: %w", filepath.Base(browser), ctx.Err())
	case len(content) > maxPDF:
		return fmt.Errorf("printing: the PDF is larger than %d bytes; --format html has all of it", maxPDF)
	case !bytes.HasPrefix(content, []byte("%PDF-")):
		return fmt.Errorf("printing: %s made something that is no PDF: %s", filepath.Base(browser), last(said.Bytes()))
	}
	_, err = w.Write(content)
	return err
}

// last returns the end of what a program complained of.
func last(said []byte) string {
	const most = 300
	said = bytes.TrimSpace(said)
	return string(bytes.ToValidUTF8(said[max(0, len(said)-most):], nil))
}
