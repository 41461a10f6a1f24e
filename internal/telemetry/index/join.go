package index

import (
	"cmp"
	"slices"
	"time"
)

// A joint is what several segments come to in one.
type joint struct {
	contents
	number [][]int // by segment and block: its number in the joint, dropped where it is in none
}

const dropped = -1

// join puts together what segments cover, but for the parts of logs that keep
// does not want. A log that grows is read in many small parts: those that follow
// each other on one day become one, and so do their blocks, up to [BlockSize].
func join(group []*segment, keep func(File) bool) joint {
	j := joint{number: make([][]int, len(group))}
	files := j.joinFiles(group, keep)
	j.joinBlocks(group, files)
	for _, seg := range group {
		j.Replaces = append(j.Replaces, seg.name)
	}
	return j
}

// A member is a part or a block by its place in its segment.
type member struct{ segment, at int }

// joinFiles returns, by segment and file, the number of the part in the joint.
func (j *joint) joinFiles(group []*segment, keep func(File) bool) [][]int {
	files := make([][]int, len(group))
	var parts []member
	for i, seg := range group {
		files[i] = make([]int, len(seg.Files))
		for at, f := range seg.Files {
			files[i][at] = dropped
			if keep(f) {
				parts = append(parts, member{i, at})
			}
		}
	}
	of := func(m member) File { return group[m.segment].Files[m.at] }
	slices.SortStableFunc(parts, func(x, y member) int {
		a, b := of(x), of(y)
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Head, b.Head), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, m := range parts {
		f := of(m)
		if last := len(j.Files) - 1; last >= 0 && j.Files[last].goesOn(f) {
			j.Files[last] = j.Files[last].with(f)
		} else {
			j.Files = append(j.Files, f)
		}
		files[m.segment][m.at] = len(j.Files) - 1
	}
	return files
}

// goesOn reports whether next is of the same log, begins where f ends, and was
// read on the same day: days are forgotten apart.
func (f File) goesOn(next File) bool {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	return f.Path == next.Path && f.Head == next.Head && f.HeadSize == next.HeadSize && f.Seekable && next.Seekable &&
		f.To == next.From && f.Missing == "" && day(f.ModTime).Equal(day(next.ModTime))
}

func (f File) with(next File) File {
	next.From = f.From
	next.Bytes += f.Bytes
	if f.ModTime.After(next.ModTime) {
		next.ModTime = f.ModTime
	}
	return next
}

func (j *joint) joinBlocks(group []*segment, files [][]int) {
	var blocks []member
	for i, seg := range group {
		j.number[i] = make([]int, len(seg.Blocks))
		for at, b := range seg.Blocks {
			j.number[i][at] = dropped
			if files[i][b.File] != dropped {
				blocks = append(blocks, member{i, at})
			}
		}
	}
	of := func(m member) Block {
		b := group[m.segment].Blocks[m.at]
		b.File = files[m.segment][b.File]
		return b
	}
	slices.SortStableFunc(blocks, func(x, y member) int {
		a, b := of(x), of(y)
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size))
	})
	headers := map[string]int{}
	for _, m := range blocks {
		b := of(m)
		text := group[m.segment].Headers[b.Header]
		number, known := headers[text]
		if !known {
			number = len(j.Headers)
			headers[text] = number
			j.Headers = append(j.Headers, text)
		}
		b.Header = number
		if last := len(j.Blocks) - 1; last >= 0 && j.Blocks[last].goesOn(b) {
			j.Blocks[last].Size = max(j.Blocks[last].Size, b.Offset+b.Size-j.Blocks[last].Offset)
		} else {
			j.Blocks = append(j.Blocks, b)
		}
		j.number[m.segment][m.at] = len(j.Blocks) - 1
	}
}

// goesOn reports whether next begins where b ends, or before: the end of a log
// that was written in the middle of a line is read twice.
func (b Block) goesOn(next Block) bool {
	return b.File == next.File && b.Header == next.Header && next.Offset <= b.Offset+b.Size && next.Offset+next.Size-b.Offset <= BlockSize
}
