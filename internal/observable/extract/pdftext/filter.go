package pdftext

import (
	"compress/zlib"
	"encoding/ascii85"
	"io"
	"strings"
)

// decode undoes the filters of a stream as far as the budget goes. Data that
// breaks off is returned up to there; a filter for pictures returns nothing.
func (f *file) decode(s *stream) string {
	var filters []object
	switch filter := f.resolve(s.dict["Filter"]).(type) {
	case name:
		filters = array{filter}
	case array:
		filters = filter
	}
	data := s.raw
	for _, filter := range filters[:min(len(filters), 4)] {
		filterName, _ := f.resolve(filter).(name)
		data = f.unfilter(filterName, data)
	}
	data = data[:min(len(data), max(0, f.budget))]
	f.budget -= len(data) + 1
	return data
}

func (f *file) unfilter(filter name, data string) string {
	switch filter {
	case "FlateDecode", "Fl":
		r, err := zlib.NewReader(strings.NewReader(data))
		if err != nil {
			return ""
		}
		plain, _ := io.ReadAll(io.LimitReader(r, int64(max(0, f.budget))))
		return string(plain)
	case "ASCIIHexDecode", "AHx":
		data, _, _ = strings.Cut(data, ">")
		return unhex(data)
	case "ASCII85Decode", "A85":
		data, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(data), "<~"), "~")
		plain := make([]byte, 4*len(data)+4)
		n, _, _ := ascii85.Decode(plain, []byte(data), true)
		return string(plain[:n])
	}
	return ""
}
