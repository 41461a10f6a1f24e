package main

import "golang.org/x/sys/windows"

// diskSpace says how many bytes of a folder's disk are free to this user, and all.
func diskSpace(folder string) (free, all uint64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &all, nil)
	return free, all, err
}
