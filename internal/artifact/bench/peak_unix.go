//go:build unix

package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// peak is the most memory a finished program had resident, in KiB.
func peak(cmd *exec.Cmd) int64 {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	most := int64(usage.Maxrss) //nolint:unconvert // 32 bits on some platforms
	if runtime.GOOS == "darwin" {
		return most >> 10
	}
	return most
}
