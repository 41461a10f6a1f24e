package powercut

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A disk is what a file system holds and what it has promised to hold after a cut.
//
// The promises are those that Linux file systems keep (ext4, XFS, btrfs), not more:
// fsync of a file keeps its content and, if it is new, the name it was made under;
// fsync of a folder keeps what names were made, moved and removed in it. All else may
// be lost, come in parts, or come without what belongs to it. That a folder exists is
// taken for kept.
type disk struct {
	names   map[string]*file // as the process sees them
	kept    map[string]*file // after a cut, at least
	waiting []change         // of names, in order, not kept yet
}

// A file is content without a name.
type file struct {
	kept    []byte
	pending []op // writes and truncations since the last sync
	made    string
}

// A change of names: to appears, from goes.
type change struct {
	from, to string
	file     *file
}

// read takes a folder as a disk on which everything is kept.
func readDisk(dir string) (*disk, error) {
	d := &disk{names: map[string]*file{}, kept: map[string]*file{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		d.names[path] = &file{kept: content}
		d.kept[path] = d.names[path]
		return err
	})
	return d, err
}

// do carries out one operation.
func (d *disk) do(o op) {
	switch o.call {
	case "create":
		if d.names[o.path] == nil {
			f := &file{made: o.path}
			d.names[o.path] = f
			d.waiting = append(d.waiting, change{to: o.path, file: f})
		}
	case "write", "truncate":
		if f := d.names[o.path]; f != nil {
			f.pending = append(f.pending, o)
		}
	case "rename":
		if f := d.names[o.path]; f != nil {
			d.names[o.to] = f
			delete(d.names, o.path)
			d.waiting = append(d.waiting, change{o.path, o.to, f})
		}
	case "link":
		if f := d.names[o.path]; f != nil {
			d.names[o.to] = f
			d.waiting = append(d.waiting, change{to: o.to, file: f})
		}
	case "unlink":
		d.waiting = append(d.waiting, change{from: o.path, file: d.names[o.path]})
		delete(d.names, o.path)
	case "sync":
		d.sync(o.path)
	}
}

func (d *disk) sync(path string) {
	if f := d.names[path]; f != nil {
		f.kept, f.pending = apply(f.kept, f.pending), nil
		// With the name it was made under, all that came before under that name.
		made := slices.IndexFunc(d.waiting, func(c change) bool { return c.from == "" && c.file == f && c.to == f.made })
		before := d.waiting[:max(made+1, 0)]
		after := slices.Clone(d.waiting[max(made+1, 0):])
		d.waiting = slices.Clone(before)
		d.keep(func(c change) bool { return made >= 0 && (c.from == f.made || c.to == f.made) })
		d.waiting = append(d.waiting, after...)
		return
	}
	d.keep(func(c change) bool {
		return c.to != "" && filepath.Dir(c.to) == path || c.from != "" && filepath.Dir(c.from) == path
	})
}

func (d *disk) keep(which func(change) bool) {
	d.waiting = slices.DeleteFunc(d.waiting, func(c change) bool {
		if which(c) {
			c.in(d.kept)
			return true
		}
		return false
	})
}

// in makes the change in a table of names.
func (c change) in(names map[string]*file) {
	if c.from != "" && names[c.from] == c.file { // else another has come to that name since
		delete(names, c.from)
	}
	if c.to != "" {
		names[c.to] = c.file
	}
}

// apply returns content after writes.
func apply(content []byte, ops []op) []byte {
	content = bytes.Clone(content)
	for _, o := range ops {
		if o.call == "truncate" {
			content = sized(content, o.size)
			continue
		}
		at := o.offset
		if at < 0 {
			at = int64(len(content))
		}
		if end := at + int64(len(o.data)); end > int64(len(content)) {
			content = sized(content, end)
		}
		copy(content[at:], o.data)
	}
	return content
}

func sized(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size]
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}

// A way is what a cut does with what was not kept.
type way string

const (
	lost  way = "lost"  // names and content that were not kept are gone
	names way = "names" // names came through, content did not
	zeros way = "zeros" // names and lengths came through, content is zeros
	torn  way = "torn"  // some names, some of the writes, one of them in part
	all   way = "all"   // everything came through, as after a kill
)

var ways = []way{lost, names, zeros, torn, all}

// cut writes what a disk holds after power was cut, where it was.
func (d *disk) cut(how way, random *rand.Rand) error {
	left := map[string]*file{}
	for path, f := range d.kept {
		left[path] = f
	}
	through := len(d.waiting)
	switch how {
	case lost:
		through = 0
	case torn:
		through = random.IntN(len(d.waiting) + 1)
	}
	for _, c := range d.waiting[:through] {
		c.in(left)
	}
	var failed error
	paths := make([]string, 0, len(left))
	for path := range left {
		paths = append(paths, path)
	}
	slices.Sort(paths) // so that the same cut is the same again
	for _, path := range paths {
		if strings.HasSuffix(path, "-shm") {
			continue // memory that processes share: it is made anew
		}
		failed = errors.Join(failed, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, left[path].after(how, random), 0o600))
	}
	return failed
}

// after is what a cut leaves of a file.
func (f *file) after(how way, random *rand.Rand) []byte {
	switch how {
	case all:
		return apply(f.kept, f.pending)
	case zeros:
		return sized(bytes.Clone(f.kept), int64(len(apply(f.kept, f.pending))))
	case torn:
		var some []op
		for _, o := range f.pending {
			if random.IntN(2) == 0 {
				some = append(some, o)
			}
		}
		if n := len(some); n > 0 && len(some[n-1].data) > 512 {
			some[n-1].data = some[n-1].data[:512*(1+random.IntN(len(some[n-1].data)/512))]
		}
		return apply(f.kept, some)
	}
	return f.kept
}
