// Package evtx reads Windows event logs as they lie on disk and writes each event
// as the XML that Windows shows, which the reader of XML events takes apart.
//
// Format: "Windows XML Event Log (EVTX)", Joachim Metz, and [MS-EVEN6] section
// 2.2 for the binary XML. Chunks are read one by one; a damaged one costs its own
// events only.
package evtx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"clew/internal/telemetry/logfile"
)

const (
	headerSize      = 4096
	chunkSize       = 64 << 10
	chunkHeaderSize = 512
	recordHead      = 24
	freeSpace       = 48 // in the header of a chunk: the offset behind the last event
)

// Is reports whether a file that begins with head is an event log.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte("ElfFile\x00")) }

// ErrDamaged means that parts of the log could not be read; the message says how
// many.
var ErrDamaged = errors.New("damaged event log")

// Blocks reads a log and hands on one block a chunk: the events as XML. Offsets
// are those of the records in the file; there are no lines.
func Blocks(r *bufio.Reader, each func(logfile.Block) error) error {
	if _, err := io.CopyN(io.Discard, r, headerSize); err != nil {
		return fmt.Errorf("%w: it ends within its header", ErrDamaged)
	}
	buf := make([]byte, chunkSize)
	lost := 0
	for offset := int64(headerSize); ; offset += chunkSize {
		n, err := io.ReadFull(r, buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		b, bad := chunkBlock(buf[:n], offset)
		lost += bad
		if len(b.Records) > 0 {
			if err := each(b); err != nil {
				return err
			}
		}
		if err != nil { // a log that is being written, or was cut off
			break
		}
	}
	if lost > 0 {
		return fmt.Errorf("%w: in %d places events could not be read, the others were searched", ErrDamaged, lost)
	}
	return nil
}

// chunkBlock writes the events of one chunk.
func chunkBlock(chunk []byte, offset int64) (b logfile.Block, lost int) {
	b.Offset = offset
	if bytes.Count(chunk, []byte{0}) == len(chunk) {
		return b, 0 // unused space, zeroed by Windows
	}
	if !bytes.HasPrefix(chunk, []byte("ElfChnk\x00")) || len(chunk) < chunkHeaderSize {
		return b, 1
	}
	// Where events end, as the chunk says; one that was not closed has more of them.
	end := int(min(binary.LittleEndian.Uint32(chunk[freeSpace:]), chunkSize))
	at := chunkHeaderSize
	for at+recordHead < len(chunk) {
		if binary.LittleEndian.Uint32(chunk[at:]) != 0x00002a2a {
			break
		}
		size := int(binary.LittleEndian.Uint32(chunk[at+4:]))
		if size < recordHead+4 || at+size > len(chunk) {
			end = len(chunk) // cut off within it
			break
		}
		start := len(b.Text)
		text, err := event(chunk, at+recordHead, at+size-4, b.Text)
		if err != nil {
			lost++
		}
		if len(text) > start {
			b.Text = append(text, '\n')
			b.Records = append(b.Records, logfile.Start{At: start, Offset: offset + int64(at)})
		}
		at += size
	}
	if at < end {
		lost++ // how many there were, nobody can say
	}
	b.Lines = int64(len(b.Records))
	return b, lost
}
