package embedded

import "slices"

// parts is the value of a link: a row for each import that spoke of it, in the
// order of their numbers, so that what one said can be taken out again. Nearly
// all links have one.
type parts struct {
	rows []row
}

// read takes a value apart, reusing the memory of p.
func (p *parts) read(value []byte, origins *sources) error {
	if err := p.split(value); err != nil {
		return err
	}
	return p.check(origins)
}

// check holds a value to what merging relies on: the rows in the order of their
// imports, and all sources of a row of the same one.
func (p *parts) check(origins *sources) error {
	before := int64(-1)
	for i := range p.rows {
		r := &p.rows[i]
		number := origins.importOf(r)
		for at := range r.sources {
			if origins.importAt(r.sources[at]) != number {
				return errRow
			}
		}
		if int64(number) <= before {
			return errRow
		}
		before = int64(number)
	}
	return nil
}

func (p *parts) split(value []byte) error {
	d := decoder{data: value}
	p.rows = p.rows[:0]
	for more := true; more; {
		if len(p.rows) < cap(p.rows) {
			p.rows = p.rows[:len(p.rows)+1]
		} else {
			p.rows = append(p.rows, row{})
		}
		more = p.rows[len(p.rows)-1].decode(&d)
	}
	if d.bad || len(d.data) != 0 {
		return errRow
	}
	return nil
}

// append writes the value behind dst.
func (p *parts) append(dst []byte) []byte {
	for i := range p.rows {
		dst = p.rows[i].append(dst, i < len(p.rows)-1)
	}
	return dst
}

// find returns where the row of an import is, or belongs.
func (p *parts) find(number uint32, origins *sources) (at int, found bool) {
	return slices.BinarySearchFunc(p.rows, number, func(r row, number uint32) int {
		return int(int64(origins.importOf(&r)) - int64(number))
	})
}

// rowMerger merges values; it keeps its memory from one to the next.
type rowMerger struct {
	origins    *sources
	one, other parts
}

// merge returns both values as one, written over the first.
func (m *rowMerger) merge(first, second []byte) ([]byte, error) {
	if err := m.one.read(first, m.origins); err != nil {
		return nil, err
	}
	if err := m.other.read(second, m.origins); err != nil {
		return nil, err
	}
	for i := range m.other.rows {
		r := &m.other.rows[i]
		if at, found := m.one.find(m.origins.importOf(r), m.origins); found {
			m.one.rows[at].merge(r)
		} else {
			// A copy: its lists would otherwise be shared with the next value read.
			m.one.rows = slices.Insert(m.one.rows, at, r.clone())
		}
	}
	return m.one.append(first[:0]), nil
}

// wholeRow reads values as what all imports said together; it keeps its memory.
type wholeRow struct {
	row
	parts parts
}

func (w *wholeRow) read(value []byte) error {
	d := decoder{data: value}
	if !w.decode(&d) { // nearly always
		if d.bad || len(d.data) != 0 {
			return errRow
		}
		return nil
	}
	if err := w.parts.split(value); err != nil {
		return err
	}
	for i := range w.parts.rows[1:] {
		w.merge(&w.parts.rows[i+1])
	}
	return nil
}
