package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The logs look like those of Zeek: connections, DNS, HTTP and TLS, in the
// shares that an office network has. Names are reserved ones; addresses come from
// 10.0.0.0/8 inside and 240.0.0.0/4 outside, which nobody owns.
const logFiles = 8

var syllables = strings.Fields("ba be bi bo da de di do fa fi fo ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo za zen ber lin ster mann tech soft net pay bank cloud")

// source draws the values that logs and indicators consist of.
type source struct {
	*rand.Rand
	popular *rand.Zipf
}

// places is how many names and how many addresses there are. Few of them are in
// most lines, as in real networks, and most in few.
const places = 2_000_000

func newSource(seed uint64) source {
	r := rand.New(rand.NewPCG(seed, 42)) //nolint:gosec // the same every time, on purpose
	return source{r, rand.NewZipf(r, 1.1, 8, places-1)}
}

// place returns the randomness of one of the places, the same every time.
func (r source) place(purpose uint64) source { return placeAt(r.popular.Uint64(), purpose) }

func placeAt(number, purpose uint64) source {
	return source{Rand: rand.New(rand.NewPCG(number, purpose))} //nolint:gosec // the same every time, on purpose
}

func (r source) name(b []byte) []byte {
	for range 2 + r.IntN(3) {
		b = append(b, syllables[r.IntN(len(syllables))]...)
	}
	if r.IntN(4) == 0 {
		b = strconv.AppendInt(b, int64(r.IntN(100)), 10)
	}
	return append(b, [...]string{".example", ".test", ".com.example", ".net.test"}[r.IntN(4)]...)
}

func (r source) host(b []byte) []byte {
	if r.IntN(3) > 0 {
		b = append(b, [...]string{"www.", "api.", "cdn.", "mail.", "a.b.", "static3.img."}[r.IntN(6)]...)
	}
	return r.name(b)
}

func (r source) outside(b []byte) []byte {
	v := r.Uint32()
	return appendAddr(b, 240|byte(v>>24)&15, byte(v>>16), byte(v>>8), byte(v))
}

func (r source) inside(b []byte) []byte {
	return appendAddr(b, 10, 1, byte(r.IntN(16)), byte(r.IntN(254)+1))
}

func appendAddr(b []byte, octets ...byte) []byte {
	for i, o := range octets {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(o), 10)
	}
	return b
}

func (r source) digest(b []byte, octets int) []byte {
	const digits = "0123456789abcdef"
	for range 2 * octets {
		b = append(b, digits[r.IntN(16)])
	}
	return b
}

func (r source) uid(b []byte) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b = append(b, 'C')
	for range 17 {
		b = append(b, letters[r.IntN(len(letters))])
	}
	return b
}

// line appends one line of a log.
func (r source) line(b []byte, at float64) []byte {
	tab := func() { b = append(b, '\t') }
	b = strconv.AppendFloat(b, at, 'f', 6, 64)
	tab()
	b = r.uid(b)
	tab()
	b = r.inside(b)
	tab()
	b = strconv.AppendInt(b, int64(1024+r.IntN(60000)), 10)
	tab()
	kind := r.IntN(10)
	if kind < 3 {
		b = r.inside(b)
	} else {
		b = r.place(2).outside(b)
	}
	tab()
	switch {
	case kind < 3:
		b = append(b, "53\tudp\t"...)
		b = strconv.AppendInt(b, int64(r.IntN(65536)), 10)
		b = append(b, "\t0.0"...)
		b = strconv.AppendInt(b, int64(r.IntN(99999)), 10)
		tab()
		b = r.place(1).host(b)
		b = append(b, "\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\t"...)
		b = r.place(2).outside(b)
		b = append(b, "\t300.000000\tF"...)
	case kind < 5:
		b = append(b, "80\t1\tGET\t"...)
		b = r.place(1).host(b)
		b = append(b, "\t/assets/"...)
		b = r.uid(b)
		b = append(b, ".js?v=1.2."...)
		b = strconv.AppendInt(b, int64(r.IntN(99)), 10)
		b = append(b, "\thttp://"...)
		b = r.place(1).host(b)
		b = append(b, "/\t1.1\tMozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\t-\t0\t"...)
		b = strconv.AppendInt(b, int64(r.IntN(200000)), 10)
		b = append(b, "\t200\tOK\t-\t-\t(empty)\t-\t-\t-"...)
	case kind < 7:
		b = append(b, "443\tTLSv12\tTLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\tx25519\t"...)
		b = r.place(1).host(b)
		b = append(b, "\tF\t-\th2\tT\t"...)
		b = r.place(3).digest(b, 16)
		tab()
		b = r.place(4).digest(b, 20)
		b = append(b, "\tCN="...)
		b = r.place(1).name(b)
	default:
		b = append(b, "443\ttcp\tssl\t"...)
		b = strconv.AppendFloat(b, r.Float64()*100, 'f', 6, 64)
		for range 2 {
			tab()
			b = strconv.AppendInt(b, int64(r.IntN(1000000)), 10)
		}
		b = append(b, "\tSF\tT\tF\t0\tShADadFf\t"...)
		for range 4 {
			b = strconv.AppendInt(b, int64(r.IntN(10000)), 10)
			tab()
		}
		b = append(b, '-')
	}
	return append(b, '\n')
}

// generateLogs writes logs of size bytes in all and returns their paths.
func generateLogs(dir string, size int64) (paths []string, err error) {
	for i := range logFiles {
		path := filepath.Join(dir, fmt.Sprintf("zeek.%02d.log", i))
		paths = append(paths, path)
		if info, err := os.Stat(path); err == nil && info.Size() >= size/logFiles {
			continue
		}
		if err := generateLog(path, uint64(i), size/logFiles); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func generateLog(path string, seed uint64, size int64) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	r := newSource(100 + seed)
	var line []byte
	at := 1.7e9
	for written := int64(0); written < size; written += int64(len(line)) {
		at += r.Float64() / 50
		line = r.line(line[:0], at)
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// generateIndicators writes a list: half names, a third addresses, the rest
// digests. The names and addresses are some that exist, and nearly all of those
// are rare.
func generateIndicators(path string, count int) error {
	var b []byte
	r := newSource(uint64(count))
	seen := make(map[string]bool, count)
	for len(seen) < count {
		var v []byte
		switch i := len(seen) % 6; {
		case i < 3:
			v = placeAt(r.Uint64N(places), 1).host(nil)
			v = bytes.TrimPrefix(v, []byte("www."))
			if r.IntN(3) > 0 { // most indicators are in nobody's log
				v = append(r.digest(nil, 2), v...)
			}
		case i < 5:
			v = placeAt(r.Uint64N(places), 2).outside(nil)
		default:
			v = r.digest(nil, 16)
		}
		if !seen[string(v)] {
			seen[string(v)] = true
			b = append(append(b, v...), '\n')
		}
	}
	return os.WriteFile(path, b, 0o600)
}
