package investigation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync/atomic"
	"time"

	"clew/internal/ingest"
)

// An input is a file as it is stored, counted and digested while it is read.
// Reading fails when the import is cancelled: some kilobytes of an archive may
// unpack to more than anybody waits for.
type input struct {
	ctx  context.Context // of the import
	from io.Reader
	sum  hash.Hash
	read atomic.Uint64 // progress is told from another goroutine
}

func newInput(ctx context.Context, from io.Reader) *input {
	return &input{ctx: ctx, from: from, sum: sha256.New()}
}

func (i *input) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := i.from.Read(p)
	i.sum.Write(p[:n])
	i.read.Add(uint64(n))
	return n, err
}

// digest reads what no decoder wanted, and returns the digest of the whole.
func (i *input) digest() (string, error) {
	_, err := io.Copy(io.Discard, i)
	return "sha256:" + hex.EncodeToString(i.sum.Sum(nil)), err
}

// versioned is a format whose name does not say all of how it reads.
type versioned interface{ Version() string }

// formatLabel names a format and what else decides how it reads.
func formatLabel(format ingest.Format, asOf time.Time) string {
	label := format.Name()
	if v, ok := format.(versioned); ok {
		label += " " + v.Version()
	}
	if !asOf.IsZero() {
		label += " as of " + asOf.UTC().Format(time.RFC3339)
	}
	return label
}

// importID names what was read and how: the same bytes under the same format are
// the same import, whatever the file is called.
func importID(how, digest string) string {
	sum := sha256.Sum256([]byte(how + "\n" + digest))
	return hex.EncodeToString(sum[:6])
}
