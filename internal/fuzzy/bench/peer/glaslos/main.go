// Glaslos is github.com/glaslos/tlsh in a loop over parsed digests: for each
// line of the second file, all lines of the first. It prints "query digest
// distance" up to the third argument, and "time query nanoseconds". It is a
// module of its own, so that clew does not depend on what it is compared with.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/glaslos/tlsh"
)

func read(name string) []*tlsh.TLSH {
	file, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	var all []*tlsh.TLSH
	for lines := bufio.NewScanner(file); lines.Scan(); {
		t, err := tlsh.ParseStringToTlsh(strings.TrimPrefix(lines.Text(), "T1"))
		if err != nil {
			log.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}

func main() {
	all, asked := read(os.Args[1]), read(os.Args[2])
	within, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	distance := make([]int, len(all))
	for q := range asked {
		from := time.Now()
		for i := range all {
			distance[i] = all[i].Diff(asked[q])
		}
		took := time.Since(from)
		for i, d := range distance {
			if d <= within {
				fmt.Fprintln(out, q, i, d)
			}
		}
		fmt.Fprintln(out, "time", q, took.Nanoseconds())
	}
}
