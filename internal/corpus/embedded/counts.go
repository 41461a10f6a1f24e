package embedded

import (
	"encoding/binary"
	"fmt"
	"sync"

	"clew/internal/corpus"
	"clew/internal/observation"

	"github.com/cockroachdb/pebble/v2"
)

// Counts are exact and kept beside the rows: whoever writes looks up what is
// there before, so it knows which links, subjects and holders are new, and
// writes the new counts in the same step. A question then reads one number.

// heavyHolders is the number of subjects from which an object's count is kept.
// Below it counting keys costs less than half a millisecond.
const heavyHolders = corpus.DefaultHolderLimit

// populations are the counts of each relation, in memory as on disk.
type populations struct {
	mu  sync.RWMutex // guards all
	all [256]corpus.Population
}

// change is what a write adds to the populations, or takes from them.
type change [256]struct{ links, subjects int64 }

// applied returns a population after a change.
func (c *change) applied(r int, p corpus.Population) corpus.Population {
	p.Links = uint64(int64(p.Links) + c[r].links)
	p.Subjects = uint64(int64(p.Subjects) + c[r].subjects)
	return p
}

func loadPopulations(db *pebble.DB) (*populations, error) {
	p := &populations{}
	err := scanSpace(db, populationSpace, func(key, value []byte) error {
		d := decoder{data: value}
		links, subjects := d.uvarint(), d.uvarint()
		if len(key) != 1 || d.bad || len(d.data) != 0 {
			return fmt.Errorf("malformed count of a relation: %q %q", key, value)
		}
		p.all[key[0]] = corpus.Population{Links: links, Subjects: subjects}
		return nil
	})
	return p, err
}

func (p *populations) of(relation observation.Relation) corpus.Population {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.all[relation]
}

// apply takes a change over once it is on disk.
func (p *populations) apply(c *change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for r := range c {
		p.all[r] = c.applied(r, p.all[r])
	}
}

// entries gives the keys and values that make a change lasting, in order. Only
// whoever holds the write lock may ask.
func (p *populations) entries(c *change, set func(key, value []byte) error) error {
	for r := range c {
		if c[r].links == 0 && c[r].subjects == 0 {
			continue
		}
		then := c.applied(r, p.of(observation.Relation(r)))
		value := binary.AppendUvarint(nil, then.Links)
		value = binary.AppendUvarint(value, then.Subjects)
		if err := set([]byte{populationSpace, byte(r)}, value); err != nil {
			return err
		}
	}
	return nil
}

// holdersKey returns the key of the kept count of the object and relation that
// start a reverse key.
func holdersKey(reverse []byte) []byte {
	group := reverse[:groupLen(reverse)]
	return append([]byte{holdersSpace}, group[1:]...)
}

func encodeCount(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func readCount(value []byte) (uint64, error) {
	n, used := binary.Uvarint(value)
	if used != len(value) || used == 0 {
		return 0, fmt.Errorf("%w: count %q", errRow, value)
	}
	return n, nil
}
