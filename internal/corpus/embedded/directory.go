package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"clew/internal/corpus"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What a corpus directory holds.
const (
	formatFile = "CORPUS"   // one line with the version; written last, so it means the rest is there
	makingFile = "CREATING" // there while a corpus is made: without formatFile, nothing of value is there yet
	lockFile   = "LOCK"
	tablesDir  = "db"
	loadsDir   = "loads" // one folder a load under way
)

// format is the content of formatFile. Another layout of keys or rows is another number.
const (
	formatName    = "clew corpus "
	formatVersion = "1"
)

// directory knows the files around the tables.
type directory struct {
	fs   vfs.FS
	path string
}

func (d directory) join(name string) string { return d.fs.PathJoin(d.path, name) }

// prepare makes sure that path holds a corpus, or an empty place for one, and
// locks it. Nothing is written to a directory that holds something else.
func (d directory) prepare(readOnly bool) (lock io.Closer, err error) {
	state, err := d.inspect()
	if err != nil {
		return nil, err
	}
	if readOnly && state != stateCorpus {
		return nil, fmt.Errorf("there is no corpus in %s yet: %w", d.path, fs.ErrNotExist)
	}
	if err := d.fs.MkdirAll(d.path, 0o700); err != nil {
		return nil, d.damaged(err)
	}
	if lock, err = d.fs.Lock(d.join(lockFile)); err != nil {
		return nil, d.lockError(err)
	}
	// Whoever held the lock until now may have made or removed the corpus.
	if err := d.settle(readOnly); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// AtRest runs do while nobody has the corpus in dir open, so that its files are
// whole and stay as they are. The error is corpus.ErrLocked while somebody has.
func AtRest(dir string, do func() error) error {
	lock, err := directory{fs: vfs.Default, path: dir}.prepare(true)
	if err != nil {
		return err
	}
	return errors.Join(do(), lock.Close())
}

// settle brings a locked directory into the state that openDB expects.
func (d directory) settle(readOnly bool) error {
	state, err := d.inspect()
	if err != nil {
		return err
	}
	if readOnly {
		if state != stateCorpus {
			return fmt.Errorf("there is no corpus in %s any more: %w", d.path, fs.ErrNotExist)
		}
		return nil
	}
	if err := d.fs.RemoveAll(d.join(loadsDir)); err != nil { // what dead loads left
		return d.damaged(err)
	}
	if state == stateCorpus {
		return nil
	}
	if err := d.fs.RemoveAll(d.join(tablesDir)); err != nil {
		return d.damaged(err)
	}
	return d.write(makingFile, "")
}

// The states in which a directory can be.
type directoryState int

const (
	stateEmpty  directoryState = iota // nothing there, or a corpus whose making was cut short
	stateCorpus                       // a corpus of our version
)

// inspect tells the state of the directory, and changes nothing.
func (d directory) inspect() (directoryState, error) {
	names, err := d.fs.List(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return stateEmpty, nil
	case err != nil:
		return 0, d.damaged(err)
	case slices.Contains(names, formatFile):
		return stateCorpus, d.checkFormat()
	case slices.Contains(names, makingFile):
		return stateEmpty, nil
	}
	for _, name := range names {
		if name != lockFile {
			return 0, fmt.Errorf("%s: %w: it holds %q and no file %s; name another directory with --data",
				d.path, corpus.ErrDamaged, name, formatFile)
		}
	}
	return stateEmpty, nil
}

func (d directory) checkFormat() error {
	file, err := d.fs.Open(d.join(formatFile))
	if err != nil {
		return d.damaged(err)
	}
	line, err := io.ReadAll(io.LimitReader(file, 64))
	if err := errors.Join(err, file.Close()); err != nil {
		return d.damaged(err)
	}
	version, ok := strings.CutPrefix(string(bytes.TrimSpace(line)), formatName)
	if !ok {
		return d.damaged(fmt.Errorf("%s reads %q", formatFile, line))
	}
	if version != formatVersion {
		return fmt.Errorf("%s: %w: it has format %s and this clew reads format %s; use the clew that wrote it, or import again into another directory",
			d.path, corpus.ErrDamaged, version, formatVersion)
	}
	names, err := d.fs.List(d.join(tablesDir))
	if err != nil {
		return d.damaged(err)
	}
	// Pebble would start over where the marker of its manifest is lost.
	if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "marker.manifest.") }) {
		return d.damaged(errors.New("the list of its tables is missing"))
	}
	return nil
}

