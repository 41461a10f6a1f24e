// Command pack puts a folder into an archive whose bytes depend on nothing but the
// names, the content and who may execute what: go run ./scripts/pack -time SECONDS
// FOLDER ARCHIVE, where ARCHIVE ends in .tar.gz or .zip.
//
// Programs that pack do it too, each version of them a little differently; this one
// changes with Go only, and is on every platform that a release is built on.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	seconds := flag.Int64("time", 0, "the time of everything in it, in seconds since 1970")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack -time SECONDS FOLDER ARCHIVE")
		os.Exit(2)
	}
	if err := pack(flag.Arg(0), flag.Arg(1), time.Unix(*seconds, 0)); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// A member is one file or folder of the archive, named with slashes.
type member struct {
	name string
	mode fs.FileMode // 0755 or 0644: not what the umask of whoever built it left
	size int64
	at   string // where its content is, "" for a folder
}

func pack(folder, archive string, at time.Time) error {
	members, err := membersOf(folder)
	if err != nil {
		return err
	}
	write := tarball
	if strings.HasSuffix(archive, ".zip") {
		write = zipped
	} else if !strings.HasSuffix(archive, ".tar.gz") {
		return fmt.Errorf("%s: neither .tar.gz nor .zip", archive)
	}
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	return errors.Join(write(out, members, at), out.Close())
}

// membersOf are the folder and all below it, in the order of their names.
func membersOf(folder string) (members []member, err error) {
	top := filepath.Base(folder)
	err = filepath.WalkDir(folder, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		m := member{name: path.Join(top, filepath.ToSlash(below)), mode: 0o644, size: info.Size(), at: at}
		switch {
		case info.IsDir():
			m = member{name: m.name + "/", mode: 0o755 | fs.ModeDir}
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is neither a file nor a folder", at)
		case info.Mode()&0o100 != 0 || strings.HasSuffix(at, ".exe"):
			m.mode = 0o755
		}
		members = append(members, m)
		return nil
	})
	return members, err
}

func tarball(to io.Writer, members []member, at time.Time) error {
	packed, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for _, m := range members {
		header := &tar.Header{Name: m.name, Mode: int64(m.mode.Perm()), Size: m.size, ModTime: at.UTC(), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if m.mode.IsDir() {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if err := content(w, m); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), packed.Close())
}

func zipped(to io.Writer, members []member, at time.Time) error {
	w := zip.NewWriter(to)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestCompression) })
	for _, m := range members {
		header := &zip.FileHeader{Name: m.name, Modified: at.UTC(), Method: zip.Deflate}
		header.SetMode(m.mode)
		if m.mode.IsDir() {
			header.Method = zip.Store
		}
		into, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if err := content(into, m); err != nil {
			return err
		}
	}
	return w.Close()
}

func content(to io.Writer, m member) error {
	if m.at == "" {
		return nil
	}
	from, err := os.Open(m.at)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, from.Close())
}
