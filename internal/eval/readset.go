package eval

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"clew/internal/ingest"
)

// reading calls read with the content of a file, packed or not. Errors name the file.
func reading(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	unpacked, err := ingest.Open(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unpacked.Close() //nolint:errcheck // read only
	if err := read(unpacked); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// eachLine calls each with every line of a file.
func eachLine(path string, each func(line []byte) error) error {
	return reading(path, func(in io.Reader) error {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 16<<20)
		for n := 1; lines.Scan(); n++ {
			if err := each(lines.Bytes()); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		return lines.Err()
	})
}

// eachRow reads tables by the names of their columns, which people write after
// a mark of byte order or of a comment.
func eachRow(dir, pattern string, comma rune, each func(row map[string]string)) error {
	paths, err := Source{Pattern: pattern}.Paths(dir)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("no %s in %s", pattern, dir)
	}
	for _, path := range paths {
		if err := reading(path, func(in io.Reader) error { return rows(in, comma, each) }); err != nil {
			return err
		}
	}
	return nil
}

func rows(in io.Reader, comma rune, each func(row map[string]string)) error {
	table := csv.NewReader(in)
	table.Comma, table.LazyQuotes, table.FieldsPerRecord = comma, true, -1
	var header []string
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header == nil {
			for _, name := range cells {
				header = append(header, strings.Trim(name, "\ufeff# "))
			}
			continue
		}
		row := make(map[string]string, len(header))
		for i, name := range header {
			if i < len(cells) {
				row[name] = cells[i]
			}
		}
		each(row)
	}
}
