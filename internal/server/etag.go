package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// writeWithin bounds how long a client may take to read an answer, or each piece
// of one that is sent while it is written.
const writeWithin = time.Minute

// tagged gives every good answer to a GET an ETag over its bytes, and those who
// have it already 304. What has one, and streams, pass through as they come.
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		held := &heldAnswer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(held, r)
		held.send(r)
	})
}

// heldAnswer keeps an answer until it is whole.
type heldAnswer struct {
	http.ResponseWriter
	status  int
	decided bool
	passing bool // through as it comes
	paced   bool // each piece of it has its time
	body    bytes.Buffer
}

func (h *heldAnswer) WriteHeader(status int) {
	if h.decided {
		return
	}
	h.decided, h.status = true, status
	// What is large says how large, and is written to a file already; what follows
	// from the state of a case has its tag. A stream has times of its own.
	h.paced = h.Header().Get("Content-Length") != "" || h.Header().Get("ETag") != ""
	if h.passing = h.paced || strings.HasPrefix(h.Header().Get("Content-Type"), "text/event-stream"); h.passing {
		h.ResponseWriter.WriteHeader(status)
	}
}

func (h *heldAnswer) Write(p []byte) (int, error) {
	h.WriteHeader(h.status)
	if h.paced {
		h.mayTake(writeWithin)
	}
	if h.passing {
		return h.ResponseWriter.Write(p)
	}
	return h.body.Write(p)
}

// Flush implements http.Flusher for streams; anything else goes out whole.
func (h *heldAnswer) Flush() {
	if h.passing {
		_ = http.NewResponseController(h.ResponseWriter).Flush() // a client that is gone ends the request
	}
}

// mayTake gives the client time to read what is written next.
func (h *heldAnswer) mayTake(within time.Duration) {
	_ = http.NewResponseController(h.ResponseWriter).SetWriteDeadline(time.Now().Add(within)) // a recorder in a test has none
}

// Unwrap lets deadlines be set on the connection.
func (h *heldAnswer) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *heldAnswer) send(r *http.Request) {
	if h.passing {
		return
	}
	h.mayTake(writeWithin)
	if h.status == http.StatusOK {
		sum := sha256.Sum256(h.body.Bytes())
		tag := `"` + hex.EncodeToString(sum[:16]) + `"`
		h.Header().Set("ETag", tag)
		if holds(r.Header.Values("If-None-Match"), tag) {
			h.Header().Del("Content-Type")
			h.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.ResponseWriter.WriteHeader(h.status)
	_, _ = h.ResponseWriter.Write(h.body.Bytes()) // the client may be gone
}

// holds reports whether an If-None-Match names the tag; weak ones match too
// (RFC 9110, 13.1.2).
func holds(given []string, tag string) bool {
	for _, line := range given {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}
