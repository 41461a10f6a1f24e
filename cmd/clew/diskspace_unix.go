//go:build linux || darwin

package main

import "golang.org/x/sys/unix"

// diskSpace says how many bytes of a folder's disk are free to this user, and all.
func diskSpace(folder string) (free, all uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize) // int64 on Linux, uint32 on macOS
	return s.Bavail * block, s.Blocks * block, nil
}
