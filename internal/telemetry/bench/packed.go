package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry"
	"clew/internal/telemetry/index"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// packed measures gz and zstd against zcat and zstdcat, which only unpack.
func (b *bench) packed(ctx context.Context, logs []string) error {
	fmt.Printf("\n| packed | clew, CPU s (clock) | peer, CPU s (clock) | peer/clew, CPU |\n|---|---|---|---|\n")
	list := b.list(listed)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, p := range []struct{ suffix, pack, peer string }{{".gz", "gzip", "zcat"}, {".zst", "zstd", "zstdcat"}} {
		var files []string
		for _, path := range logs {
			if _, err := os.Stat(path + p.suffix); err != nil {
				if _, _, err := command(ctx, p.pack, "-k", "-f", "-q", path); err != nil {
					fmt.Printf("| %s | not here: %v | | |\n", p.suffix, err)
					return nil
				}
			}
			files = append(files, path+p.suffix)
		}
		var ours, theirs []spent
		for range b.rounds {
			_, took, err := command(ctx, self, append([]string{huntCommand, list}, files...)...)
			if err != nil {
				return err
			}
			ours = append(ours, took)
			if _, took, err = command(ctx, "sh", append([]string{"-c", `"$0" "$@" >/dev/null`, p.peer}, files...)...); err != nil {
				return err
			}
			theirs = append(theirs, took)
		}
		fmt.Printf("| %s | %v | %s %v | %.2f |\n", p.suffix, medianOf(ours), p.peer, medianOf(theirs), medianOf(theirs).cpu/medianOf(ours).cpu)
	}
	return nil
}

// huntCommand is the first argument of this program where it reads packed logs.
const huntCommand = "unpack"

// unpack searches packed logs as clew hunt does, and counts.
func unpack(ctx context.Context, list string, files []string) error {
	indicators, err := loadIndicators(list)
	if err != nil {
		return err
	}
	hunter, err := telemetry.New(telemetry.Options{Indicators: indicators, Workers: 2})
	if err != nil {
		return err
	}
	inputs, skipped := logfile.Find(files)
	sightings := 0
	coverage, err := hunter.Run(ctx, inputs, func(telemetry.Sighting) error { sightings++; return nil })
	if err := errors.Join(append(skipped, err)...); err != nil {
		return err
	}
	if missing := coverage.Missing(); len(missing) > 0 {
		return errors.New(missing[0])
	}
	fmt.Println(sightings)
	return nil
}

// indexCommand is the first argument of this program where it builds an index.
const indexCommand = "index"

func buildIndex(ctx context.Context, dir string, files []string) error {
	store, err := index.Open(dir, true)
	if err != nil {
		return err
	}
	var logs []index.Log
	for _, path := range files {
		info, err := os.Stat(path) //nolint:gosec // named by whoever runs this
		if err != nil {
			return err
		}
		logs = append(logs, index.Log{Path: path, Size: info.Size(), ModTime: info.ModTime()})
	}
	if _, err := store.Update(ctx, logs, index.Options{Reader: telemetry.Reader{}, Workers: 2}); err != nil {
		return err
	}
	return store.Close()
}

// index measures size, build and lookup of the index of all logs, and that every
// line which the matcher finds is in a block that the index names.
func (b *bench) index(ctx context.Context, logs []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "index")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	_, took, err := command(ctx, self, append([]string{indexCommand, dir}, logs...)...)
	if err != nil {
		return err
	}
	store, err := index.Open(dir, false)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	size, text := store.Size()
	indicators, err := loadIndicators(b.list(listed))
	if err != nil {
		return err
	}
	values := make([]observable.Value, len(indicators))
	var asked []match.Fingerprint
	for i := range indicators {
		values[i] = indicators[i].Value
		prints, _ := match.Fingerprints(values[i])
		asked = append(asked, prints...)
	}
	var places []index.Place
	var times []float64
	for range 20 {
		start := time.Now()
		if places, err = store.Lookup(asked); err != nil {
			return err
		}
		times = append(times, time.Since(start).Seconds())
	}
	missing, err := b.unnamed(places)
	if err != nil {
		return err
	}
	segments, err := filepath.Glob(filepath.Join(dir, "*.idx"))
	if err != nil {
		return err
	}
	fmt.Printf("\n| index | size, %% of text | build, CPU s (clock) | GB per CPU s | lookup, µs an indicator a segment | lines of the search in no named block |\n|---|---|---|---|---|---|\n")
	fmt.Printf("| %d segments over %.2f GB | %.1f | %v | %.2f | %.1f | %d |\n", len(segments), float64(text)/1e9, 100*float64(size)/float64(text),
		took, float64(text)/1e9/took.cpu, 1e6*median(times)/float64(len(asked))/float64(len(segments)), missing)
	return nil
}

// unnamed counts the lines found by the last plain search at 1,000 indicators
// that lie in no block the index names.
func (b *bench) unnamed(places []index.Place) (missing int, err error) {
	found, err := os.ReadFile(filepath.Join(b.dir, fmt.Sprintf("found.%d", listed)))
	if err != nil {
		return 0, err
	}
	blocks := map[string][][2]int64{}
	for _, p := range places {
		blocks[p.File.Path] = append(blocks[p.File.Path], [2]int64{p.Block.Offset, p.Block.Offset + p.Block.Size})
	}
	for line := range strings.Lines(string(found)) {
		path, offset, _ := strings.Cut(strings.TrimSpace(line), ":")
		at, err := strconv.ParseInt(offset, 10, 64)
		if err != nil {
			return 0, err
		}
		in := false
		for _, block := range blocks[path] {
			in = in || at >= block[0] && at < block[1]
		}
		if !in {
			missing++
		}
	}
	return missing, nil
}
