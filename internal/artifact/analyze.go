package artifact

import (
	"context"
	"crypto/md5"  //nolint:gosec // files are known by it
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"clew/internal/artifact/embedded"
	"clew/internal/artifact/view"
	"clew/internal/fuzzy/ssdeep"
	"clew/internal/fuzzy/tlsh"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Lists say which values mean nothing.
type Lists interface {
	Suppressed(relation observation.Relation, value observable.Value) (reason string, ok bool)
	Benign(v observable.Value) (reason string, ok bool)
}

// Limits bound what one file on disk may cost.
type Limits struct {
	Depth   int   // archives within archives; 0 means DefaultDepth
	Unpack  int64 // bytes out of all archives in it; 0 means DefaultUnpack
	Members int   // files in all archives in it; 0 means DefaultMembers
}

// Defaults of Limits.
const (
	DefaultDepth   = 4
	DefaultUnpack  = 2 << 30
	DefaultMembers = 10_000
)

// Passwords are tried on every encrypted archive: none, and the one that
// samples are passed around with.
var Passwords = []string{"", "infected"}

// An Analyzer looks into files.
type Analyzer struct {
	Lists     Lists // nil judges nothing
	Limits    Limits
	Passwords []string  // nil means Passwords
	Now       time.Time // when signatures without a time stamp are judged
}

func (a *Analyzer) passwords() []string {
	if a.Passwords != nil {
		return a.Passwords
	}
	return Passwords
}

// hashing computes every digest and finds every string in one pass.
type hashing struct {
	md5, sha1, sha256 hash.Hash
	ssdeep            *ssdeep.Hasher
	tlsh              *tlsh.Hasher
	strings           *embedded.Scanner // nil for text, which is read as text
}

// digest reads v once, however long it is.
func (a *Analyzer) digest(ctx context.Context, v view.View, f *File, scan bool) ([]embedded.Found, error) {
	h := hashing{md5: md5.New(), sha1: sha1.New(), sha256: sha256.New(), ssdeep: ssdeep.New(), tlsh: tlsh.New()} //nolint:gosec // see above
	out := []io.Writer{h.md5, h.sha1, h.sha256, h.ssdeep, h.tlsh}
	if scan {
		h.strings = embedded.NewScanner()
		out = append(out, h.strings)
	}
	buffer := make([]byte, 256<<10)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(out...)}, struct{ io.Reader }{withContext(ctx, v.Reader())}, buffer)
	if err != nil {
		return nil, err
	}
	f.Size = n
	f.MD5, f.SHA1, f.SHA256 = hex.EncodeToString(h.md5.Sum(nil)), hex.EncodeToString(h.sha1.Sum(nil)), hex.EncodeToString(h.sha256.Sum(nil))
	f.Ssdeep, _ = h.ssdeep.Sum() // none for what is too large for it
	f.TLSH, _ = h.tlsh.Sum()     // none for what is too small or uniform
	if !scan {
		return nil, nil
	}
	found := h.strings.Found()
	if h.strings.Cut {
		f.problem("more embedded indicators than are kept")
	}
	return found, nil
}

// withContext ends a read when ctx does.
func withContext(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// analyze looks into one file, without what is in it.
func (a *Analyzer) analyze(ctx context.Context, v view.View, path, inside string) (*File, error) {
	f := &File{
		Path: path, Inside: inside, Type: typeOf(v), Signers: []Signer{}, Artifacts: []Artifact{}, Contains: []Member{},
		Properties: []Property{}, Problems: []string{},
	}
	found, err := a.digest(ctx, v, f, f.scanned())
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		a.found(f, s.Value, string(s.Encoding), s.Offset)
	}
	a.guarded(f, func() { a.parse(v, f) })
	f.sort()
	return f, nil
}

// guarded keeps one file from ending the run: what a parser did not foresee is
// a problem of that file. The fuzz targets run the parsers without this net.
func (a *Analyzer) guarded(f *File, parse func()) {
	defer func() {
		if r := recover(); r != nil {
			f.problem(fmt.Sprintf("its parser gave up: %v", r))
		}
	}()
	parse()
}

// scanned reports whether strings are looked for byte by byte. Text is read as
// text, and packed files have no strings before they are unpacked.
func (f *File) scanned() bool {
	switch f.Type {
	case TypeText, TypeScript, TypeHTML, TypeRTF, TypePDF, TypeOOXML, TypeODF, TypeEmpty:
		return false
	}
	return !slices.Contains(containers, f.Type)
}

func (f *File) problem(text string) {
	const most = 50
	if len(f.Problems) < most && !slices.Contains(f.Problems, text) {
		f.Problems = append(f.Problems, text)
	}
}

func (f *File) property(name, value string) {
	if p := (Property{name, value}); value != "" && !slices.Contains(f.Properties, p) {
		f.Properties = append(f.Properties, p)
	}
}

// found notes an indicator once, where it was seen first.
func (a *Analyzer) found(f *File, v observable.Value, where string, offset int64) {
	const most = 5000
	kind := v.Kind().String()
	if len(f.Artifacts) >= most {
		f.problem("more embedded indicators than are kept")
		return
	}
	if slices.ContainsFunc(f.Artifacts, func(known Artifact) bool { return known.Value == v.Text() && known.Kind == kind }) {
		return
	}
	f.Artifacts = append(f.Artifacts, Artifact{Kind: kind, Value: v.Text(), Where: where, Offset: offset, Suppress: a.noise(v)})
}

// noise says why an indicator in a file means nothing, "" when it may.
func (a *Analyzer) noise(v observable.Value) string {
	if reason, ok := observable.Special(v); ok && observable.IsLocal(v) {
		return reason
	}
	if a.Lists == nil {
		return ""
	}
	relation := relationOf(v.Kind())
	if reason, ok := a.Lists.Suppressed(relation, v); ok {
		return reason
	}
	values := []observable.Value{v}
	if host, ok := observable.Host(v); ok && (v.Kind() == observable.URL || v.Kind() == observable.Email) {
		values = append(values, host)
	}
	for _, value := range values {
		if reason, ok := a.Lists.Benign(value); ok {
			return reason
		}
	}
	return ""
}

// sort puts everything into one order: the same file gives the same bytes.
func (f *File) sort() {
	slices.SortFunc(f.Artifacts, func(a, b Artifact) int {
		return compareText(a.Kind, b.Kind, a.Value, b.Value)
	})
	slices.SortFunc(f.Properties, func(a, b Property) int { return compareText(a.Name, b.Name, a.Value, b.Value) })
}
