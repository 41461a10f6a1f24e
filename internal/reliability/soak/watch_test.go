package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

// A watcher samples a server from outside into a table.
type watcher struct {
	server *clewtest.Server
	data   string
	work   *tally
	out    *csv.Writer
	list   []sample
}

func newWatcher(t testing.TB, server *clewtest.Server, data, path string, work *tally) *watcher {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // an earlier run is not written over
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() }) // each row was flushed
	w := &watcher{server: server, data: data, work: work, out: csv.NewWriter(file)}
	if err := w.out.Write(columns); err != nil {
		t.Fatal(err)
	}
	return w
}

// tries are how often the metrics are asked for in one sample. The least number of
// goroutines counts: those that gather the metrics are there up to fourteen at once,
// or not, and count themselves.
const tries = 5

// sample takes one and writes it.
func (w *watcher) sample(ctx context.Context, quiet bool) error {
	pid := strconv.Itoa(w.server.Command.Process.Pid)
	s := sample{At: time.Now().UTC().Truncate(time.Second), Quiet: quiet}
	s.Operations, s.Failures = w.work.sums()
	var err error
	if s.RSS, s.Threads, err = status(pid); err != nil {
		return err
	}
	if s.PSS, err = kibibytes("/proc/"+pid+"/smaps_rollup", "Pss:"); err != nil {
		return err
	}
	files, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		return err
	}
	s.Files = int64(len(files))
	for range tries {
		heap, goroutines, err := w.metrics(ctx)
		if err != nil {
			return err
		}
		if s.Heap = heap; s.Goroutines == 0 || goroutines < s.Goroutines {
			s.Goroutines = goroutines
		}
	}
	if s.Data, err = sizeOf(w.data); err != nil {
		return err
	}
	w.list = append(w.list, s)
	if err := w.out.Write(s.row()); err != nil {
		return err
	}
	w.out.Flush()
	return w.out.Error()
}

func status(pid string) (rss, threads int64, err error) {
	path := "/proc/" + pid + "/status"
	if rss, err = kibibytes(path, "VmRSS:"); err != nil {
		return 0, 0, err
	}
	threads, err = kibibytes(path, "Threads:")
	return rss, threads / 1024, err // it is no size
}

// kibibytes reads a line of a file of /proc, in bytes.
func kibibytes(path, name string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}

// metrics asks the server itself.
func (w *watcher) metrics(ctx context.Context) (heap, goroutines int64, err error) {
	answer, err := w.server.Do(ctx, "GET", "/metrics", nil, "")
	if err != nil {
		return 0, 0, err
	}
	found := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(answer.Body))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			found[name] = n
		}
	}
	heap, goroutines = int64(found["go_memstats_heap_inuse_bytes"]), int64(found["go_goroutines"])
	if heap == 0 || goroutines == 0 {
		return 0, 0, fmt.Errorf("/metrics: status %d, no heap or goroutines in it", answer.Status)
	}
	return heap, goroutines, nil
}

// sizeOf adds up the files below a folder, which may come and go meanwhile.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // gone since the folder was read
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum, err
}
