package casefile

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

func TestDiskErrorsAreNamed(t *testing.T) {
	for name, row := range map[string]struct{ in, want error }{
		"no_space":         {&fs.PathError{Op: "write", Path: "blob", Err: syscall.ENOSPC}, ErrFull},
		"no_permission":    {&fs.PathError{Op: "open", Path: "blob", Err: syscall.EACCES}, ErrReadOnly},
		"read_only_system": {&fs.PathError{Op: "mkdir", Path: "blob", Err: syscall.EROFS}, ErrReadOnly},
	} {
		if got := classified(row.in); !errors.Is(got, row.want) || !errors.Is(got, row.in) {
			t.Errorf("%s: %v, want %v with its cause", name, got, row.want)
		}
	}
}