// openDB opens the tables of a settled directory. changed is called when Pebble
// replaced tables by itself.
func (d directory) openDB(opts Options, f *failure, changed func()) (db *pebble.DB, err error) {
	o := pebbleOptions(opts)
	o.FS = tablesFS{opts.fs, f}
	o.EventListener.CompactionEnd = func(pebble.CompactionInfo) { changed() }
	o.EventListener.FlushEnd = func(pebble.FlushInfo) { changed() }
	err = f.run(func() (err error) {
		db, err = pebble.Open(d.join(tablesDir), o)
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case vfs.IsNoSpaceError(err):
		return nil, diskFull(d.path, err)
	}
	return nil, d.damaged(err)
}

// finish declares a directory that was just made complete.
func (d directory) finish(readOnly bool) error {
	if readOnly {
		return nil
	}
	if _, err := d.fs.Stat(d.join(formatFile)); err == nil {
		return nil
	}
	if err := d.write(formatFile, formatName+formatVersion+"\n"); err != nil {
		return err
	}
	return d.fs.Remove(d.join(makingFile))
}

// write puts a small file in place, whole or not at all.
func (d directory) write(name, content string) error {
	temporary := d.join(name + ".new")
	err := d.writeSynced(temporary, content)
	if err == nil {
		err = d.fs.Rename(temporary, d.join(name))
	}
	if err == nil {
		err = d.sync()
	}
	if vfs.IsNoSpaceError(err) {
		return diskFull(d.path, err)
	}
	return err
}

func (d directory) writeSynced(path, content string) error {
	file, err := d.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (d directory) sync() error {
	self, err := d.fs.OpenDir(d.path)
	if err != nil {
		return err
	}
	return errors.Join(self.Sync(), self.Close())
}

// damaged says that the directory cannot be used as it is, and what to do.
func (d directory) damaged(cause error) error {
	cause = firstLine{cause}
	if errors.Is(cause, fs.ErrPermission) {
		return fmt.Errorf("%s: %w: %w; give yourself access, or name another directory with --data", d.path, corpus.ErrDamaged, cause)
	}
	return fmt.Errorf("%s: %w: %w; put back a copy, or move it away and import again", d.path, corpus.ErrDamaged, cause)
}

// firstLine keeps Pebble's further lines of detail out of a message.
type firstLine struct{ error }

func (e firstLine) Error() string {
	line, _, _ := strings.Cut(e.error.Error(), "\n")
	return line
}

func (e firstLine) Unwrap() error { return e.error }

// lockError tells a held lock from a directory that cannot be written: the
// system calls for the one give bare numbers, those for the other name the file.
func (d directory) lockError(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return d.damaged(err)
	}
	return fmt.Errorf("%s: %w: wait until it is done, or name another directory with --data", d.path, corpus.ErrLocked)
}

// pebbleOptions is how the tables are kept.
func pebbleOptions(opts Options) *pebble.Options {
	o := &pebble.Options{
		ReadOnly:  opts.ReadOnly,
		CacheSize: opts.CacheBytes,
		Comparer:  newComparer(),
		Logger:    quiet{},
		// A corrupt table is an error of the question that met it, not the end
		// of the process as by default.
		EventListener: &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}},
		// The last format with tables in rows: those in columns come out a tenth
		// larger, as only the part of a key before the split is prefix-compressed.
		FormatMajorVersion: pebble.FormatFlushableIngestExcises,
		MemTableSize:       8 << 20,
		MaxOpenFiles:       200,  // of 64 MiB each; macOS gives a process 256
		DisableTableStats:  true, // they steer compactions by deletions, of which we have none
	}
	o.Experimental.ReadSamplingMultiplier = -1 // questions start no compactions
	// Pebble takes what follows a prefix for a version and would put all values
	// but the first out of line.
	o.Experimental.SpanPolicyFunc = func([]byte) (pebble.SpanPolicy, []byte, error) {
		return pebble.SpanPolicy{DisableValueSeparationBySuffix: true}, nil, nil
	}
	for level := range o.Levels {
		o.TargetFileSizes[level] = tableBytes
		o.Levels[level] = pebble.LevelOptions{
			BlockSize:      16 << 10,
			IndexBlockSize: 256 << 10,
			Compression:    func() *sstable.CompressionProfile { return sstable.ZstdCompression },
			FilterPolicy:   bloom.FilterPolicy(10),
			FilterType:     pebble.TableFilter,
		}
	}
	return o
}
