package ctlog

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/source"
)

// fakeLog is a log of n entries with both interfaces. Every third entry is a
// precertificate; entry broken, when above 0, holds no certificate.
type fakeLog struct {
	n, broken int
	page      int  // entries sent at once at most, over get-entries
	full      bool // no partial tiles are left
	der       []byte
	asked     []string
}

func newLog(t testing.TB, n int) *fakeLog {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xabc), Subject: pkix.Name{CommonName: "shop.example"}, DNSNames: []string{"shop.example"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &fakeLog{n: n, page: 1000, der: der}
}

func opaque(size int, b []byte) []byte {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(b)))
	return append(length[8-size:len(length):len(length)], b...)
}

// entry returns a TimestampedEntry, and the precertificate that goes with it.
func (f *fakeLog) entry(i int) (entry, pre []byte) {
	entry = binary.BigEndian.AppendUint64(entry, uint64(1767225600000+i))
	der := f.der
	if f.broken > 0 && i == f.broken {
		der = []byte("no certificate")
	}
	if i%3 != 0 {
		entry = append(binary.BigEndian.AppendUint16(entry, x509Entry), opaque(3, der)...)
		return append(entry, 0, 0), nil
	}
	entry = append(binary.BigEndian.AppendUint16(entry, precertEntry), make([]byte, 32)...)
	entry = append(entry, opaque(3, []byte("tbs"))...)
	return append(entry, 0, 0), opaque(3, der)
}

// Ask implements [source.Asker].
func (f *fakeLog) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return source.Reply{}, err
	}
	f.asked = append(f.asked, u.RequestURI())
	reply := source.Reply{Status: 200, At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	switch path := strings.TrimPrefix(u.Path, "/log/"); {
	case path == "ct/v1/get-sth":
		reply.Body = fmt.Appendf(nil, `{"tree_size":%d,"timestamp":1}`, f.n)
	case path == "checkpoint":
		reply.Body = fmt.Appendf(nil, "log.example/log\n%d\nAAAA\n\n- log.example AAAA\n", f.n)
	case path == "ct/v1/get-entries":
		start, _ := strconv.Atoi(u.Query().Get("start"))
		end, _ := strconv.Atoi(u.Query().Get("end"))
		reply.Body = f.entries(start, min(end+1, f.n, start+f.page))
	case strings.HasPrefix(path, "tile/data/") && (!f.full || !strings.Contains(path, ".p/")):
		reply.Body = f.tile(strings.TrimPrefix(path, "tile/data/"))
	default:
		reply.Status = 404
	}
	return reply, nil
}

func (f *fakeLog) entries(start, end int) []byte {
	list := []map[string]string{}
	for i := start; i < end; i++ {
		entry, pre := f.entry(i)
		list = append(list, map[string]string{
			"leaf_input": base64.StdEncoding.EncodeToString(append([]byte{0, 0}, entry...)),
			"extra_data": base64.StdEncoding.EncodeToString(append(pre, 0, 0, 0)),
		})
	}
	body, _ := json.Marshal(map[string]any{"entries": list})
	return body
}

func (f *fakeLog) tile(path string) (body []byte) {
	path, _, _ = strings.Cut(path, ".p/")
	index, _ := strconv.Atoi(strings.NewReplacer("x", "", "/", "").Replace(path))
	for i := index * tileWidth; i < min((index+1)*tileWidth, f.n); i++ {
		entry, pre := f.entry(i)
		body = append(append(append(body, entry...), pre...), opaque(2, make([]byte, 32))...)
	}
	return body
}

