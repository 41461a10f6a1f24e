// Package mapped reads CSV, TSV and JSON Lines files of any layout, given a
// mapping that says which columns state which facts. A mapping is a short YAML
// file; docs/guide/importing.md describes it in full.
package mapped

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"clew/internal/ingest"
	"clew/internal/yamlfile"
)

//go:embed mappings/*.yaml
var embedded embed.FS

// A Mapping says how the rows of a file become observations. It is a
// [ingest.Format]; make one with [Load], [Named] or [Read].
type Mapping struct {
	name      string
	title     string
	version   string // digest of the document
	layout    layout
	header    bool
	columns   []string // of a table without header
	delimiter byte
	quote     bool
	comment   string
	empty     map[string]bool
	clock     clock
	skip      []condition
	facts     []fact
	sets      []set
	paths     []string // columns the mapping reads; a row holds their values in this order
}

// A layout is the outer form of a file.
type layout string

const (
	csv   layout = "csv"
	tsv   layout = "tsv"
	jsonl layout = "jsonl"
)

// document is the YAML of a mapping.
type document struct {
	Name      string          `yaml:"name"`
	Title     string          `yaml:"title"`
	Layout    layout          `yaml:"layout"`
	Header    *bool           `yaml:"header"`
	Columns   []string        `yaml:"columns"`
	Delimiter string          `yaml:"delimiter"`
	Quote     *bool           `yaml:"quote"`
	Comment   string          `yaml:"comment"`
	Empty     []string        `yaml:"empty"`
	Time      []string        `yaml:"time"`
	Zone      string          `yaml:"zone"`
	Window    windowSpec      `yaml:"window"`
	Count     string          `yaml:"count"`
	Skip      []conditionSpec `yaml:"skip"`
	Facts     []factSpec      `yaml:"facts"`
	Sets      []setSpec       `yaml:"sets"`
}

// Names lists the mappings that ship with clew, in order.
func Names() []string {
	paths, _ := fs.Glob(embedded, "mappings/*.yaml") // the pattern is good
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(p, "mappings/"), ".yaml")
	}
	return names
}

// Named returns the mapping of that name that ships with clew, or else reads
// the file of that name.
func Named(name string) (*Mapping, error) {
	if slices.Contains(Names(), name) {
		file, err := embedded.Open("mappings/" + name + ".yaml")
		if err != nil {
			return nil, err
		}
		return Read(file)
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("mapping %q is neither a file nor one of %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	m, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("mapping %s: %w", name, err)
	}
	return m, nil
}

// Read compiles a mapping. Everything that can be wrong with it is found here,
// not while rows are read.
func Read(r io.Reader) (*Mapping, error) {
	data, err := yamlfile.Read(r, yamlfile.MaxBytes) // real ones are under 4 KiB
	if err != nil {
		return nil, err
	}
	var d document
	if err := yamlfile.Parse(data, &d); err != nil {
		return nil, fmt.Errorf("not understood: %w", err)
	}
	m, err := d.compile()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	m.version = hex.EncodeToString(sum[:])
	return m, nil
}

func (d *document) compile() (*Mapping, error) {
	m := &Mapping{
		name: d.Name, title: d.Title, layout: d.Layout, columns: d.Columns, comment: d.Comment,
		header: len(d.Columns) == 0, empty: map[string]bool{"": true},
	}
	if m.name == "" {
		return nil, errors.New("no name: give the mapping one, it names the import")
	}
	if err := d.compileTable(m); err != nil {
		return nil, err
	}
	for _, text := range d.Empty {
		m.empty[text] = true
	}
	var err error
	if m.clock, err = newClock(d.Time, d.Zone); err != nil {
		return nil, err
	}
	if m.skip, err = m.conditions(d.Skip); err != nil {
		return nil, fmt.Errorf("skip: %w", err)
	}
	for i, spec := range d.Facts {
		f, err := m.fact(spec.withDefaults(d))
		if err != nil {
			return nil, fmt.Errorf("fact %d: %w", i+1, err)
		}
		m.facts = append(m.facts, f)
	}
	for i, spec := range d.Sets {
		s, err := m.set(spec, d.Window)
		if err != nil {
			return nil, fmt.Errorf("set %d: %w", i+1, err)
		}
		m.sets = append(m.sets, s)
	}
	if len(m.facts)+len(m.sets) == 0 {
		return nil, errors.New("no facts: the mapping would import nothing")
	}
	return m, m.checkColumns()
}

// compileTable settles how rows are split.
func (d *document) compileTable(m *Mapping) error {
	switch d.Layout {
	case csv:
		m.delimiter, m.quote = ',', true
	case tsv:
		m.delimiter = '\t'
	case jsonl:
		if d.Header != nil || d.Columns != nil || d.Delimiter != "" || d.Quote != nil {
			return errors.New("header, columns, delimiter and quote are for csv and tsv")
		}
		return nil
	default:
		return fmt.Errorf("layout %q is none of csv, tsv, jsonl", d.Layout)
	}
	if len(d.Delimiter) > 1 || d.Delimiter == `"` || d.Delimiter == "\n" {
		return fmt.Errorf("delimiter %q is not one character", d.Delimiter)
	}
	if d.Delimiter != "" {
		m.delimiter = d.Delimiter[0]
	}
	if d.Quote != nil {
		m.quote = *d.Quote
	}
	if d.Header != nil {
		m.header = *d.Header
	}
	if !m.header && len(d.Columns) == 0 {
		return errors.New("a table without header needs its columns named")
	}
	return nil
}

// checkColumns finds columns that a table without header does not have.
func (m *Mapping) checkColumns() error {
	if m.header || m.layout == jsonl {
		return nil
	}
	for _, path := range m.paths {
		if !slices.Contains(m.columns, path) {
			return fmt.Errorf("column %q is not among the columns named", path)
		}
	}
	return nil
}

// column returns the place of a column's values in a row.
func (m *Mapping) column(path string) int {
	if i := slices.Index(m.paths, path); i >= 0 {
		return i
	}
	m.paths = append(m.paths, path)
	return len(m.paths) - 1
}

// Name implements [ingest.Format].
func (m *Mapping) Name() string { return m.name }

// Version tells mappings of one name apart: the same file read by another
// mapping is another import.
func (m *Mapping) Version() string { return m.version }

// Title says in a line what the mapping is for.
func (m *Mapping) Title() string { return m.title }

// Decoder implements [ingest.Format].
func (m *Mapping) Decoder() ingest.Decoder { return newDecoder(m) }
