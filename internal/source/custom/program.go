package custom

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"clew/internal/observable"
	"clew/internal/source"
)

// A program is jq, compiled. gojq knows no files, no environment and no other
// inputs unless told; what is left that looks outside is refused by name.
type program struct{ code *gojq.Code }

// Bounds of a program. gojq asks after each step whether it may go on, so steps
// bound time and memory alike: they were measured at 50 to 100 ns, and at 50 to
// 60 bytes each for a program that calls itself for ever. What one step does
// with one text is bounded by maxText (reply.go).
const (
	maxProgram  = 64 << 10         // bytes of a text
	stepsOfRun  = 5_000_000        // of one program over one row or reply
	stepsInAll  = 100_000_000      // of all programs over one reply
	maxDuration = 60 * time.Second // of the same, should steps be slower than measured
)

var errTooLong = errors.New("the jq program takes too many steps: select less of the reply, or page it smaller")

// A definition is what the programs of a file share.
type definition []*gojq.FuncDef

// A programError is an error in the text of a program, with its line there.
type programError struct {
	line int // from 1; 0 when not known
	text string
}

// Error implements error.
func (e *programError) Error() string {
	if e.line > 1 {
		return fmt.Sprintf("jq: line %d of the program: %s", e.line, e.text)
	}
	return "jq: " + e.text
}

// outside are functions whose answer does not hang on the reply alone, or which
// end more than the program.
var outside = []string{
	"env", "$ENV", "now", "localtime", "strflocaltime", "input", "inputs", "input_filename", "input_line_number",
	"debug", "stderr", "halt", "halt_error", "modulemeta", "get_search_list",
}

func parseProgram(text string) (*gojq.Query, error) {
	if len(text) > maxProgram {
		return nil, &programError{text: fmt.Sprintf("larger than %d bytes", maxProgram)}
	}
	query, err := gojq.Parse(text)
	var at *gojq.ParseError
	switch {
	case errors.As(err, &at):
		return nil, &programError{1 + strings.Count(text[:min(at.Offset, len(text))], "\n"), at.Error()}
	case err != nil:
		return nil, &programError{text: err.Error()}
	case query.Meta != nil || len(query.Imports) > 0:
		return nil, &programError{text: "import, include and module are not offered: put functions under define"}
	}
	for _, name := range callsIn(reflect.ValueOf(query)) {
		if slices.Contains(outside, name) {
			return nil, &programError{text: name + " is not offered: a program sees the reply and nothing else"}
		}
	}
	return query, nil
}

var funcType = reflect.TypeFor[gojq.Func]()

// callsIn lists the functions that a parsed program calls. Reflection, since the
// tree has two dozen types that can hold a call.
func callsIn(v reflect.Value) (names []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return callsIn(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			names = append(names, callsIn(v.Index(i))...)
		}
	case reflect.Struct:
		if v.Type() == funcType {
			names = append(names, v.FieldByName("Name").String())
		}
		for i := range v.NumField() {
			names = append(names, callsIn(v.Field(i))...)
		}
	}
	return names
}

// definitions reads functions that all programs of a file may call.
func definitions(text string) (definition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	query, err := parseProgram(text + "\n.") // functions alone are no program
	if err != nil {
		return nil, fmt.Errorf("%w; functions are defined here, each as def name: …;", err)
	}
	if query.Term == nil || query.Term.Type != gojq.TermTypeIdentity || len(query.Term.SuffixList) > 0 {
		return nil, &programError{text: "nothing but functions is defined here, each as def name: …;"}
	}
	return query.FuncDefs, nil
}

// compileProgram returns nil for a program that is not there.
func compileProgram(text string, defs definition) (*program, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	query, err := parseProgram(text)
	if err != nil {
		return nil, err
	}
	query.FuncDefs = append(slices.Clone(defs), query.FuncDefs...)
	code, err := gojq.Compile(query, gojq.WithVariables(variableNames),
		gojq.WithFunction("registrable", 0, 0, registrable), gojq.WithFunction("within", 1, 1, within))
	if err != nil {
		return nil, &programError{text: err.Error()}
	}
	return &program{code}, nil
}

