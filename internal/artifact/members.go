package artifact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"clew/internal/artifact/archive"
	"clew/internal/artifact/view"
)

// A budget is what is left of the limits for one file on disk.
type budget struct {
	depth   int
	bytes   int64
	members int
}

func (l Limits) budget() *budget {
	b := &budget{depth: DefaultDepth, bytes: DefaultUnpack, members: DefaultMembers}
	if l.Depth > 0 {
		b.depth = l.Depth
	}
	if l.Unpack > 0 {
		b.bytes = l.Unpack
	}
	if l.Members > 0 {
		b.members = l.Members
	}
	return b
}

// inMemory is up to where a member is kept in memory; larger ones go to an
// unnamed file in the folder for temporary files.
const inMemory = 32 << 20

var errSpent = errors.New("unpacks to more than the limit")

// file analyses v and everything in it, outermost first.
func (a *Analyzer) file(ctx context.Context, v view.View, path, inside string, depth int, left *budget) ([]*File, error) {
	f, err := a.analyze(ctx, v, path, inside)
	if err != nil {
		return nil, err
	}
	all := []*File{f}
	add := func(name string, content view.View) error {
		members, err := a.file(ctx, content, path+"!/"+name, f.SHA256, depth+1, left)
		if err != nil {
			return err
		}
		f.Contains = append(f.Contains, Member{Name: name, SHA256: members[0].SHA256, Size: members[0].Size})
		all = append(all, members...)
		return nil
	}
	if slices.Contains(containers, f.Type) {
		err = a.unpack(ctx, v, f, depth, left, add)
	}
	for _, e := range f.embedded {
		if err == nil && len(e.data) > 0 && f.mayOpen(depth, left) {
			left.members--
			err = add(printableName(e.name), view.New(bytes.NewReader(e.data), int64(len(e.data))))
		}
	}
	f.embedded = nil
	return all, err
}

// mayOpen reports whether one more file inside may be read, and says so if not.
func (f *File) mayOpen(depth int, left *budget) bool {
	switch {
	case depth >= left.depth:
		f.problem(fmt.Sprintf("not unpacked: it lies %d archives deep", depth))
	case left.members <= 0:
		f.problem("the rest is not unpacked: more files than the limit")
	case left.bytes <= 0:
		f.problem("the rest is not unpacked: " + errSpent.Error())
	default:
		return true
	}
	return false
}

// unpack reads the members of a container. What cannot be read is a problem of
// the container; only the end of ctx and a full disk are errors.
func (a *Analyzer) unpack(ctx context.Context, v view.View, f *File, depth int, left *budget, add func(string, view.View) error) error {
	var failed error
	stop := errors.New("enough")
	a.guarded(f, func() {
		err := archive.Walk(v, archive.Format(zipOr(f.Type)), a.passwords(), func(m archive.Member) error {
			if failed = ctx.Err(); failed != nil || !f.mayOpen(depth, left) {
				return stop
			}
			left.members--
			name := memberName(m.Name, f)
			content, done, err := a.spool(ctx, m, left)
			if done != nil {
				defer done()
			}
			if err != nil {
				if failed = ctx.Err(); failed != nil {
					return stop
				}
				f.problem(name + ": " + err.Error())
				return nil
			}
			if failed = add(name, content); failed != nil {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			f.problem(err.Error())
		}
	})
	return failed
}

// zipOr returns the format of the container that a type is.
func zipOr(t Type) Type {
	if t == TypeJAR || t == TypeAPK {
		return Type(archive.Zip)
	}
	return t
}

// memberName is a name for people. A packed stream has none of its own.
func memberName(name string, f *File) string {
	if name == "" {
		base := f.Path[strings.LastIndexByte(f.Path, '/')+1:]
		for _, suffix := range []string{".gz", ".bz2", ".xz", ".zst"} {
			if stem, ok := strings.CutSuffix(base, suffix); ok && stem != "" {
				return printableName(stem)
			}
		}
		return "content"
	}
	return printableName(name)
}

func printableName(name string) string {
	const most = 512
	if len(name) > most {
		name = name[:most]
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, name)
}

// spool unpacks a member as far as the budget goes. done frees what it took.
func (a *Analyzer) spool(ctx context.Context, m archive.Member, left *budget) (content view.View, done func(), err error) {
	r, err := m.Open()
	if err != nil {
		return content, nil, err
	}
	limited := io.LimitReader(withContext(ctx, r), left.bytes+1)
	var memory bytes.Buffer
	n, err := io.CopyN(&memory, limited, inMemory)
	if errors.Is(err, io.EOF) {
		return a.spent(left, n, view.New(bytes.NewReader(memory.Bytes()), n), nil)
	}
	if err != nil {
		left.bytes -= n
		return content, nil, err
	}
	temp, err := os.CreateTemp("", "clew-*")
	if err != nil {
		return content, nil, err
	}
	done = func() {
		_ = temp.Close()           // nothing in it is needed any more
		_ = os.Remove(temp.Name()) // as above
	}
	size, err := io.Copy(temp, io.MultiReader(&memory, limited))
	if err != nil {
		left.bytes -= size
		return content, done, err
	}
	return a.spent(left, size, view.New(temp, size), done)
}

func (a *Analyzer) spent(left *budget, n int64, v view.View, done func()) (view.View, func(), error) {
	left.bytes -= n
	if left.bytes < 0 {
		return view.View{}, done, errSpent
	}
	return v, done, nil
}
