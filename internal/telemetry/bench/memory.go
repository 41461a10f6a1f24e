package main

import (
	"bytes"
	"os"
	"strconv"
)

// runtimeMemory is what the kernel says of this process.
type runtimeMemory struct{ peak int64 } // resident, MiB

func (m *runtimeMemory) read() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // not Linux: 0 says not known
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	if fields := bytes.Fields(after); len(fields) > 0 {
		kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		m.peak = kib >> 10
	}
}
