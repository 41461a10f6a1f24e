package authenticode

import (
	"bytes"
	"os"
	"testing"
	"time"

	"clew/internal/artifact/view"
)

// layout is that of ../testdata/signed.exe, whose optional header begins at 0x98.
func layout(data []byte) Layout {
	const optional = 0x98
	v := view.New(bytes.NewReader(data), int64(len(data)))
	return Layout{
		Checksum: optional + 64, Directory: optional + 128,
		Table: int64(v.Uint32(optional + 128)), TableSize: int64(v.Uint32(optional + 132)),
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("../testdata/signed.exe")
	if err != nil {
		f.Fatal(err)
	}
	at := layout(data)
	if all, _, problems := Read(view.New(bytes.NewReader(data), int64(len(data))), at, time.Unix(1_800_000_000, 0)); len(all) != 1 || !all[0].Authentic || !all[0].Matches {
		f.Fatal(all, problems)
	}
	f.Add(data[at.Table+8:])
	f.Fuzz(func(t *testing.T, message []byte) {
		whole := append(bytes.Clone(data[:at.Table]), byte(len(message)+8), byte((len(message)+8)>>8), byte((len(message)+8)>>16), 0, 0, 2, 2, 0)
		whole = append(whole, message...)
		l := at
		l.TableSize = int64(len(message) + 8)
		all, _, _ := Read(view.New(bytes.NewReader(whole), int64(len(whole))), l, time.Unix(1_800_000_000, 0))
		for _, s := range all {
			if s.Valid && (!s.Authentic || !s.Matches || s.Signer == nil) {
				t.Errorf("valid without being so: %+v", s)
			}
		}
	})
}
