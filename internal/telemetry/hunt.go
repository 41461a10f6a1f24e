package telemetry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"clew/internal/observable"
	"clew/internal/telemetry/format/all"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

// Options of a search.
type Options struct {
	Indicators []match.Indicator
	Lists      Lists         // nil: no sighting is worthless by a list
	Ours       Networks      // addresses of ours beyond the private ones
	Slack      time.Duration // see DefaultSlack
	Since      time.Time     // records before it are left out; zero: none
	Until      time.Time
	Workers    int // 0: one a processor
	// Progress is told how many bytes were read, from several goroutines; nil for no one.
	Progress func(bytes int64)
	// Eager hands on what a growing log holds rather than waiting for a block.
	Eager bool
}

// A Hunter searches logs for one set of indicators.
type Hunter struct {
	o     Options
	set   *finder
	judge *judge
	hosts map[int][]int // helper in the set, to the URL indicators that it is the host of
	urls  bool
	// slots bounds the blocks that are scanned at a time, and so what they hold
	// in memory: a block may be one line of 64 MiB.
	slots   chan struct{}
	Refused []match.Refusal
}

// New readies a search. Indicators that cannot be looked for are in Refused, also
// beside [match.ErrNone], which means that none can.
func New(o Options) (*Hunter, error) {
	h := &Hunter{o: o, hosts: map[int][]int{}, judge: newJudge(o.Indicators, o.Lists, o.Slack)}
	wanted := h.withHosts(o.Indicators)
	set, report, err := newFinder(wanted)
	for _, r := range report.Refused {
		if r.Indicator < len(o.Indicators) {
			h.Refused = append(h.Refused, r)
		}
	}
	if err != nil {
		return h, err
	}
	h.set = set
	if h.o.Workers <= 0 {
		h.o.Workers = runtime.GOMAXPROCS(0)
	}
	h.slots = make(chan struct{}, h.o.Workers)
	return h, nil
}

// withHosts adds the hosts of URLs to what is looked for: a log that writes host
// and path in two fields never holds the whole URL, so the record is taken apart
// where the host is seen and the URL put together.
func (h *Hunter) withHosts(indicators []match.Indicator) []match.Indicator {
	wanted := append([]match.Indicator(nil), indicators...)
	at := map[observable.Value]int{}
	for i, ind := range indicators {
		if ind.Value.Kind() != observable.URL {
			continue
		}
		h.urls = true
		host, ok := observable.Host(ind.Value)
		if !ok {
			continue
		}
		n, known := at[host]
		if !known {
			n = len(wanted)
			at[host] = n
			wanted = append(wanted, match.Indicator{Value: host})
		}
		h.hosts[n] = append(h.hosts[n], i)
	}
	return wanted
}

// Run searches the inputs, several at a time, and hands every sighting to emit,
// in the order of the inputs and within each in the order of the log. It returns
// what was searched; a log that cannot be read to its end does not end the
// search. The error is that of emit or of ctx; the coverage then says how far it
// came.
func (h *Hunter) Run(ctx context.Context, inputs []logfile.Input, emit func(Sighting) error) (Coverage, error) {
	results := make([]chan result, len(inputs))
	for i := range results {
		results[i] = make(chan result, 64)
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	g, inner := errgroup.WithContext(inner)
	turns := make(chan struct{}, h.o.Workers)
	g.Go(func() error { // opens inputs in order, as many at a time as there are workers
		for i, in := range inputs {
			select {
			case turns <- struct{}{}:
			case <-inner.Done():
				for j := i; j < len(inputs); j++ {
					close(results[j])
				}
				return nil
			}
			g.Go(func() error {
				defer func() { <-turns }()
				h.read(inner, in, results[i])
				return nil
			})
		}
		return nil
	})
	var coverage Coverage
	var emitErr error
	for i, in := range inputs {
		files := collect(in, results[i], func(s Sighting) {
			if emitErr == nil {
				if emitErr = emit(s); emitErr != nil {
					stop()
				}
			}
		})
		coverage.Files = append(coverage.Files, files...)
	}
	if err := g.Wait(); err != nil {
		return coverage, err
	}
	if emitErr != nil {
		return coverage, emitErr
	}
	return coverage, ctx.Err()
}

// A result is what came of one block, or the end of a log.
type result struct {
	member string
	part   chan scanned // nil at the end
	err    error
}

type scanned struct {
	sightings []Sighting
	coverage  FileCoverage
}

// collect puts the results of one input together, in order.
func collect(in logfile.Input, results <-chan result, emit func(Sighting)) []FileCoverage {
	var files []FileCoverage
	at := map[string]int{}
	of := func(member string) *FileCoverage {
		name := in.Path
		if member != "" {
			name += "!" + member
		}
		i, known := at[name]
		if !known {
			i = len(files)
			at[name] = i
			files = append(files, FileCoverage{File: name})
		}
		return &files[i]
	}
	for r := range results {
		f := of(r.member)
		if r.err != nil {
			f.Missing = r.err.Error()
			continue
		}
		if r.part == nil {
			continue
		}
		part := <-r.part
		f.add(part.coverage)
		for _, s := range part.sightings {
			s.File = f.File
			emit(s)
		}
	}
	return files
}

// read opens one input and hands its blocks to workers.
func (h *Hunter) read(ctx context.Context, in logfile.Input, out chan<- result) {
	defer close(out)
	member := ""
	err := h.blocks(ctx, in, func(name string, b logfile.Block) error {
		member = name
		part := make(chan scanned, 1)
		select {
		case out <- result{member: name, part: part}:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			close(part)
			return ctx.Err()
		}
		scan := func() {
			defer func() { <-h.slots }()
			found, size := h.scan(b, in.ModTime), int64(len(b.Text))
			b.Release() // before it is handed on: what was found holds copies
			part <- found
			if h.o.Progress != nil {
				h.o.Progress(size)
			}
		}
		// A compressed log keeps this goroutine busy with unpacking, so scanning
		// goes to another one; the channel bounds how many there are.
		go scan()
		return nil
	})
	if err != nil {
		out <- result{member: member, err: readable(err)}
		return
	}
	out <- result{member: member}
}

func (h *Hunter) blocks(ctx context.Context, in logfile.Input, each func(string, logfile.Block) error) error {
	r, err := in.Open()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read only
	if in.Lines {
		return logfile.Blocks(bufio.NewReaderSize(r, logfile.BlockSize), logfile.Options{Lines: true}, func(b logfile.Block) error { return each("", b) })
	}
	unpack := logfile.Members
	if h.o.Eager {
		unpack = logfile.Growing
	}
	return unpack(r, func(member string, r *bufio.Reader) error {
		o := logfile.Options{Header: all.Header, Binary: all.Binary, Eager: h.o.Eager}
		return logfile.Blocks(r, o, func(b logfile.Block) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return each(member, b)
		})
	})
}

// readable says for people why a log was not read to its end.
func readable(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("cut off in the middle: what came before was searched (%w)", err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errors.New("stopped before its end")
	}
	return err
}
