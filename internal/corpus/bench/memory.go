package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// memoryPace is how often a program's memory is looked at. What it took in the
// last moment before it ended may be missed.
const memoryPace = 20 * time.Millisecond

// watchMemory follows the peak of a program's resident memory until the function
// it returns is called, which says it in bytes; 0 where the system has no /proc.
// The kernel's own figure for a child (ru_maxrss) will not do: it begins with
// what the parent held when it started the child.
func watchMemory(pid int) (peak func() int64) {
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		var high int64
		tick := time.NewTicker(memoryPace)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				most <- high
				return
			case <-tick.C:
				high = max(high, residentPeak(pid))
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-most
	}
}

// residentPeak reads VmHWM, 0 when there is none to read.
func residentPeak(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kib, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
