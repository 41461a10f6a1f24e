package main

import (
	"bufio"
	"math/rand/v2"
	"os"

	"clew/internal/fuzzy/ssdeep"
	"clew/internal/fuzzy/tlsh"
)

// Digests are made up, for nobody may ship five million real ones. Half of them
// stand alone; the others come in families of some twenty variants, as samples
// of malware do. Sizes spread as those of programs: 6 KiB to 12 MiB.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, 20261127))} //nolint:gosec // the same every time
}

func (g generator) part(least, most int) string {
	b := make([]byte, least+g.IntN(most-least+1))
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}

// changed edits a part in up to three places.
func (g generator) changed(part string, most int) string {
	b := []byte(part)
	for range g.IntN(4) {
		i := g.IntN(len(b))
		if n := i + g.IntN(5); n < len(b) {
			b = append(b[:i], b[n:]...)
		}
		b = append(b[:i], append([]byte(g.part(0, 4)), b[i:]...)...)
	}
	return string(b[:min(len(b), most)])
}

// ssdeeps makes n digests.
func (g generator) ssdeeps(n int) []ssdeep.Digest {
	all := make([]ssdeep.Digest, 0, n)
	var family ssdeep.Digest
	for len(all) < n {
		size := uint64(3) << (5 + g.IntN(12))
		first, second := g.part(32, 64), g.part(16, 32)
		switch {
		case len(all)%2 == 0 || g.IntN(20) == 0 || family.BlockSize == 0:
		default:
			size = family.BlockSize
			first, second = g.changed(string(family.First()), 64), g.changed(string(family.Second()), 32)
		}
		d, err := ssdeep.Parse(ssdeepText(size, first, second))
		if err != nil {
			continue
		}
		if len(all)%2 == 1 {
			family = d
		}
		all = append(all, d)
	}
	return all
}

// tlshes makes n digests.
func (g generator) tlshes(n int) []tlsh.Digest {
	all := make([]tlsh.Digest, n)
	var family tlsh.Digest
	for i := range all {
		if i%2 == 0 || i == 1 || g.IntN(20) == 0 {
			all[i] = tlsh.Digest{
				Header:   tlsh.Header{Length: uint8(30 + g.IntN(75)), Q1: uint8(g.IntN(16)), Q2: uint8(g.IntN(16))},
				Checksum: uint8(g.IntN(256)),
				Low:      [2]uint64{g.Uint64(), g.Uint64()}, High: [2]uint64{g.Uint64(), g.Uint64()},
			}
		} else {
			all[i] = g.variant(family)
		}
		if i%2 == 1 {
			family = all[i]
		}
	}
	return all
}

func (g generator) variant(d tlsh.Digest) tlsh.Digest {
	for range g.IntN(20) {
		d.Low[g.IntN(2)] ^= 1 << g.IntN(64)
		d.High[g.IntN(2)] ^= 1 << g.IntN(64)
	}
	d.Checksum = uint8(g.IntN(256))
	d.Length += uint8(g.IntN(2))
	d.Q1 = (d.Q1 + uint8(g.IntN(2))) & 0xf
	return d
}

// write writes digests, a line each.
func write[D any](path string, all []D, text func(*D) string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	for i := range all {
		fmtLine(out, text(&all[i]))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
