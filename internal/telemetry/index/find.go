package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// An Answer says what a search through the index rests on.
type Answer struct {
	Files      int       // logs covered
	Bytes      int64     // of their text
	First      time.Time // the oldest and the newest time at which one was last written
	Last       time.Time
	Blocks     int             // named by the index, and read
	Read       int64           // bytes of text read
	Gone       []string        // logs that the index names and that are no longer there: not checked
	Unanswered []int           // indicators that an index cannot be asked for: not checked
	Refused    []match.Refusal // indicators that are not looked for in any log: not checked
	Missing    []string        // what could not be read, when indexing or now, and why
}

// Complete reports whether an indicator without a sighting is in none of the
// logs that the index covers.
func (a Answer) Complete() bool {
	return len(a.Gone) == 0 && len(a.Unanswered) == 0 && len(a.Refused) == 0 && len(a.Missing) == 0
}

// Search looks indicators up, reads the blocks that the index names, and only
// those, and hands over what the log readers see there. Logs that are packed, and
// those whose records are no lines, are read as a whole: their blocks cannot be
// found without unpacking what comes before.
func (s *Store) Search(ctx context.Context, o telemetry.Options, emit func(telemetry.Sighting) error) (Answer, error) {
	a := s.Coverage()
	return a, a.search(ctx, o, s.Lookup, emit)
}

// Coverage says what a search would rest on.
func (s *Store) Coverage() Answer {
	var a Answer
	a.cover(s.Files())
	for _, err := range s.Damaged {
		a.Missing = append(a.Missing, err.Error())
	}
	return a
}

// Search is [Store.Search] in the new segment alone.
func (f *Fresh) Search(ctx context.Context, o telemetry.Options, emit func(telemetry.Sighting) error) (Answer, error) {
	var a Answer
	a.cover(f.seg.Files)
	return a, a.search(ctx, o, f.Lookup, emit)
}

func (a *Answer) cover(files []File) {
	seen := map[string]bool{}
	for _, f := range files {
		if !seen[f.Path+f.Head] {
			seen[f.Path+f.Head] = true
			a.Files++
		}
		a.Bytes += f.Bytes
		if f.Missing != "" {
			a.Missing = append(a.Missing, f.Path+": "+f.Missing)
		}
		if a.First.IsZero() || f.ModTime.Before(a.First) {
			a.First = f.ModTime
		}
		if f.ModTime.After(a.Last) {
			a.Last = f.ModTime
		}
	}
}

func (a *Answer) search(ctx context.Context, o telemetry.Options, lookup func([]match.Fingerprint) ([]Place, error), emit func(telemetry.Sighting) error) error {
	hunter, err := telemetry.New(o)
	if err != nil && !errors.Is(err, match.ErrNone) {
		return err
	}
	a.Refused = hunter.Refused
	refused := map[int]bool{}
	for _, r := range a.Refused {
		refused[r.Indicator] = true
	}
	var asked []match.Fingerprint
	for i, indicator := range o.Indicators {
		if refused[i] {
			continue
		}
		prints, ok := match.Fingerprints(indicator.Value)
		if !ok {
			a.Unanswered = append(a.Unanswered, i)
			continue
		}
		asked = append(asked, prints...)
	}
	places, err := lookup(asked)
	if err != nil || len(places) == 0 {
		return err
	}
	stretches := a.stretches(places)
	inputs := make([]logfile.Input, len(stretches))
	for i, s := range stretches {
		a.Blocks++
		a.Read += s.size
		inputs[i] = s.input(i)
	}
	seen := map[string]bool{}
	coverage, err := hunter.Run(ctx, inputs, func(sighting telemetry.Sighting) error {
		path, rest, _ := strings.Cut(sighting.File, mark)
		number, member, packed := strings.Cut(rest, "!")
		i, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		sighting.File = path
		if packed {
			sighting.File += "!" + member
		}
		stretches[i].place(&sighting)
		key := fmt.Sprint(sighting.File, mark, sighting.Offset, mark, sighting.Indicator)
		if seen[key] {
			return nil
		}
		seen[key] = true
		return emit(sighting)
	})
	for _, missing := range coverage.Missing() {
		path, rest, _ := strings.Cut(missing, mark)
		_, why, _ := strings.Cut(rest, ": ")
		a.Missing = append(a.Missing, path+": "+why)
	}
	return err
}

// mark separates a path from the number of the stretch, in names that only the
// hunter sees.
const mark = "\x00"

// A stretch is what is read of a log at once: a block, or the whole.
type stretch struct {
	path    string
	modTime time.Time
	whole   bool
	offset  int64
	size    int64
	line    int64
	header  string
}

// stretches returns what is to be read, each block once, by path and offset.
func (a *Answer) stretches(places []Place) []stretch {
	paths := map[string]string{} // of the log now, by path and head then
	var all []stretch
	for _, p := range places {
		id := p.File.Path + mark + p.File.Head
		path, known := paths[id]
		if !known {
			path = whereNow(p.File)
			paths[id] = path
			if path == "" {
				a.Gone = append(a.Gone, p.File.Path)
			}
		}
		if path == "" {
			continue
		}
		s := stretch{path: path, modTime: p.File.ModTime, whole: !p.File.Seekable}
		if s.whole {
			s.size = p.File.Bytes
		} else {
			s.offset, s.size, s.line, s.header = p.Block.Offset, p.Block.Size, p.Block.Line, p.Header
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b stretch) int {
		if c := strings.Compare(a.path, b.path); c != 0 {
			return c
		}
		return int(min(1, max(-1, a.offset-b.offset)))
	})
	return slices.CompactFunc(all, func(a, b stretch) bool {
		return a.path == b.path && (a.whole && b.whole || a.offset == b.offset && a.size == b.size)
	})
}

// whereNow returns the path of a log that may have been renamed since: its own,
// or that of a file beside it that begins with the same bytes. "" means it is gone.
func whereNow(f File) string {
	if now, err := Identity(f.Path, f.HeadSize); err == nil && now == f.Head {
		return f.Path
	}
	dir := filepath.Dir(f.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.Type().IsRegular() {
			if now, err := Identity(path, f.HeadSize); err == nil && now == f.Head {
				return path
			}
		}
	}
	return ""
}

func (s stretch) input(number int) logfile.Input {
	in := logfile.Stdin(&stretchReader{stretch: s}, s.modTime)
	in.Path = s.path + mark + strconv.Itoa(number)
	return in
}

// place turns the place in the stretch into that in the log.
func (s stretch) place(sighting *telemetry.Sighting) {
	if s.whole {
		return
	}
	lines := int64(strings.Count(s.header, "\n"))
	sighting.Offset += s.offset - int64(len(s.header))
	if sighting.Line > 0 {
		sighting.Line += s.line - 1 - lines
	}
}

// A stretchReader opens its log when it is first read, and closes it at the end.
type stretchReader struct {
	stretch
	file *os.File
	text io.Reader
	err  error // the end, once it was reached: gzip asks again behind it
}

func (r *stretchReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.text == nil {
		file, err := os.Open(r.path)
		if err != nil {
			return 0, err
		}
		r.file, r.text = file, file
		if !r.whole {
			r.text = io.MultiReader(strings.NewReader(r.header), io.NewSectionReader(file, r.offset, r.size))
		}
	}
	n, err := r.text.Read(p)
	if err != nil {
		r.err = err
		_ = r.file.Close()
	}
	return n, err
}