func collect(t *testing.T, l Log, f source.Asker, first, end uint64) (entries []Entry, p Progress) {
	t.Helper()
	p, err := l.Read(t.Context(), f, first, end, func(e Entry) error { entries = append(entries, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return entries, p
}

const address = "https://log.example/log/"

func TestBothInterfacesGiveTheSame(t *testing.T) {
	f := newLog(t, 600)
	f.page, f.broken = 100, 300
	old, oldProgress := collect(t, Log{URL: address}, f, 250, 590)
	tiled, tiledProgress := collect(t, Log{URL: address, Tiled: true}, f, 250, 590)
	want := Progress{Next: 590, Read: 339, Unreadable: 1}
	if oldProgress != want || tiledProgress != want {
		t.Errorf("progress %+v and %+v, want %+v", oldProgress, tiledProgress, want)
	}
	if len(old) != len(tiled) {
		t.Fatalf("%d entries by get-entries, %d by tiles", len(old), len(tiled))
	}
	for i := range old {
		old[i].Evidence, tiled[i].Evidence = "", "" // replies differ
		if diff := cmp.Diff(old[i], tiled[i]); diff != "" {
			t.Fatalf("entry %d (-get-entries +tiles):\n%s", i, diff)
		}
	}
	if e := old[0]; e.Index != 250 || !e.Logged.Equal(time.UnixMilli(1767225600250).UTC().Truncate(time.Second)) || e.Precert {
		t.Errorf("first entry %d, logged %v, precertificate %v", e.Index, e.Logged, e.Precert)
	}
}

func TestSize(t *testing.T) {
	f := newLog(t, 600)
	for _, tiled := range []bool{false, true} {
		if size, err := (Log{URL: address, Tiled: tiled}).Size(t.Context(), f); err != nil || size != 600 {
			t.Errorf("tiled %v: size %d (%v), want 600", tiled, size, err)
		}
	}
}

func TestObservations(t *testing.T) {
	f := newLog(t, 4)
	entries, _ := collect(t, Log{URL: address}, f, 0, 4)
	fingerprints := map[bool]string{}
	for _, e := range entries {
		facts := e.Observations()
		if len(facts) == 0 {
			t.Fatalf("entry %d says nothing", e.Index)
		}
		for _, o := range facts {
			if err := o.Check(); err != nil || o.Evidence == "" {
				t.Errorf("entry %d: %v, evidence %q", e.Index, err, o.Evidence)
			}
		}
		fingerprints[e.Precert] = facts[0].Subject.Text()
	}
	if fingerprints[false] != entries[1].Certificate.SHA256 || fingerprints[true] == entries[0].Certificate.SHA256 {
		t.Error("a certificate goes by its fingerprint, a precertificate by issuer and serial number")
	}
}

func TestTilePath(t *testing.T) {
	for want, tile := range map[string][2]uint64{
		"tile/data/000":               {0, 256},
		"tile/data/067.p/5":           {67, 5},
		"tile/data/x001/x234/067":     {1234067, 256},
		"tile/data/x001/x000/000.p/1": {1000000, 1},
	} {
		if got := tilePath(tile[0], tile[1]); got != want {
			t.Errorf("tile %d is at %s, want %s", tile[0], got, want)
		}
	}
}

func TestPartialTileIsAskedForAsSuch(t *testing.T) {
	f := newLog(t, 300)
	if _, p := collect(t, Log{URL: address, Tiled: true}, f, 0, 300); p.Read != 300 {
		t.Errorf("%+v, want 300 entries", p)
	}
	want := []string{"/log/checkpoint", "/log/tile/data/000", "/log/tile/data/001.p/44"}
	if diff := cmp.Diff(want, f.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTileThatFilledUpMeanwhile(t *testing.T) {
	f := newLog(t, 300)
	f.full = true
	if entries, p := collect(t, Log{URL: address, Tiled: true}, f, 290, 295); p.Read != 5 || entries[0].Index != 290 {
		t.Errorf("%+v, want the five entries from the full tile", p)
	}
}

func TestReadingStopsWhereItCanGoOn(t *testing.T) {
	f := newLog(t, 600)
	f.page = 7
	stop := errors.New("disk full")
	p, err := Log{URL: address}.Read(t.Context(), f, 10, 600, func(e Entry) error {
		if e.Index == 40 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || p.Next != 40 || p.Read != 30 {
		t.Errorf("%+v (%v), want to go on with 40", p, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err = Log{URL: address}.Read(ctx, f, 0, 600, func(Entry) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || p.Next != 7 {
		t.Errorf("cancelled: %+v (%v), want the page at hand and no more", p, err)
	}
}

// canned answers everything with one body.
type canned struct {
	status int
	body   string
}

// Ask implements [source.Asker].
func (c canned) Ask(context.Context, source.Request) (source.Reply, error) {
	return source.Reply{Status: c.status, Body: []byte(c.body)}, nil
}

func TestTrouble(t *testing.T) {
	f := newLog(t, 5)
	tests := map[string]struct {
		log    Log
		asker  source.Asker
		end    uint64
		wanted error
	}{
		"past_the_end":          {Log{URL: address}, f, 9, source.ErrBadReply},
		"past_the_end_of_tiles": {Log{URL: address, Tiled: true}, f, 9, source.ErrBadReply},
		"rate_limited":          {Log{URL: address}, canned{429, ""}, 5, source.ErrQuota},
		"web_page":              {Log{URL: address}, canned{200, "<html>"}, 5, source.ErrBadReply},
		"no_entries_in_it":      {Log{URL: address}, canned{200, `{"entries":[]}`}, 5, source.ErrBadReply},
		"odd_entries":           {Log{URL: address}, canned{200, `{"entries":[7]}`}, 5, source.ErrBadReply},
		"no_checkpoint":         {Log{URL: address, Tiled: true}, canned{200, "<html>"}, 5, source.ErrBadReply},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := test.log.Read(t.Context(), test.asker, 0, test.end, func(Entry) error { return nil })
			if !errors.Is(err, test.wanted) || p.Next > 5 {
				t.Errorf("%+v (%v), want %v", p, err, test.wanted)
			}
		})
	}
}

func FuzzTile(f *testing.F) {
	f.Add(newLog(f, 4).tile("000"))
	f.Fuzz(func(t *testing.T, body []byte) {
		leaves, err := decodeTile(body)
		if err != nil && !errors.Is(err, source.ErrBadReply) {
			t.Error(err)
		}
		for _, l := range leaves {
			l.certificate()
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add(newLog(f, 4).entries(0, 4))
	f.Add([]byte("log.example/log\n7\nAAAA\n\n"))
	f.Fuzz(func(_ *testing.T, body []byte) {
		leaves, _ := decodeEntries(source.Reply{Status: 200, Body: body})
		for _, l := range leaves {
			l.certificate()
		}
		_, _ = decodeCheckpoint(body)
		_, _ = decodeTreeHead(body)
	})
}
