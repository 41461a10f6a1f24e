// Package feed serves exports over HTTP, for firewalls and others that fetch
// lists by themselves (external dynamic lists).
package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"clew/internal/export"
)

// ErrNoList means that there is no list of that name.
var ErrNoList = errors.New("no such list")

// A List is what one list holds at the moment.
type List struct {
	Content []byte
	Type    string // media type
	Changed time.Time
	TLP     string // the strictest marking of what is in it; "" when nothing is
	// Withheld counts the cases that are marked stricter than those who fetch.
	Withheld int
}

// Lists gives a list by the name of its format. It is asked on every request,
// so that what expired or was revoked is gone at once.
type Lists interface {
	List(ctx context.Context, name string) (List, error)
}

// Of renders one format of a set as a list.
func Of(f export.Format, s export.Set) (List, error) {
	if f.Write == nil {
		return List{}, ErrNoList // a folder is no list
	}
	var out bytes.Buffer
	if err := f.Write(&out, s); err != nil {
		return List{}, err
	}
	return List{Content: out.Bytes(), Type: f.Media(), Changed: s.Version, TLP: string(s.TLP)}, nil
}

// Handler serves GET /NAME. An ETag over the content answers those that have it
// already with 304; authorisation is for whoever wraps it.
func Handler(lists Lists) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		list, err := lists.List(r.Context(), r.PathValue("name"))
		switch {
		case errors.Is(err, ErrNoList):
			http.Error(w, "no such list", http.StatusNotFound)
			return
		case err != nil:
			// An empty list would open what was blocked: the client keeps its last one.
			http.Error(w, "the list cannot be made at the moment; keep the last one", http.StatusServiceUnavailable)
			return
		}
		sum := sha256.Sum256(list.Content)
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
		w.Header().Set("Content-Type", list.Type)
		w.Header().Set("Cache-Control", "no-cache") // keep it, ask each time
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if list.TLP != "" {
			w.Header().Set("X-Clew-TLP", list.TLP)
		}
		w.Header().Set("X-Clew-Cases-Withheld", strconv.Itoa(list.Withheld))
		http.ServeContent(w, r, "", list.Changed, bytes.NewReader(list.Content))
	})
	return mux
}
