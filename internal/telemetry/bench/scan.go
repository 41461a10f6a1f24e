package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry/match"
)

// scanCommand is the first argument of this program where it is the one measured.
const scanCommand = "scan"

// segment is how much of a file a worker takes at a time.
const segment = 4 << 20

// scan loads a list of indicators, looks for them in files with so many workers
// and prints the lines that hold one, the hits, and the seconds that loading
// took. Where out is given, it writes file:line-offset of each such line there.
func scan(list string, workers int, out string, files []string) error {
	start := time.Now()
	debug.SetGCPercent(25) // a million indicators are most of the heap, and stay
	indicators, err := loadIndicators(list)
	if err != nil {
		return err
	}
	set, report, err := match.New(indicators)
	if err != nil {
		return err
	}
	loaded := time.Since(start)
	lines, hits, err := scanFiles(set, files, workers, out)
	if err != nil {
		return err
	}
	var used runtimeMemory
	used.read()
	fmt.Printf("%d %d %d %d %d\n", lines, hits, loaded.Milliseconds(), report.Accepted, used.peak)
	return nil
}

// loadIndicators reads one value a line.
func loadIndicators(path string) ([]match.Indicator, error) {
	text, err := os.ReadFile(path) //nolint:gosec // named by whoever runs this
	if err != nil {
		return nil, err
	}
	all := make([]match.Indicator, 0, bytes.Count(text, []byte("\n")))
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		kind := observable.Domain
		switch {
		case len(line) == 32 && !strings.Contains(line, "."):
			kind = observable.File
		case line[len(line)-1] <= '9':
			kind = observable.IP
		}
		v, err := observable.New(kind, line)
		if err != nil {
			return nil, err
		}
		all = append(all, match.Indicator{Value: v})
	}
	return all, nil
}

// A piece is a stretch of a file: the lines that begin in [from, from+segment).
type piece struct {
	file int
	from int64
}

func scanFiles(set *match.Set, files []string, workers int, out string) (lines, hits int64, err error) {
	handles := make([]*os.File, len(files))
	var pieces []piece
	for i, path := range files {
		file, err := os.Open(path) //nolint:gosec // named by whoever runs this
		if err != nil {
			return 0, 0, err
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		if err != nil {
			return 0, 0, err
		}
		handles[i] = file
		for from := int64(0); from < info.Size(); from += segment {
			pieces = append(pieces, piece{i, from})
		}
	}
	var (
		next            atomic.Int64
		group           sync.WaitGroup
		allLines, all   atomic.Int64
		lock            sync.Mutex
		found           bytes.Buffer
		failed          error
		overlap         = 64 << 10
		rememberFailure = func(err error) { lock.Lock(); failed = errors.Join(failed, err); lock.Unlock() }
	)
	for range workers {
		group.Go(func() {
			buffer := make([]byte, segment+overlap)
			for {
				i := next.Add(1) - 1
				if i >= int64(len(pieces)) {
					return
				}
				p := pieces[i]
				block, base, err := readPiece(handles[p.file], buffer, p.from)
				if err != nil {
					rememberFailure(err)
					return
				}
				lineEnd, linesHere, hitsHere := 0, int64(0), int64(0)
				set.Scan(block, func(h match.Hit) {
					hitsHere++
					if h.Start < lineEnd {
						return
					}
					linesHere++
					lineEnd = len(block)
					if size := bytes.IndexByte(block[h.Start:], '\n'); size >= 0 {
						lineEnd = h.Start + size
					}
					if out != "" {
						lock.Lock()
						fmt.Fprintf(&found, "%s:%d\n", files[p.file], base+int64(bytes.LastIndexByte(block[:h.Start], '\n')+1))
						lock.Unlock()
					}
				})
				allLines.Add(linesHere)
				all.Add(hitsHere)
			}
		})
	}
	group.Wait()
	if out != "" {
		failed = errors.Join(failed, os.WriteFile(out, found.Bytes(), 0o600)) //nolint:gosec // named by whoever runs this
	}
	return allLines.Load(), all.Load(), failed
}

// readPiece reads the lines that begin in a segment; base is where they begin.
func readPiece(file *os.File, buffer []byte, from int64) (block []byte, base int64, err error) {
	back := int64(0)
	if from > 0 {
		back = 1 // a line begins at from when the byte before ends one
	}
	n, err := file.ReadAt(buffer, from-back)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	block = buffer[:n]
	end := min(n, segment+int(back))
	if from > 0 {
		first := bytes.IndexByte(block, '\n') + 1
		if first == 0 || first > end {
			return nil, from, nil
		}
		block, end, base = block[first:], end-first, from-back+int64(first)
	}
	if end <= 0 {
		return nil, from, nil
	}
	if last := bytes.IndexByte(block[end-1:], '\n'); last >= 0 {
		block = block[:end+last]
	}
	return block, base, nil
}
