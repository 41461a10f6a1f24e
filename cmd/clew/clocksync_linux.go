package main

import "golang.org/x/sys/unix"

// clockKept reports whether something keeps the machine's clock to others' (NTP), as
// the kernel knows it.
func clockKept() (kept, known bool) {
	var t unix.Timex // modes are 0: it only reads
	state, err := unix.Adjtimex(&t)
	return state != unix.TIME_ERROR, err == nil
}
