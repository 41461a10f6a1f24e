package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// The row file gives every engine the same bytes to read. A row is a byte of
// relation, the two values (a byte of kind, two of length, text), and first,
// last and count in four bytes each, all little-endian. peer/peer.h reads it.

func appendRow(dst []byte, o observation.Observation) []byte {
	dst = append(dst, byte(o.Relation))
	for _, v := range []observable.Value{o.Subject, o.Object} {
		dst = append(dst, byte(v.Kind()))
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(v.Text())))
		dst = append(dst, v.Text()...)
	}
	for _, n := range []int64{o.First.Unix(), o.Last.Unix(), int64(o.Count)} {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	}
	return dst
}

// writeRows writes n rows to a file.
func writeRows(path string, n int, row func(i int) observation.Observation) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	var buf []byte
	for i := range n {
		buf = appendRow(buf[:0], row(i))
		if _, err := out.Write(buf); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return errors.Join(out.Flush(), file.Close())
}

// readRows visits the rows of a file.
func readRows(path string, visit func(observation.Observation) error) error {
	file, err := os.Open(path) //nolint:gosec // a file this program wrote
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, 1<<20)
	r := rowReader{in: in}
	for {
		o, err := r.next()
		if errors.Is(err, io.EOF) {
			return file.Close()
		}
		if err == nil {
			err = visit(o)
		}
		if err != nil {
			return errors.Join(err, file.Close())
		}
	}
}

type rowReader struct {
	in  *bufio.Reader
	buf [1 << 16]byte
}

func (r *rowReader) next() (o observation.Observation, err error) {
	relation, err := r.in.ReadByte()
	if err != nil {
		return o, err
	}
	o.Relation, o.Source = observation.Relation(relation), "bench"
	if o.Subject, err = r.value(); err != nil {
		return o, err
	}
	if o.Object, err = r.value(); err != nil {
		return o, err
	}
	b := r.buf[:12]
	if _, err := io.ReadFull(r.in, b); err != nil {
		return o, fmt.Errorf("rows are cut short: %w", err)
	}
	o.First = time.Unix(int64(binary.LittleEndian.Uint32(b)), 0).UTC()
	o.Last = time.Unix(int64(binary.LittleEndian.Uint32(b[4:])), 0).UTC()
	o.Count = uint64(binary.LittleEndian.Uint32(b[8:]))
	return o, nil
}

func (r *rowReader) value() (observable.Value, error) {
	if _, err := io.ReadFull(r.in, r.buf[:3]); err != nil {
		return observable.Value{}, fmt.Errorf("rows are cut short: %w", err)
	}
	kind := observable.Kind(r.buf[0])
	text := r.buf[:binary.LittleEndian.Uint16(r.buf[1:])]
	if _, err := io.ReadFull(r.in, text); err != nil {
		return observable.Value{}, fmt.Errorf("rows are cut short: %w", err)
	}
	return observable.Stored(kind, string(text))
}
