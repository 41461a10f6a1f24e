// Package ctlog reads Certificate Transparency logs themselves: ranges of
// entries, as facts to import.
//
// A log cannot be asked about a name, so this is no connector: whoever follows a
// log reads it from where they stopped. Logs of RFC 6962 (get-entries) and of
// the static-ct API (tiles, https://c2sp.org/static-ct-api) are read alike.
//
// Visibility: the log sees which entries are fetched, and not what for.
// Gaps: signatures of tree heads and proofs of inclusion are not checked: what a
// log says of a certificate is in the certificate, signed by its issuer.
package ctlog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// A Log is one transparency log.
type Log struct {
	// URL is the log's address as the lists of browsers have it: that of
	// submissions for RFC 6962, the monitoring prefix for tiles.
	URL   string
	Tiled bool // it has the static-ct API
}

// Info gives the pace at which logs are read, for the client that asks them. It
// accepts no kind of value: nothing is asked about one.
func Info() source.Info {
	return source.Info{
		Name:    "ctlog",
		Title:   "Certificate Transparency logs",
		Accepts: []observable.Kind{},
		Answers: []observation.Relation{
			observation.Names, observation.SubjectDN, observation.IssuedBy, observation.Serial, observation.Key,
		},
		PAP:     marking.Amber,
		Every:   200 * time.Millisecond, // our choice: logs answer 429 when it is too much
		PerHost: true,
		Cost:    1,
	}
}

// An Entry is one certificate in a log.
type Entry struct {
	Index       uint64
	Logged      time.Time // when the log promised to hold it, UTC
	Precert     bool      // signed for the log only: its fingerprint is no server's
	Certificate record.Certificate
	Evidence    string // digest of the reply it was read from, as in an observation
}

// Observations returns the facts of the certificate, without a source. Of a
// precertificate the fingerprint is left out: it stands for the certificate
// issued after it, which has the same issuer and serial number.
func (e Entry) Observations() []observation.Observation {
	c := e.Certificate
	if e.Precert {
		c.SHA256, c.SHA1 = "", ""
	}
	facts := c.Observations()
	for i := range facts {
		facts[i].Evidence = e.Evidence
	}
	return facts
}

// Progress says how far a log was read.
type Progress struct {
	Next       uint64 // the entry to go on with
	Read       uint64 // entries given to the reader
	Unreadable uint64 // entries that hold no certificate we understand
}

// Size returns how many entries the log has.
func (l Log) Size(ctx context.Context, ask source.Asker) (uint64, error) {
	path, decode := "ct/v1/get-sth", decodeTreeHead
	if l.Tiled {
		path, decode = "checkpoint", decodeCheckpoint
	}
	reply, err := l.get(ctx, ask, path)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", l.URL, err)
	}
	size, err := decode(reply.Body)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", l.URL, err)
	}
	return size, nil
}

// Read gives the entries from first up to, and without, end to keep, in order.
// On an error, keep's included, the progress says where to go on; an entry that
// cannot be read costs itself.
func (l Log) Read(ctx context.Context, ask source.Asker, first, end uint64, keep func(Entry) error) (Progress, error) {
	progress := Progress{Next: first}
	size := end // of the log, as far as it matters: where its last tile ends
	if l.Tiled && first < end {
		var err error
		if size, err = l.Size(ctx, ask); err != nil {
			return progress, err
		}
	}
	for progress.Next < end {
		b, err := l.batch(ctx, ask, progress.Next, end, size)
		if err != nil {
			return progress, fmt.Errorf("entries of %s from %d: %w", l.URL, progress.Next, err)
		}
		for _, e := range b {
			if !e.ok {
				progress.Unreadable++
			} else if err := keep(e.Entry); err != nil {
				return progress, err
			} else {
				progress.Read++
			}
			progress.Next++
		}
	}
	return progress, nil
}

// get asks for one document of the log.
func (l Log) get(ctx context.Context, ask source.Asker, path string) (source.Reply, error) {
	if err := ctx.Err(); err != nil {
		return source.Reply{}, err
	}
	reply, err := ask.Ask(ctx, source.Request{Source: "ctlog", URL: strings.TrimSuffix(l.URL, "/") + "/" + path})
	if err != nil {
		return source.Reply{}, err
	}
	if reply.Status != http.StatusOK {
		return source.Reply{}, &source.StatusError{Status: reply.Status, RetryAfter: source.RetryAfter(reply)}
	}
	return reply, nil
}

// read is an entry of a batch; ok is false when it could not be understood.
type read struct {
	Entry
	ok bool
}

// batch reads at least one entry, the first of them next, none past end.
func (l Log) batch(ctx context.Context, ask source.Asker, next, end, size uint64) ([]read, error) {
	fetch := l.entriesFrom
	if l.Tiled {
		fetch = l.tileWith
	}
	leaves, reply, err := fetch(ctx, ask, next, end, size)
	if err != nil {
		return nil, err
	}
	if len(leaves) == 0 {
		return nil, fmt.Errorf("%w: no entries in it", source.ErrBadReply)
	}
	leaves = leaves[:min(uint64(len(leaves)), end-next)]
	out := make([]read, 0, len(leaves))
	for i, lf := range leaves {
		c, ok := lf.certificate()
		c.Seen = reply.At
		out = append(out, read{Entry{
			Index: next + uint64(i), Logged: lf.logged, Precert: lf.precert, Certificate: c, Evidence: reply.Evidence(),
		}, ok})
	}
	return out, nil
}

// entriesFrom asks a log of RFC 6962 for entries from next on: as many as it likes.
func (l Log) entriesFrom(ctx context.Context, ask source.Asker, next, end, _ uint64) ([]leaf, source.Reply, error) {
	last := min(end, next+batchSize) - 1
	reply, err := l.get(ctx, ask, fmt.Sprintf("ct/v1/get-entries?start=%d&end=%d", next, last))
	if err != nil {
		return nil, reply, err
	}
	leaves, err := decodeEntries(reply)
	return leaves, reply, err
}

// tileWith asks a log of size entries for the rest of the tile that holds next.
// A tile that was not full is gone once it is.
func (l Log) tileWith(ctx context.Context, ask source.Asker, next, _, size uint64) ([]leaf, source.Reply, error) {
	if next >= size {
		return nil, source.Reply{}, fmt.Errorf("%w: the log has %d entries", source.ErrBadReply, size)
	}
	tile, skip := next/tileWidth, next%tileWidth
	width := min(tileWidth, size-tile*tileWidth)
	reply, err := l.get(ctx, ask, tilePath(tile, width))
	var status *source.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound && width < tileWidth {
		reply, err = l.get(ctx, ask, tilePath(tile, tileWidth))
	}
	if err != nil {
		return nil, reply, err
	}
	leaves, err := decodeTile(reply.Body)
	return leaves[min(skip, uint64(len(leaves))):], reply, err
}
