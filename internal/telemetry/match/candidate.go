package match

// A candidate is a text that the filter takes for an indicator. Candidates are
// collected and looked up together: each look reads from three places far apart,
// and one after the other those would be waited for one by one.
type candidate struct {
	hash     uint64
	from, to int // of its text in lower case, in lowered
	hit      Hit // without the indicator
	how      class
}

// candidates are those that wait to be looked up.
type candidates struct {
	list    [batchSize]candidate
	count   int
	lowered []byte
	slots   [batchSize]uint64
	texts   [batchSize]string
	fetched byte // keeps the loads of the first bytes alive
}

// propose has the text block[at:end] looked up, which stands in what was seen
// from start on.
func (c *scanner) propose(how class, at, end, start int) {
	w := &c.waiting
	from := len(w.lowered)
	for _, b := range c.block[at:end] {
		w.lowered = append(w.lowered, lower(b))
	}
	w.list[w.count] = candidate{
		c.set.table.hash(how, w.lowered[from:]), from, len(w.lowered), Hit{Start: start, End: end, Exact: at == start}, how,
	}
	if w.count++; w.count == batchSize {
		c.settle()
	}
}

// settle looks up the candidates. The first loops fetch what the last one
// compares, in loads that do not depend on one another.
func (c *scanner) settle() {
	w, t := &c.waiting, &c.set.table
	list := w.list[:w.count]
	for i := range list {
		w.slots[i] = t.slots[list[i].hash&t.mask]
	}
	for i := range list {
		w.texts[i] = ""
		if slot := w.slots[i]; slot != 0 && slot>>32 == list[i].hash>>32 {
			w.texts[i] = c.set.indicators[uint32(slot)-1].Value.Text()
		}
	}
	for _, text := range w.texts[:len(list)] {
		if text != "" {
			w.fetched ^= text[0]
		}
	}
	for i := range list {
		p := &list[i]
		text := w.lowered[p.from:p.to]
		for found, next := t.next(p.hash, p.hash); found >= 0; found, next = t.next(p.hash, next) {
			if c.is(found, p.how, text) {
				p.hit.Indicator = found
				c.hits = append(c.hits, p.hit)
			}
		}
	}
	w.count, w.lowered = 0, w.lowered[:0]
}
