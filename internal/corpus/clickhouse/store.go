// Package clickhouse is the corpus beyond one machine: tables of a ClickHouse
// server or cluster, sorted once by subject and once by object, filled and read
// over the native protocol. Any number of processes use one at a time.
//
// What was acknowledged is on the server. A load is visible as a whole or not at
// all, because rows count only while the register of imports lists theirs as
// committed. A Put that the server died in may be findable from one end only;
// put again, it is counted twice where it had arrived.
package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"clew/internal/corpus"
	"clew/internal/database/clientcert"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

const (
	dialTimeout = 10 * time.Second
	// maxConnections are those of a process; one reader has some of them at once.
	maxConnections = 16
	readAtOnce     = 8
	// spillBytes is from where on the server sorts and groups on its disk.
	spillBytes = 1 << 30
	// randomBits are the low bits of an import's number; those above are milliseconds.
	randomBits = 20
)

var errClosed = errors.New("corpus is closed")

// A Store is a corpus on a server. It is safe for concurrent use.
type Store struct {
	opts  Options
	conn  driver.Conn
	local string // suffix of the tables that this server keeps itself

	alive  sync.RWMutex // held for reading during every call, for writing by Close
	closed bool         // guarded by alive

	committing sync.Mutex    // so that of two loads of one ID in this process one waits
	sequence   atomic.Uint64 // of what was written last; orders what has the same date
}

var (
	_ corpus.Store  = (*Store)(nil)
	_ corpus.Remote = (*Store)(nil)
)

// Open connects and, unless opts says ReadOnly, makes the tables where there are none
// and brings earlier ones forward. Later ones are [ErrNewer].
func Open(ctx context.Context, opts Options) (*Store, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.Silence == 0 {
		opts.Silence = DefaultSilence
	}
	settings := &clickhouse.Options{
		Addr:         opts.Addresses,
		Auth:         clickhouse.Auth{Database: "default", Username: opts.User, Password: opts.Password},
		Compression:  &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
		DialTimeout:  dialTimeout,
		DialContext:  opts.dial,
		ReadTimeout:  longestAnswer,
		MaxOpenConns: maxConnections,
		MaxIdleConns: readAtOnce,
		Settings: clickhouse.Settings{
			"insert_distributed_sync":            1, // acknowledged is on its shard
			"max_bytes_before_external_group_by": spillBytes,
			"max_bytes_before_external_sort":     spillBytes,
		},
	}
	conn, err := clickhouse.Open(settings)
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w", opts, err)
	}
	s := &Store{opts: opts, conn: conn}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(s.explain(ctx, err), conn.Close())
	}
	return s, nil
}

// prepare looks at what the tables are, and makes or brings forward what is missing.
func (s *Store) prepare(ctx context.Context) error {
	found, err := s.stands(ctx)
	if err == nil && !s.opts.ReadOnly && (found.version < newest || s.opts.Remake) {
		if err = s.forward(ctx); err == nil {
			found, err = s.stands(ctx)
		}
	}
	switch {
	case err != nil:
		return err
	case found.engine == "":
		return fmt.Errorf("there is no corpus in it: clew corpus init %s makes one", s.opts)
	case found.engine == "Distributed":
		s.local = localSuffix
	case s.opts.Cluster != "":
		return fmt.Errorf("it is the corpus of one server, not of the cluster %s: leave the cluster out, or choose another database", s.opts.Cluster)
	}
	return nil
}

// AtOnce implements [corpus.Remote].
func (s *Store) AtOnce() int { return readAtOnce }

// Close closes the connections.
func (s *Store) Close() error {
	s.alive.Lock()
	defer s.alive.Unlock()
	if s.closed {
		return errClosed
	}
	s.closed = true
	return s.conn.Close()
}

// enter begins a call; done ends it.
func (s *Store) enter(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.alive.RLock()
	if s.closed {
		s.alive.RUnlock()
		return nil, errClosed
	}
	return s.alive.RUnlock, nil
}

// within runs a call.
func (s *Store) within(ctx context.Context, call func() error) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.explain(ctx, call())
}

// explain adds where it happened; a cancelled call says that it was cancelled,
// whatever the driver made of it.
func (s *Store) explain(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, corpus.ErrImported), errors.Is(err, corpus.ErrNoImport):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	var silent *Silence
	switch {
	case errors.As(err, &silent):
		return fmt.Errorf("%w: %s: the ClickHouse server said nothing for %s in the middle of a question: it hangs, or the network to it does; what was acknowledged is safe there (%w)", corpus.ErrUnreachable, s.opts, silent.Lasted, err)
	case clientcert.Refused(err):
		return fmt.Errorf("%w: %s: you and the ClickHouse server do not believe each other's certificates: check sslrootcert, sslcert and sslkey in the URL, and who signed the server's (%w)", corpus.ErrUnreachable, s.opts, err)
	case notAllowed(err):
		return fmt.Errorf("%w: %s: make its tables, bring them forward and sweep them as a user who may (clew corpus init, clew corpus compact) (%w)", corpus.ErrForbidden, s.opts, err)
	case unreachable(err):
		return fmt.Errorf("%w: %s: the ClickHouse server cannot be reached: start it, or check the address; what was acknowledged is safe there (%w)", corpus.ErrUnreachable, s.opts, err)
	}
	return fmt.Errorf("corpus %s: %w", s.opts, err)
}

// unreachable reports whether the connection failed, not what was asked.
func unreachable(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// name returns a table with its database.
func (s *Store) name(table string) string { return s.opts.Database + "." + table }

// query visits the rows of an answer. Where visit fails the server is told to
// stop, so that nobody waits for the rest.
func (s *Store) query(ctx context.Context, sql string, visit func(driver.Rows) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := s.conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := visit(rows); err != nil {
			cancel()
			_ = rows.Close() // err says more
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// insert writes one block; columns are slices in the order of names. The names
// are no ornament: servers of 2018 describe a table to the driver only with them.
func (s *Store) insert(ctx context.Context, table, names string, columns ...any) error {
	batch, err := s.conn.PrepareBatch(ctx, fmt.Sprintf("INSERT INTO %s (%s)", s.name(table), names))
	if err != nil {
		return err
	}
	for i, column := range columns {
		if err := batch.Column(i).Append(column); err != nil {
			return errors.Join(err, batch.Abort())
		}
	}
	return batch.Send()
}

// number gives out the number of an import: milliseconds since 1970 and then
// random bits, so that clients that know nothing of each other differ.
func (s *Store) number() (uint64, error) {
	var random [4]byte
	if _, err := io.ReadFull(s.opts.Random, random[:]); err != nil {
		return 0, err
	}
	low := uint64(binary.BigEndian.Uint32(random[:])) & (1<<randomBits - 1)
	return uint64(s.opts.Clock().UnixMilli())<<randomBits | low, nil
}

// next gives out n numbers that rise with the clock, and returns the first.
func (s *Store) next(n int) uint64 {
	now := uint64(s.opts.Clock().UnixNano())
	for {
		last := s.sequence.Load()
		first := max(last+1, now)
		if s.sequence.CompareAndSwap(last, first+uint64(n)-1) {
			return first
		}
	}
}
