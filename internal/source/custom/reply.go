package custom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"clew/internal/source"
)

// A form is how a reply's body is written.
type form string

const (
	asJSON   form = "json"   // one document
	asNDJSON form = "ndjson" // one document a line
	asLines  form = "lines"  // text, a row a line
)

var forms = []form{asJSON, asNDJSON, asLines}

// Bounds of what a program sees of a reply.
const (
	// maxText bounds one text, in bytes: gojq searches a text again and again in
	// time that grows with the square of its length, inside a single step. Values
	// end at 8 KiB, certificates in base64 below 16 KiB.
	maxText   = 64 << 10
	maxDigits = 150     // of a whole number; serial numbers in decimal have up to 50
	maxRows   = 200_000 // of one reply
)

// content is a reply's body as programs see it.
type content struct {
	whole any   // the document; of lines and ndjson the list of rows
	rows  []any // of lines and ndjson
	odd   int   // lines that are no row
	long  int   // texts left out for their length
}

// read decodes a reply's body. What is not of the form is [source.ErrBadReply].
func (f form) read(reply source.Reply) (c content, err error) {
	switch f {
	case asNDJSON:
		lines, err := source.DecodeLines[plain](reply)
		if err != nil {
			return c, err
		}
		c.odd = lines.Odd
		for _, line := range lines.Items {
			c.rows = append(c.rows, line.value)
			c.long += line.long
		}
		c.whole = c.rows
	case asLines:
		if err := c.lines(reply.Body); err != nil {
			return c, err
		}
	default:
		var document plain
		if err := source.DecodeJSON(reply, &document); err != nil {
			return c, err
		}
		c.whole, c.long = document.value, document.long
	}
	if len(c.rows) > maxRows {
		return c, fmt.Errorf("%w: more than %d lines", source.ErrBadReply, maxRows)
	}
	return c, nil
}

// lines reads text. A web page instead of text is [source.ErrBadReply]; what is
// an error in words is for the states of a source to know.
func (c *content) lines(body []byte) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return fmt.Errorf("%w: empty body", source.ErrBadReply)
	case body[0] == '<':
		return fmt.Errorf("%w: a web page instead of text", source.ErrBadReply)
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) > maxText:
			c.odd++
			c.long++
		case len(line) > 0:
			c.rows = append(c.rows, strings.ToValidUTF8(string(line), "\uFFFD"))
		}
	}
	c.whole = c.rows
	return nil
}

// plain is a JSON document in the types gojq takes: numbers are int where they
// fit, else big or float64; texts over maxText are null.
type plain struct {
	value any
	long  int
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *plain) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return err
	}
	p.long = 0
	p.value = p.convert(v)
	return nil
}

// convert changes lists and objects in place.
func (p *plain) convert(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case string:
		if len(v) > maxText {
			p.long++
			return nil
		}
	case []any:
		for i, member := range v {
			v[i] = p.convert(member)
		}
	case map[string]any:
		for name, member := range v {
			if len(name) > maxText {
				p.long++
				delete(v, name)
				continue
			}
			v[name] = p.convert(member)
		}
	}
	return v
}

// number reads a JSON number. One beyond all bounds is null.
func number(text string) any {
	n := json.Number(text)
	if whole, err := n.Int64(); err == nil && whole >= math.MinInt && whole <= math.MaxInt {
		return int(whole)
	}
	if len(text) <= maxDigits && !strings.ContainsAny(text, ".eE") {
		if whole, ok := new(big.Int).SetString(text, 10); ok {
			return whole
		}
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return nil
}

// textOf returns what a program's output says as text: texts, and whole numbers
// in decimal.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, utf8.ValidString(v)
	case int:
		return fmt.Sprint(v), true
	case *big.Int:
		return v.String(), v.BitLen() < 4*maxDigits
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return fmt.Sprintf("%.0f", v), true
		}
	case json.Number:
		return string(v), true
	}
	return "", false
}

// countOf returns a count a program gives as a number or in digits, 0 when it is
// none or negative.
func countOf(v any) source.Number {
	text, ok := textOf(v)
	if !ok {
		return 0
	}
	var n source.Number
	quoted, err := json.Marshal(text)
	if err != nil || n.UnmarshalJSON(quoted) != nil {
		return 0
	}
	return max(n, 0)
}
