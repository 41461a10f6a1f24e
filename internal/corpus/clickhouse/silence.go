package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// DefaultSilence is how long a server may say nothing, and take nothing, in the middle
// of a question. It is not how long a question may take: while it reads, the server
// tells of its progress ten times a second (interactive_delay). It does not while it
// merges and sorts in the end what it read, nor while it writes what was inserted.
const DefaultSilence = time.Minute

// longestAnswer is the driver's own bound, for a whole answer: one that comes along is
// waited for.
const longestAnswer = 24 * time.Hour

// A Silence means that the server, or the network to it, fell silent.
type Silence struct {
	Lasted time.Duration
	err    error
}

func (s *Silence) Error() string { return fmt.Sprintf("silent for %s: %v", s.Lasted, s.err) }

func (s *Silence) Unwrap() error { return s.err }

// dial connects to a server whose silence is noticed.
func (o Options) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	conn, ok := raw.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: not reached over TCP", address), raw.Close())
	}
	quiet := &heard{TCPConn: conn, most: o.Silence}
	if !o.TLS {
		return quiet, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if err := o.Files.Into(config); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	secure := tls.Client(quiet, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return secure, nil
}

// heard is a connection on which each piece has to come, and go, within a bound, and
// by the deadline that the driver sets where that is earlier. The TCP connection is
// visible, because the driver looks at it before it uses it again.
type heard struct {
	*net.TCPConn
	most time.Duration

	mu             sync.Mutex
	readBy, sentBy time.Time // guarded by mu; the driver's, zero for none
}

// Read implements [net.Conn].
func (h *heard) Read(p []byte) (int, error) {
	return h.bounded(p, &h.readBy, h.TCPConn.SetReadDeadline, h.TCPConn.Read)
}

// piece is how much is sent within one bound, in bytes: what takes a while on a slow
// line is no silence.
const piece = 64 << 10

// Write implements [net.Conn].
func (h *heard) Write(p []byte) (sent int, err error) {
	for part := range slices.Chunk(p, piece) {
		n, err := h.bounded(part, &h.sentBy, h.TCPConn.SetWriteDeadline, h.TCPConn.Write)
		if sent += n; err != nil {
			return sent, err
		}
	}
	return sent, nil
}

func (h *heard) bounded(p []byte, deadline *time.Time, set func(time.Time) error, do func([]byte) (int, error)) (int, error) {
	h.mu.Lock()
	by, ours := h.within(*deadline)
	h.mu.Unlock()
	if err := set(by); err != nil {
		return 0, err
	}
	n, err := do(p)
	if ours && errors.Is(err, os.ErrDeadlineExceeded) {
		err = &Silence{h.most, err}
	}
	return n, err
}

// within is a deadline no later than the bound; ours is whether it is the bound.
func (h *heard) within(deadline time.Time) (by time.Time, ours bool) {
	by = time.Now().Add(h.most)
	if !deadline.IsZero() && deadline.Before(by) {
		return deadline, false
	}
	return by, true
}

// SetDeadline implements [net.Conn].
func (h *heard) SetDeadline(t time.Time) error {
	return errors.Join(h.SetReadDeadline(t), h.SetWriteDeadline(t))
}

// SetReadDeadline implements [net.Conn], also for what waits already.
func (h *heard) SetReadDeadline(t time.Time) error {
	return h.limit(&h.readBy, t, h.TCPConn.SetReadDeadline)
}

// SetWriteDeadline implements [net.Conn], also for what waits already.
func (h *heard) SetWriteDeadline(t time.Time) error {
	return h.limit(&h.sentBy, t, h.TCPConn.SetWriteDeadline)
}

func (h *heard) limit(deadline *time.Time, t time.Time, set func(time.Time) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	*deadline = t
	by, _ := h.within(t)
	return set(by)
}
