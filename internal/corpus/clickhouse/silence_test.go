package clickhouse

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// pair is a connection that hears silence after most, and its other end.
func pair(t *testing.T, most time.Duration) (*heard, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // one came
	conn, err := Options{Silence: most}.dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), other.Close() })
	return conn.(*heard), other
}

// An answer that comes along is waited for, however long it takes in all; one that
// stops coming is not, nor is one that the other side does not take.
func TestSilence(t *testing.T) {
	const most = 500 * time.Millisecond
	h, other := pair(t, most)
	go func() {
		for range 8 {
			time.Sleep(most / 4)
			_, _ = other.Write([]byte{1}) // the test says what is missing
		}
	}()
	began := time.Now()
	for n := range 8 {
		if _, err := h.Read(make([]byte, 1)); err != nil {
			t.Fatalf("piece %d after %s: %v", n, time.Since(began), err)
		}
	}
	var silent *Silence
	if _, err := h.Read(make([]byte, 1)); !errors.As(err, &silent) || silent.Lasted != most {
		t.Errorf("nothing more came: %v", err)
	}
	if _, err := h.Write(make([]byte, 64<<20)); !errors.As(err, &silent) {
		t.Errorf("nobody takes it: %v", err)
	}
}

// A deadline of the driver's that is earlier counts, and is no silence.
func TestDeadlineBeforeSilence(t *testing.T) {
	h, _ := pair(t, time.Minute)
	if err := h.SetDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var silent *Silence
	if _, err := h.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &silent) {
		t.Errorf("%v", err)
	}
}
