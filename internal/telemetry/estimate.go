package telemetry

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// A Probe is what a rule would look for: a text that logs write as it is, in any
// case; a value that each log writes in a form of its own, see [ByValue]; or the
// pattern of registered domains.
type Probe struct {
	Text  string
	Value observable.Value
	Field string // part of the name of the field that holds Value, lower case; "" is any
	Names *regexp.Regexp
}

// A Measured says how often probes hit what is no finding. Hits counts, by
// probe, lines of a text and distinct names of a pattern.
type Measured struct {
	Hits        []int64
	Lines       int64 // that were looked at
	Names       int64 // distinct registered domains among them
	Full        bool  // names beyond [MaxMeasuredWords] distinct words were not looked at
	Logs        int
	First, Last time.Time // of the records, as [FileCoverage] has them
	Missing     []string  // logs that were not read to their end, and why
}

// Bounds of a measurement. It is a sample for a comment: what is beyond is said.
const (
	maxMeasured      = 1 << 30   // bytes of text
	MaxMeasuredWords = 2_000_000 // distinct words of the form of a name
)

var errEnough = errors.New("more than is measured at once")

// Measure counts what probes hit in logs beside the findings: a line that holds
// one counts for nothing, and neither does a name that is one.
func Measure(ctx context.Context, inputs []logfile.Input, probes []Probe, findings []observable.Value) (Measured, error) {
	return measure(ctx, inputs, probes, findings, MaxMeasuredWords)
}

func measure(ctx context.Context, inputs []logfile.Input, probes []Probe, findings []observable.Value, words int) (Measured, error) {
	wanted := make([]match.Indicator, len(findings))
	own := map[string]bool{}
	for i, v := range findings {
		wanted[i] = match.Indicator{Value: v}
		if name, ok := observable.RegistrableDomain(v); ok {
			own[name.Text()] = true
		}
	}
	set, _, err := match.New(wanted)
	if err != nil {
		set = nil // nothing to leave out
	}
	m := &measurer{probes: probes, needles: make([][]string, len(probes)), set: set, own: own, most: words, seen: map[string]bool{}, names: map[string]bool{}}
	m.out.Hits = make([]int64, len(probes))
	for i, p := range probes {
		if p.Text != "" {
			m.needles[i] = []string{strings.ToLower(p.Text)}
		} else if !p.Value.IsZero() {
			m.needles[i] = needles(p.Value)
		}
	}
	for _, in := range inputs {
		if err := ctx.Err(); err != nil {
			return m.out, err
		}
		m.out.Logs++
		if err := m.read(ctx, in); err != nil {
			m.out.Missing = append(m.out.Missing, in.Path+": "+err.Error())
		}
	}
	return m.out, nil
}

type measurer struct {
	probes  []Probe
	needles [][]string // by probe, lower case
	record  format.Record
	set     *match.Set
	own     map[string]bool
	seen    map[string]bool // words that were looked at
	most    int             // how many of them may be
	names   map[string]bool // registered domains
	bytes   int64
	out     Measured
}

func (m *measurer) read(ctx context.Context, in logfile.Input) error {
	file, err := in.Open()
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	return logfile.Members(file, func(_ string, r *bufio.Reader) error {
		return logfile.Blocks(r, logfile.Options{Header: all.Header, Binary: all.Binary}, func(b logfile.Block) error {
			if m.bytes += int64(len(b.Text)); m.bytes > maxMeasured {
				return errEnough
			}
			m.block(b, in.ModTime)
			return ctx.Err()
		})
	})
}

func (m *measurer) block(b logfile.Block, ref time.Time) {
	m.period(b, ref)
	var ours []int // where findings are, in order
	if m.set != nil {
		m.set.Scan(b.Text, func(hit match.Hit) { ours = append(ours, hit.Start) })
	}
	held := map[int]bool{} // lines with a finding, by where they begin
	for _, at := range ours {
		held[bytes.LastIndexByte(b.Text[:at], '\n')+1] = true
	}
	for start := 0; start < len(b.Text); {
		end := start + bytes.IndexByte(b.Text[start:], '\n')
		if end < start {
			end = len(b.Text)
		}
		m.out.Lines++
		m.line(b.Text[start:end], held[start], format.Context{Schema: b.Schema, Ref: ref})
		start = end + 1
	}
}

func (m *measurer) line(text []byte, ours bool, c format.Context) {
	line := strings.ToLower(string(text))
	named, parsed := false, false
	for i, p := range m.probes {
		if p.Names != nil {
			named = true
			continue
		}
		if ours || !slices.ContainsFunc(m.needles[i], func(needle string) bool { return strings.Contains(line, needle) }) {
			continue
		}
		if p.Text == "" {
			if !parsed {
				parsed = true
				if !all.Parse(text, c, &m.record) {
					m.record.Reset(c.Ref)
				}
			}
			if !p.holds(&m.record) {
				continue
			}
		}
		m.out.Hits[i]++
	}
	if !named {
		return
	}
	for _, word := range strings.FieldsFunc(line, notOfName) {
		if strings.IndexByte(word, '.') < 0 || m.seen[word] {
			continue
		}
		if len(m.seen) >= m.most {
			m.out.Full = true
			continue
		}
		m.seen[word] = true
		v, err := observable.New(observable.Domain, word)
		if err != nil {
			continue
		}
		name, ok := observable.RegistrableDomain(v)
		if !ok || m.names[name.Text()] {
			continue
		}
		m.names[name.Text()] = true
		m.out.Names++
		for i, p := range m.probes {
			if p.Names != nil && !m.own[name.Text()] && p.Names.MatchString(name.Text()) {
				m.out.Hits[i]++
			}
		}
	}
}

// notOfName reports whether a character, lower case, ends a host name.
func notOfName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}

// period widens the time that was looked at by the ends of a block.
func (m *measurer) period(b logfile.Block, ref time.Time) {
	c := format.Context{Schema: b.Schema, Ref: ref}
	var rec format.Record
	cover := FileCoverage{First: m.out.First, Last: m.out.Last}
	for _, text := range newSplit(b).ends() {
		if all.Parse(text, c, &rec) {
			cover.see(rec.Time)
		}
	}
	m.out.First, m.out.Last = cover.First, cover.Last
}
