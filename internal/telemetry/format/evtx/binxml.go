package evtx

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of one event.
const (
	maxDepth = 64
	maxEvent = 4 << 20
)

var errMalformed = errors.New("malformed binary XML")

// A reader walks the binary XML of one chunk. All offsets in it count from the
// start of the chunk.
type reader struct {
	chunk []byte
	at    int
	end   int
	out   []byte
	limit int
	err   error
}

// event appends the XML of the event between from and to. What could be read
// before an error is kept.
func event(chunk []byte, from, to int, out []byte) ([]byte, error) {
	r := &reader{chunk: chunk, at: from, end: to, out: out, limit: len(out) + maxEvent}
	r.fragment(nil, false, 0)
	return r.out, r.err
}

func (r *reader) fail() { r.err = errMalformed }

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || r.at+n > r.end || r.at < 0 {
		r.fail()
		return make([]byte, max(n, 0)&0xffff)
	}
	b := r.chunk[r.at : r.at+n]
	r.at += n
	return b
}

func (r *reader) u8() byte    { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

// The tokens. The bit 0x40 says that more of the same sort follows.
const (
	tokenEnd          = 0x00
	tokenOpen         = 0x01
	tokenCloseStart   = 0x02
	tokenCloseEmpty   = 0x03
	tokenCloseElement = 0x04
	tokenValue        = 0x05
	tokenAttribute    = 0x06
	tokenCData        = 0x07
	tokenCharRef      = 0x08
	tokenEntityRef    = 0x09
	tokenPITarget     = 0x0a
	tokenPIData       = 0x0b
	tokenTemplate     = 0x0c
	tokenNormal       = 0x0d
	tokenOptional     = 0x0e
	tokenHeader       = 0x0f
	more              = 0x40
)

// An open element, so that its end can be written.
type element struct {
	name  string
	start bool // the start tag is still open: attributes may follow
	quote bool // an attribute's value is open
}

// fragment reads tokens up to the end of the fragment and writes them. values
// are those of the template that the fragment belongs to. embedded says that the
// fragment is itself a value, where elements have no dependency identifier.
func (r *reader) fragment(values []value, embedded bool, depth int) {
	if depth > maxDepth {
		r.fail()
		return
	}
	var stack []element
	top := func() *element {
		if len(stack) == 0 {
			return &element{}
		}
		return &stack[len(stack)-1]
	}
	for r.err == nil && r.at < r.end {
		if len(r.out) > r.limit {
			r.fail()
			return
		}
		token := r.u8()
		if token&^more != tokenAttribute && token != tokenValue && token != tokenValue|more && token != tokenNormal && token != tokenOptional &&
			token&^more != tokenCharRef && token&^more != tokenEntityRef {
			r.closeQuote(top())
		}
		switch token &^ more {
		case tokenEnd:
			r.unwind(stack)
			return
		case tokenOpen:
			r.closeStart(top())
			if len(stack) >= maxDepth {
				r.fail()
				return
			}
			stack = append(stack, r.open(embedded, token&more != 0))
		case tokenCloseStart:
			r.closeStart(top())
		case tokenCloseEmpty:
			if n := len(stack); n > 0 {
				r.write("/>")
				stack = stack[:n-1]
			}
		case tokenCloseElement:
			if n := len(stack); n > 0 {
				r.closeStart(top())
				r.write("</" + stack[n-1].name + ">")
				stack = stack[:n-1]
			}
		case tokenAttribute:
			r.closeQuote(top())
			r.write(" " + r.name() + `="`)
			top().quote = true
		case tokenValue:
			r.literal()
		case tokenCData:
			r.text(r.utf16(int(r.u16())))
		case tokenCharRef:
			r.text(string(rune(r.u16())))
		case tokenEntityRef:
			r.write("&" + r.name() + ";")
		case tokenPITarget:
			r.name()
		case tokenPIData:
			r.take(2 * int(r.u16()))
		case tokenTemplate:
			r.template(depth)
		case tokenNormal, tokenOptional:
			id := int(r.u16())
			r.u8() // the type, which the value has as well
			if id < len(values) {
				r.substitute(values[id], depth)
			}
		case tokenHeader:
			r.take(3)
		default:
			r.fail()
		}
	}
	r.unwind(stack)
}

// unwind ends what an event cut off left open.
func (r *reader) unwind(stack []element) {
	for i := len(stack) - 1; i >= 0; i-- {
		r.closeStart(&stack[i])
		r.write("</" + stack[i].name + ">")
	}
}

func (r *reader) open(embedded, attributes bool) element {
	if !embedded {
		r.u16() // dependency identifier
	}
	r.u32() // size
	name := r.name()
	if attributes {
		r.u32() // size of the attributes
	}
	r.write("<" + name)
	return element{name: name, start: true}
}

func (r *reader) closeQuote(e *element) {
	if e.quote {
		r.write(`"`)
		e.quote = false
	}
}

func (r *reader) closeStart(e *element) {
	r.closeQuote(e)
	if e.start {
		r.write(">")
		e.start = false
	}
}

// name reads a name, which stands at an offset of the chunk: here, when it is
// used for the first time.
func (r *reader) name() string {
	offset := int(r.u32())
	if r.err != nil {
		return "x"
	}
	inline := offset == r.at
	if offset < 0 || offset+8 > len(r.chunk) {
		r.fail()
		return "x"
	}
	n := int(binary.LittleEndian.Uint16(r.chunk[offset+6:]))
	from, to := offset+8, offset+8+2*n
	if to > len(r.chunk) {
		r.fail()
		return "x"
	}
	if inline {
		r.take(8 + 2*n + 2)
	}
	return safeName(decode16(r.chunk[from:to]))
}

// safeName keeps a name from ending the tag it stands in.
func safeName(name string) string {
	for i := range len(name) {
		c := name[i]
		if c < 0x21 || c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c == '=' || c == '/' {
			return "x"
		}
	}
	if name == "" || !utf8.ValidString(name) {
		return "x"
	}
	return name
}

func (r *reader) utf16(chars int) string { return decode16(r.take(2 * chars)) }

func decode16(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	for len(units) > 0 && units[len(units)-1] == 0 {
		units = units[:len(units)-1]
	}
	return string(utf16.Decode(units))
}

// template reads an instance: which template, and the values for it. The
// definition follows where it is used for the first time in the chunk.
func (r *reader) template(depth int) {
	r.u8()
	r.u32() // identifier
	offset := int(r.u32())
	if r.err != nil {
		return
	}
	const head = 4 + 16 + 4 // next, GUID, size
	if offset < 0 || offset+head > len(r.chunk) {
		r.fail()
		return
	}
	size := int(binary.LittleEndian.Uint32(r.chunk[offset+20:]))
	from := offset + head
	if size < 0 || from+size > len(r.chunk) {
		r.fail()
		return
	}
	if offset == r.at {
		r.take(head + size)
	}
	values := r.values()
	if r.err != nil {
		return
	}
	inner := &reader{chunk: r.chunk, at: from, end: from + size, out: r.out, limit: r.limit}
	inner.fragment(values, false, depth+1)
	r.out, r.err = inner.out, inner.err
}

// A value is what a template leaves open: its type, and where its bytes stand.
type value struct {
	kind     byte
	from, to int
}

// maxValues bounds the values of one template; Windows uses a few dozen.
const maxValues = 4096

func (r *reader) values() []value {
	n := int(r.u32())
	if r.err != nil || n < 0 || n > maxValues {
		r.fail()
		return nil
	}
	values := make([]value, n)
	sizes := make([]int, n)
	for i := range values {
		sizes[i] = int(r.u16())
		values[i].kind = r.u8()
		r.u8()
	}
	for i := range values {
		values[i].from = r.at
		r.take(sizes[i])
		values[i].to = r.at
		if r.err != nil {
			return nil
		}
	}
	return values
}

func (r *reader) write(s string) { r.out = append(r.out, s...) }

// text writes s escaped, for an element or an attribute.
func (r *reader) text(s string) {
	for _, c := range s {
		switch c {
		case '<':
			r.write("&lt;")
		case '>':
			r.write("&gt;")
		case '&':
			r.write("&amp;")
		case '"':
			r.write("&quot;")
		case '\n', '\r', '\t':
			r.out = append(r.out, ' ')
		default:
			if c < 0x20 {
				c = '\uFFFD'
			}
			r.out = utf8.AppendRune(r.out, c)
		}
	}
}
