package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listed is how many indicators packed logs and the index are searched for.
const listed = 1000

type bench struct {
	dir             string
	rounds, largest int
}

func (b *bench) all(ctx context.Context, size int64) error {
	logs, err := generateLogs(b.dir, size)
	if err != nil {
		return err
	}
	bytes := int64(0)
	for _, path := range logs {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		bytes += info.Size()
	}
	fmt.Printf("%d files, %.2f GB of Zeek-like logs; whole processes, processor seconds of all threads (and seconds by the clock), median of %d\n\n", len(logs), float64(bytes)/1e9, b.rounds)
	if err := b.plain(ctx, logs, float64(bytes)/1e9); err != nil {
		return err
	}
	if err := b.packed(ctx, logs[:2]); err != nil {
		return err
	}
	return b.index(ctx, logs)
}

// list is where so many indicators are kept.
func (b *bench) list(count int) string {
	return filepath.Join(b.dir, fmt.Sprintf("indicators.%d", count))
}

// plain measures the search of plain logs at growing sets of indicators.
func (b *bench) plain(ctx context.Context, logs []string, gigabytes float64) error {
	rg, haveRipgrep := ripgrep()
	hyperscan, err := buildHyperscan(ctx, b.dir)
	if err != nil {
		fmt.Println("Hyperscan: not here:", err)
	}
	fmt.Println("| indicators | clew, CPU s (clock) | loading, s by the clock | GB per CPU s | MiB | lines | rg, CPU s (clock) | clew/rg | rg's false lines | Hyperscan, CPU s (clock), one thread | of it compiling, s by the clock | lines |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for count := 10; count <= b.largest; count *= 10 {
		if count == 100 || count == 10_000 {
			continue
		}
		list := b.list(count)
		if err := generateIndicators(list, count); err != nil {
			return err
		}
		ours, err := b.clew(ctx, list, logs)
		if err != nil {
			return err
		}
		row := fmt.Sprintf("| %d | %v | %.2f | %.2f | %d | %d |", count, ours.spent, ours.loading, gigabytes/ours.cpu, ours.memory, ours.lines)
		if haveRipgrep {
			row += b.againstRipgrep(ctx, rg, list, ours, logs)
		} else {
			row += " not here | | |"
		}
		if hyperscan != "" && count <= 100_000 {
			row += b.againstHyperscan(ctx, hyperscan, list, logs)
		} else {
			row += " | | |"
		}
		fmt.Println(row)
	}
	return nil
}

type measured struct {
	spent
	loading       float64
	lines, memory int
	found         string // file:offset of each line
}

// clew runs this program again, as the peers are programs of their own.
func (b *bench) clew(ctx context.Context, list string, logs []string) (m measured, err error) {
	self, err := os.Executable()
	if err != nil {
		return m, err
	}
	var times []spent
	var loads []float64
	for range b.rounds {
		out, took, err := command(ctx, self, append([]string{scanCommand, list, "2", ""}, logs...)...)
		if err != nil {
			return m, err
		}
		fields := strings.Fields(out)
		m.lines, _ = strconv.Atoi(fields[0])
		milliseconds, _ := strconv.Atoi(fields[2])
		m.memory, _ = strconv.Atoi(fields[4])
		times, loads = append(times, took), append(loads, float64(milliseconds)/1000)
	}
	m.spent, m.loading = medianOf(times), median(loads)
	found := filepath.Join(b.dir, "found"+filepath.Ext(list))
	if _, _, err := command(ctx, self, append([]string{scanCommand, list, "2", found}, logs...)...); err != nil {
		return m, err
	}
	text, err := os.ReadFile(found)
	m.found = string(text)
	return m, err
}

// againstRipgrep searches for the same list as fixed strings. What it finds
// beyond our lines is false; a line of ours that it lacks would be an error of
// ours, and no ratio is printed.
func (b *bench) againstRipgrep(ctx context.Context, rg, list string, ours measured, logs []string) string {
	rounds := b.rounds
	var times []spent
	for len(times) < rounds {
		_, took, err := command(ctx, rg, append([]string{"-j2", "-F", "-c", "-f", list}, logs...)...)
		if err != nil {
			return fmt.Sprintf(" %v | | |", err)
		}
		times = append(times, took)
		if took.cpu > 20 {
			rounds = 1
		}
	}
	out, _, err := command(ctx, rg, append([]string{"-j2", "-F", "-H", "-b", "--no-heading", "--max-columns", "1", "-f", list}, logs...)...)
	if err != nil {
		return fmt.Sprintf(" %v | | |", err)
	}
	wrong, missing := falseLines(out, ours.found)
	if missing > 0 {
		return fmt.Sprintf(" %d of our lines are not among rg's: no ratio | | |", missing)
	}
	total := max(1, wrong+ours.lines)
	return fmt.Sprintf(" %v | %.3f | %.0f %% |", medianOf(times), ours.cpu/medianOf(times).cpu, 100*float64(wrong)/float64(total))
}

func (b *bench) againstHyperscan(ctx context.Context, program, list string, logs []string) string {
	out, took, err := command(ctx, program, append([]string{list}, logs...)...)
	if err != nil {
		return fmt.Sprintf(" %v | | |", err)
	}
	fields := strings.Fields(out)
	return fmt.Sprintf(" %v | %s | %s |", took, fields[1], fields[0])
}
