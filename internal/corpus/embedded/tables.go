package embedded

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// tableBytes is the size of a table file, roughly.
const tableBytes = 64 << 20

// tables writes rows, which come in the order of their keys, to table files
// that the store can take over as they are.
type tables struct {
	fs    vfs.FS
	path  string // of the files, without their number
	opts  sstable.WriterOptions
	files []string
	open  *sstable.Writer
}

func newTables(opts Options, path string) *tables {
	o := pebbleOptions(opts)
	level := o.Levels[len(o.Levels)-1]
	return &tables{fs: opts.fs, path: path, opts: sstable.WriterOptions{
		Comparer:       o.Comparer,
		MergerName:     pebble.DefaultMerger.Name,
		TableFormat:    o.FormatMajorVersion.MaxTableFormat(),
		BlockSize:      level.BlockSize,
		IndexBlockSize: level.IndexBlockSize,
		Compression:    level.Compression(),
		FilterPolicy:   level.FilterPolicy,
		FilterType:     level.FilterType,

		DisableValueBlocks: true, // as the span policy of pebbleOptions says
	}}
}

func (t *tables) set(key, value []byte) error {
	if err := t.room(); err != nil {
		return err
	}
	return t.open.Set(key, value)
}

// remove takes a key of the store away.
func (t *tables) remove(key []byte) error {
	if err := t.room(); err != nil {
		return err
	}
	return t.open.Delete(key)
}

// room makes sure that a file with room for another row is open.
func (t *tables) room() error {
	if t.open != nil && t.open.Raw().EstimatedSize() >= tableBytes {
		if err := t.finish(); err != nil {
			return err
		}
	}
	if t.open == nil {
		path := fmt.Sprintf("%s.%d.sst", t.path, len(t.files))
		file, err := t.fs.Create(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		t.files = append(t.files, path)
		t.open = sstable.NewWriter(objstorageprovider.NewFileWritable(file), t.opts)
	}
	return nil
}

// finish completes the file that is open and syncs it.
func (t *tables) finish() error {
	if t.open == nil {
		return nil
	}
	err := t.open.Close()
	t.open = nil
	return err
}

// writeTables runs fill on new tables and returns their files.
func writeTables(opts Options, path string, fill func(*tables) error) ([]string, error) {
	t := newTables(opts, path)
	err := fill(t)
	return t.files, errors.Join(err, t.finish())
}