// registrable is the jq function for the registrable domain of a name, null when
// it has none.
func registrable(v any, _ []any) any {
	text, _ := v.(string)
	if name, err := observable.New(observable.Domain, text); err == nil {
		if domain, ok := observable.RegistrableDomain(name); ok {
			return domain.Text()
		}
	}
	return nil
}

// within is the jq function that reports whether an address, or a smaller range,
// lies in a range.
func within(v any, args []any) any {
	text, _ := v.(string)
	around, _ := args[0].(string)
	prefix, err := netip.ParsePrefix(around)
	if err != nil {
		return false
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return prefix.Contains(addr)
	}
	part, err := netip.ParsePrefix(text)
	return err == nil && part.Bits() > prefix.Bits() && prefix.Contains(part.Addr())
}

// variables is what a program may know beside its input.
type variables struct {
	value, kind any // what was asked about
	received    any // when the reply came, RFC 3339
	page        int // from 1
	url         any // of the request
	rows        int // on this page
	before      int // rows on the pages before
	reply       any // the whole reply, for programs over one row
}

var variableNames = []string{"$value", "$kind", "$received", "$page", "$url", "$rows", "$before", "$reply"}

func (v variables) list() []any {
	return []any{v.value, v.kind, v.received, v.page, v.url, v.rows, v.before, v.reply}
}

// run gives each output of p to take, until it returns an error. Errors of the
// program wrap [source.ErrBadReply]: the reply is not what the program expects.
func (p *program) run(m *meter, input any, v variables, take func(any) error) (err error) {
	// gojq panics on its own mistakes, and replies are written by attackers.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: jq: %.200v", source.ErrBadReply, r)
		}
	}()
	m.begin()
	outputs := p.code.RunWithContext(m, input, v.list()...)
	for {
		out, more := outputs.Next()
		if !more {
			return nil
		}
		if failed, ok := out.(error); ok {
			if m.Err() != nil {
				return m.Err()
			}
			return fmt.Errorf("%w: jq: %s", source.ErrBadReply, clip(failed.Error()))
		}
		if err := take(out); err != nil {
			return err
		}
	}
}

// first returns the first output of p, nil when there is none.
func (p *program) first(m *meter, input any, v variables) (out any, err error) {
	enough := errors.New("enough")
	err = p.run(m, input, v, func(o any) error {
		out = o
		return enough
	})
	if errors.Is(err, enough) {
		err = nil
	}
	return out, err
}

// clip shortens what a program or a provider says for a message.
func clip(text string) string {
	const longest = 200
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// A meter is the context programs run under. It counts their steps: gojq calls
// Done before each. One goroutine uses it.
type meter struct {
	context.Context
	inAll, ofRun int           // steps left
	over         chan struct{} // closed: what Done returns without steps left
}

// newMeter returns a meter for the programs over one reply. Call the function
// when they have run.
func newMeter(ctx context.Context) (*meter, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxDuration, errTooLong)
	m := &meter{Context: ctx, inAll: stepsInAll, over: make(chan struct{})}
	close(m.over)
	return m, cancel
}

// begin lets the next run start.
func (m *meter) begin() { m.ofRun = stepsOfRun }

// Done implements [context.Context].
func (m *meter) Done() <-chan struct{} {
	m.inAll--
	m.ofRun--
	if m.spent() {
		return m.over
	}
	return m.Context.Done()
}

// Err implements [context.Context].
func (m *meter) Err() error {
	switch {
	case m.spent():
		return errTooLong
	case m.Context.Err() != nil:
		return context.Cause(m.Context)
	}
	return nil
}

func (m *meter) spent() bool { return m.inAll < 0 || m.ofRun < 0 }
