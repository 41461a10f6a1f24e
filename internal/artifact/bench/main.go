// Command bench measures how fast clew file looks into Windows programs, beside
// pefile in the same run on the same files, and whether both say the same.
//
// pefile is asked for three digests, imphash and Rich hash, with -entropy for
// the entropy of each section too. clew computes entropies, signatures,
// authentihash, resources, fuzzy hashes and embedded indicators on top of that.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const pefile = `
import hashlib, json, sys, warnings
import pefile
warnings.simplefilter("ignore")
for line in sys.stdin:
    path = line.rstrip("\n")
    data = open(path, "rb").read()
    row = {"sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest(), "sha1": hashlib.sha1(data).hexdigest()}
    try:
        pe = pefile.PE(data=data)
        row["imphash"], row["rich"] = pe.get_imphash(), pe.get_rich_header_hash()
        if ENTROPY: row["entropy"] = [s.get_entropy() for s in pe.sections]
    except Exception as e:
        row["error"] = str(e)
    print(json.dumps(row))
`

// A row is what either says of one file.
type row struct {
	SHA256, Imphash, Error string
	Rich                   string
	Entropy                []float64
	PE                     *struct {
		Rich     string `json:"richhash"`
		Sections []struct {
			Entropy float64
			MD5     string
		}
	}
}

// A run is one program over all files.
type run struct {
	rows    map[string]row
	wall    time.Duration
	cpu     time.Duration
	maxHeap int64 // KiB resident at most
}

func main() {
	dir := flag.String("dir", ".bench/pe", "folder of Windows programs; scripts/windows-programs.sh fills one")
	clew := flag.String("clew", "bin/clew", "the program to measure")
	files := flag.Int("files", 2000, "how many files; copies with other bytes at their end fill up what is missing")
	entropy := flag.Bool("entropy", false, "have pefile compute entropies too, which takes it minutes")
	flag.Parse()
	if err := bench(*dir, *clew, *files, *entropy); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(dir, clew string, n int, entropy bool) error {
	temp, err := os.MkdirTemp("", "clew-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // a temporary folder
	paths, size, real, err := sample(dir, temp, n)
	if err != nil {
		return err
	}
	fmt.Printf("%d files of %d MiB, %d of them as they are, the others copies with other bytes at the end\n", len(paths), size>>20, real)
	//nolint:gosec // the programs to compare are named by whoever runs the benchmark
	ours, err := measure(exec.Command(clew, "file", "--json", "--no-store", "--data", filepath.Join(temp, "data"), filepath.Join(temp, "files")), nil)
	if err != nil {
		return err
	}
	report("clew file", ours, len(paths), size)
	script := strings.ReplaceAll(pefile, "ENTROPY", map[bool]string{true: "True", false: "False"}[entropy])
	//nolint:gosec // as above
	theirs, err := measure(exec.Command("/usr/bin/python3", "-c", script), strings.NewReader(strings.Join(paths, "\n")+"\n"))
	if err != nil {
		return fmt.Errorf("pefile: %w", err)
	}
	report("pefile", theirs, len(paths), size)
	if err := compare(ours, theirs); err != nil {
		return err
	}
	fmt.Printf("clew is %.1f times as fast by the clock, %.1f by processor time\n",
		theirs.wall.Seconds()/ours.wall.Seconds(), theirs.cpu.Seconds()/ours.cpu.Seconds())
	return nil
}

// sample links or copies n programs into a folder of their own.
func sample(dir, temp string, n int) (paths []string, size int64, real int, err error) {
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return nil, 0, 0, err
	}
	to := filepath.Join(temp, "files")
	if err := os.Mkdir(to, 0o700); err != nil {
		return nil, 0, 0, err
	}
	for round := 0; len(paths) < n; round++ {
		before := len(paths)
		for i, from := range found {
			if len(paths) == n {
				break
			}
			data, err := os.ReadFile(from)
			if err != nil || len(data) < 2 || string(data[:2]) != "MZ" {
				continue
			}
			if round > 0 {
				data = fmt.Appendf(data, "copy %d", round)
			}
			path := filepath.Join(to, fmt.Sprintf("%d-%d.bin", round, i))
			if err := os.WriteFile(path, data, 0o600); err != nil { //nolint:gosec // a name of our own in a folder of our own
				return nil, 0, 0, err
			}
			paths, size = append(paths, path), size+int64(len(data))
		}
		if round == 0 {
			real = len(paths)
		}
		if len(paths) == before {
			return nil, 0, 0, fmt.Errorf("no Windows program in %s: run scripts/windows-programs.sh %s", dir, dir)
		}
	}
	return paths, size, real, nil
}

func measure(cmd *exec.Cmd, stdin io.Reader) (run, error) {
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &said
	started := time.Now()
	if err := cmd.Run(); err != nil {
		return run{}, fmt.Errorf("%w: %.300s", err, said.String())
	}
	r := run{rows: map[string]row{}, wall: time.Since(started), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	r.maxHeap = peak(cmd)
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var one row
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return r, err
		}
		r.rows[one.SHA256] = one
	}
	return r, lines.Err()
}

func report(name string, r run, files int, size int64) {
	fmt.Printf("%-24s %8.1f s  %7.1f files/s  %6.1f MiB/s  processor %7.1f s  memory %4d MiB\n", name, r.wall.Seconds(),
		float64(files)/r.wall.Seconds(), float64(size)/float64(1<<20)/r.wall.Seconds(), r.cpu.Seconds(), r.maxHeap>>10)
}

// compare stops where the two disagree: a speed for unequal answers is none.
func compare(ours, theirs run) error {
	both := 0
	for sum, t := range theirs.rows {
		o, ok := ours.rows[sum]
		if !ok {
			return fmt.Errorf("%s is missing from clew's answers", sum)
		}
		if t.Error != "" || o.PE == nil {
			continue
		}
		both++
		if o.Imphash != t.Imphash || o.PE.Rich != t.Rich {
			return fmt.Errorf("%s: imphash %s and %s, Rich %s and %s", sum, o.Imphash, t.Imphash, o.PE.Rich, t.Rich)
		}
		for i, e := range t.Entropy {
			if s := o.PE.Sections[i]; s.MD5 != "" && math.Abs(s.Entropy-e) > 1e-5 {
				return fmt.Errorf("%s: entropy of section %d is %f and %f", sum, i, s.Entropy, e)
			}
		}
	}
	fmt.Printf("equal answers on %d programs\n", both)
	return nil
}
