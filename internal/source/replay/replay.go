// Package replay answers a connector's requests from recorded replies: a folder
// with an index.json that says which file answers which request.
//
// A request is matched by what chooses the answer: method, host, path, query
// parameters and body, not by page size, order or credentials (match.go). Where
// one request was recorded more than once, an answer goes before a refusal, and
// a later recording before an earlier one.
package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clew/internal/observation/record"
	"clew/internal/source"
)

// IndexName is the file that makes a folder replayable.
const IndexName = "index.json"

// Bounds of a replay folder. A recorded body is held to the same limit as a live one.
const (
	maxIndex = 64 << 20 // bytes
	maxRows  = 200_000
)

// ErrUnreadable means the folder cannot be replayed; the message names the file
// and the row.
var ErrUnreadable = errors.New("replay folder cannot be read")

// A Row is one entry of index.json.
type Row struct {
	Provider    string            `json:"provider"`
	File        string            `json:"file"`  // slash-separated, below the folder
	Bytes       int64             `json:"bytes"` // size of the file, 0 when not given
	Kind        string            `json:"kind"`  // "recorded…"; see [Row.replayable]
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	RequestBody string            `json:"request_body"`
	Status      int               `json:"status"` // 0 means 200
	Headers     map[string]string `json:"headers"`
	Recorded    string            `json:"recorded"` // RFC 3339, or a day, month or year
}

// replayable reports whether the row answers a request that somebody could
// send. Examples from a manual, expected parses and assembled bodies are no
// provider's answer about anything.
func (r Row) replayable() bool {
	for _, prefix := range []string{"documented", "expected parse", "ASSEMBLED"} {
		if strings.HasPrefix(r.Kind, prefix) {
			return false
		}
	}
	return r.URL != ""
}

// at returns the first moment of the date recorded, zero when none is given.
func (r Row) at() (time.Time, error) {
	if r.Recorded == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006", "2006-01"} {
		if t, err := time.Parse(layout, r.Recorded); err == nil {
			return t, nil
		}
	}
	if t, _, ok := record.ParseTime(r.Recorded); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("recorded %q is no date", r.Recorded)
}

// A Replay is an asker that sends nothing. It may be used by many goroutines.
type Replay struct {
	root    *os.Root
	answers map[key]entry
	ignored int
}

// entry is the recording that answers a key.
type entry struct {
	row Row
	at  time.Time
	n   int // row number, from 1, for messages
}

// Open reads the index of dir and checks every file it names. Close what it returns.
func Open(dir string) (*Replay, error) {
	rows, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	r := &Replay{root: root, answers: make(map[key]entry, len(rows))}
	for i, row := range rows {
		if err := r.add(entry{row: row, n: i + 1}); err != nil {
			err = fmt.Errorf("%w: %s, row %d (%s): %w", ErrUnreadable, filepath.Join(dir, IndexName), i+1, row.File, err)
			return nil, errors.Join(err, root.Close())
		}
	}
	return r, nil
}

// Close gives the folder back. Nothing is answered afterwards.
func (r *Replay) Close() error { return r.root.Close() }

func readIndex(dir string) ([]Row, error) {
	path := filepath.Join(dir, IndexName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s has no %s: name a folder of recorded answers", ErrUnreadable, dir, IndexName)
	case err == nil && info.Size() > maxIndex:
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrUnreadable, path, maxIndex)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	var rows []Row
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("%w: %s is no list of recordings: %w", ErrUnreadable, path, err)
	}
	if len(rows) > maxRows {
		return nil, fmt.Errorf("%w: %s has %d rows, at most %d are read", ErrUnreadable, path, len(rows), maxRows)
	}
	return rows, nil
}

// add checks one row and files it under the request it answers.
func (r *Replay) add(e entry) error {
	if err := checkFile(r.root, e.row); err != nil {
		return err
	}
	at, err := e.row.at()
	if err != nil {
		return err
	}
	e.at = at
	k, ok := keyOfRow(e.row)
	if !ok || !e.row.replayable() {
		r.ignored++
		return nil
	}
	old, taken := r.answers[k]
	if !taken || e.better(old) {
		r.answers[k] = e
		return nil
	}
	if old.better(e) {
		return nil
	}
	same, err := r.sameBody(old.row, e.row)
	if err == nil && !same {
		err = fmt.Errorf("answers the same request as row %d (%s) at the same time, differently: remove one", old.n, old.row.File)
	}
	return err
}

// better reports whether e goes before old: an answer before a refusal, then
// the later recording.
func (e entry) better(old entry) bool {
	if a, b := answers(e.row.Status), answers(old.row.Status); a != b {
		return a
	}
	return e.at.After(old.at)
}

func answers(status int) bool {
	return status < 300 || status == http.StatusNotFound
}

func checkFile(root *os.Root, row Row) error {
	if !filepath.IsLocal(filepath.FromSlash(row.File)) {
		return errors.New("its file lies outside the folder")
	}
	info, err := root.Stat(filepath.FromSlash(row.File))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("its file is missing")
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	case info.Size() > source.MaxReply:
		return fmt.Errorf("its file is larger than %d bytes", source.MaxReply)
	case row.Bytes != 0 && row.Bytes != info.Size():
		return fmt.Errorf("its file has %d bytes, the index says %d: half-written or changed", info.Size(), row.Bytes)
	}
	return nil
}

func (r *Replay) sameBody(a, b Row) (bool, error) {
	bodyA, errA := r.body(a)
	bodyB, errB := r.body(b)
	return bytes.Equal(bodyA, bodyB) && a.Status == b.Status, errors.Join(errA, errB)
}

func (r *Replay) body(row Row) ([]byte, error) {
	return r.root.ReadFile(filepath.FromSlash(row.File))
}

// Ask implements [source.Asker]. A request nobody recorded is [source.ErrNotRecorded].
func (r *Replay) Ask(ctx context.Context, request source.Request) (source.Reply, error) {
	if err := ctx.Err(); err != nil {
		return source.Reply{}, err
	}
	e, ok := r.find(request)
	if !ok {
		return source.Reply{}, source.ErrNotRecorded
	}
	body, err := r.body(e.row)
	if err != nil {
		return source.Reply{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	header := http.Header{}
	for name, value := range e.row.Headers {
		header.Set(name, value)
	}
	status := e.row.Status
	if status == 0 {
		status = http.StatusOK
	}
	return source.Reply{Status: status, Header: header, Body: body, At: e.at}, nil
}

func (r *Replay) find(request source.Request) (entry, bool) {
	for _, k := range keysOf(request) {
		if e, ok := r.answers[k]; ok {
			return e, true
		}
	}
	return entry{}, false
}

// Len returns how many requests can be answered, and how many rows of the index
// answer none: examples from manuals, and requests with a placeholder in them.
func (r *Replay) Len() (answered, ignored int) { return len(r.answers), r.ignored }
