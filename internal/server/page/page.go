// Package page holds the built page, whose source is in web/, and serves it.
package page

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// built is what `make page` puts into dist. A binary built without it has only
// the note that says how to come by it.
//
//go:embed all:dist
var built embed.FS

// smallest is the size in bytes from which compressing pays.
const smallest = 1 << 10

// A file is ready to be sent, plain and compressed.
type file struct {
	kind          string
	plain, zipped []byte
}

// Handler serves the page. Names below assets/ hold a digest of what they name
// and may be kept for ever. What is not a file of the page goes to next.
func Handler(next http.Handler) (http.Handler, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, err
	}
	return handler(dist, next)
}

func handler(dist fs.FS, next http.Handler) (http.Handler, error) {
	files := map[string]file{}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		files["/"+name], err = ready(name, content)
		return err
	})
	if err != nil {
		return nil, err
	}
	if index, ok := files["/index.html"]; ok {
		files["/"] = index
	} else {
		files["/"] = file{kind: "text/plain; charset=utf-8", plain: []byte(notBuilt)}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		f.serve(w, r)
	}), nil
}

// notBuilt is what / answers without the page.
const notBuilt = "This clew was built without its page: run `make build` (it needs Node.js 20.19 or newer).\n" +
	"The API works: /api describes it.\n"

func ready(name string, content []byte) (file, error) {
	f := file{kind: mime.TypeByExtension(path.Ext(name)), plain: content}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	if len(content) < smallest {
		return f, nil
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := z.Write(content); err != nil {
		return f, err
	}
	if err := z.Close(); err != nil {
		return f, err
	}
	if out.Len() < len(content) {
		f.zipped = out.Bytes()
	}
	return f, nil
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	content := f.plain
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Vary", "Accept-Encoding")
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		content = f.zipped
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
