package pdftext

import (
	"errors"
	"strings"
)

// maxObjects bounds the indirect objects of a file.
const maxObjects = 1 << 20

var errEncrypted = errors.New("the PDF is encrypted; save an unprotected copy, or print it to PDF")

// A file is a PDF's indirect objects. They are found by scanning for "obj"
// instead of through the cross-reference table, which hostile and damaged files
// get wrong; a later definition replaces an earlier one, as an update does.
type file struct {
	objects map[ref]object
	offsets map[ref]int
	trailer dict
	budget  int // bytes that may still be decoded, expanded or parsed again
}

func parse(data string, budget int) (*file, error) {
	f := &file{objects: make(map[ref]object), offsets: make(map[ref]int), trailer: make(dict), budget: budget}
	for pos := 0; len(f.objects) < maxObjects; {
		at := strings.Index(data[pos:], "obj")
		if at < 0 {
			break
		}
		at += pos
		f.readTrailers(data[pos:at])
		number, start, ok := objectNumber(data[pos:at])
		if !ok {
			pos = at + len("obj")
			continue
		}
		pos = f.define(number, data, at+len("obj"), pos+start)
	}
	if i := strings.LastIndex(data, "trailer"); i >= 0 {
		f.readTrailers(data[i:])
	}
	if f.trailer["Encrypt"] != nil {
		return nil, errEncrypted
	}
	return f, nil
}

// objectNumber reads "12 0 " from the end of text, and returns where it starts.
func objectNumber(text string) (number ref, start int, ok bool) {
	rest := strings.TrimRight(text, " \t\r\n")
	generation := len(rest) - len(strings.TrimRight(rest, "0123456789"))
	rest = rest[:len(rest)-generation]
	middle := strings.TrimRight(rest, " \t\r\n")
	digits := len(middle) - len(strings.TrimRight(middle, "0123456789"))
	if generation == 0 || digits == 0 || digits > 9 || len(middle) == len(rest) {
		return 0, 0, false
	}
	for _, c := range middle[len(middle)-digits:] {
		number = number*10 + ref(c-'0')
	}
	return number, len(middle) - digits, true
}

// define reads the object that begins at pos and returns where it ends.
func (f *file) define(number ref, data string, pos, offset int) int {
	l := lexer{data: data, pos: pos, refs: true}
	o, ok := l.next()
	if !ok {
		return len(data)
	}
	d, isDict := o.(dict)
	l.skipSpace()
	if !isDict || !strings.HasPrefix(data[l.pos:], "stream") {
		f.objects[number], f.offsets[number] = o, offset
		return l.pos
	}
	start := l.pos + len("stream")
	if strings.HasPrefix(data[start:], "\r") {
		start++
	}
	if strings.HasPrefix(data[start:], "\n") {
		start++
	}
	end, next := streamEnd(data, start, d["Length"])
	s := &stream{d, data[start:end], offset}
	f.objects[number], f.offsets[number] = s, offset
	switch d["Type"] {
	case name("ObjStm"):
		f.unpack(s)
	case name("XRef"):
		f.addTrailer(d)
	}
	return next
}

// streamEnd trusts the length only where "endstream" follows.
func streamEnd(data string, start int, length object) (end, next int) {
	if n, ok := length.(float64); ok && n >= 0 && n <= float64(len(data)-start) {
		end = start + int(n)
		if strings.HasPrefix(strings.TrimLeft(data[end:min(len(data), end+20)], "\r\n \t"), "endstream") {
			return end, end
		}
	}
	n := strings.Index(data[start:], "endstream")
	if n < 0 {
		return len(data), len(data)
	}
	return start + n, start + n
}

// unpack defines the objects that are kept in an object stream.
func (f *file) unpack(s *stream) {
	data := f.decode(s)
	count, _ := f.number(s.dict["N"])
	first, _ := f.number(s.dict["First"])
	if first < 0 || int(first) > len(data) {
		return
	}
	index := lexer{data: data[:int(first)]}
	for i := 0; i < int(count) && len(f.objects) < maxObjects && f.budget > 0; i++ {
		number, okNumber := index.next()
		offset, okOffset := index.next()
		n, isNumber := number.(float64)
		at, isOffset := offset.(float64)
		if !okNumber || !okOffset || !isNumber || !isOffset || at < 0 || first+at > float64(len(data)) {
			return
		}
		l := lexer{data: data[int(first+at):], refs: true}
		o, _ := l.next()
		f.budget -= l.pos
		f.objects[ref(n)], f.offsets[ref(n)] = o, s.offset
	}
}

func (f *file) readTrailers(text string) {
	for {
		i := strings.Index(text, "trailer")
		if i < 0 {
			return
		}
		text = text[i+len("trailer"):]
		l := lexer{data: text, refs: true}
		if o, _ := l.next(); o != nil {
			if d, ok := o.(dict); ok {
				f.addTrailer(d)
			}
		}
		text = text[l.pos:]
	}
}

func (f *file) addTrailer(d dict) {
	for _, key := range []name{"Root", "Encrypt", "Info"} {
		if d[key] != nil {
			f.trailer[key] = d[key]
		}
	}
}

// resolve follows references.
func (f *file) resolve(o object) object {
	for range 16 {
		r, ok := o.(ref)
		if !ok {
			return o
		}
		o = f.objects[r]
	}
	return nil
}

// dict returns o as a dictionary, also that of a stream; nil for anything else.
func (f *file) dict(o object) dict {
	switch d := f.resolve(o).(type) {
	case dict:
		return d
	case *stream:
		return d.dict
	}
	return nil
}

func (f *file) array(o object) array {
	a, _ := f.resolve(o).(array)
	return a
}

func (f *file) number(o object) (float64, bool) {
	n, ok := f.resolve(o).(float64)
	return n, ok
}
