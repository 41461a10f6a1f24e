package pdftext

import (
	"math"
	"strings"
)

// A matrix is [a b c d e f] as PDF writes it.
type matrix [6]float64

func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

var identity = matrix{1, 0, 0, 1, 0, 0}

// state is the part of the graphics state that places text.
type state struct {
	ctm                        matrix
	font                       *font
	size, leading, char, word  float64
	scale                      float64 // horizontal, 1 for 100 %
	hasFont                    bool
	textMatrix, textLineMatrix matrix
}

// A painter runs content streams and writes down their text. Line and word
// breaks are told from how far the pen jumps.
type painter struct {
	file  *file
	fonts map[object]*font // by reference
	text  strings.Builder
	state
	saved    []state
	hasPen   bool
	penX     float64 // where the last glyph ended, on the page
	penY     float64
	hasBlank bool // the text ends in white space
}

// Bounds on what a content stream may make us hold.
const (
	maxOperands = 256
	maxSaved    = 128
	maxForms    = 8 // forms within forms
)

func (p *painter) run(data string, resources dict, depth int) {
	l := lexer{data: data}
	var operands []object
	for p.file.budget > 0 {
		o, ok := l.next()
		if !ok {
			return
		}
		operator, isKeyword := o.(keyword)
		if !isKeyword {
			if len(operands) < maxOperands {
				operands = append(operands, o)
			}
			continue
		}
		switch operator {
		case "Do":
			p.form(last(operands), resources, depth)
		case "BI":
			l.skipImage()
		case "Tf":
			p.setFont(operands, resources)
		default:
			p.operate(string(operator), operands)
		}
		operands = operands[:0]
	}
}

// skipImage moves behind an image that stands in the content stream itself.
func (l *lexer) skipImage() {
	if end := strings.Index(l.data[l.pos:], "EI"); end >= 0 {
		l.pos += end + len("EI")
		return
	}
	l.pos = len(l.data)
}

// form runs a form that a page draws.
func (p *painter) form(o object, resources dict, depth int) {
	key, _ := o.(name)
	s, ok := p.file.resolve(p.file.dict(resources["XObject"])[key]).(*stream)
	if !ok || s.dict["Subtype"] != name("Form") || depth >= maxForms {
		return
	}
	inner := p.file.dict(s.dict["Resources"])
	if inner == nil {
		inner = resources
	}
	before := p.state
	if m, ok := matrixOf(p.file.array(s.dict["Matrix"])); ok {
		p.ctm = m.times(p.ctm)
	}
	p.run(p.file.decode(s), inner, depth+1)
	p.state = before
}

func (p *painter) setFont(operands []object, resources dict) {
	if len(operands) < 2 {
		return
	}
	key, _ := operands[0].(name)
	p.size, _ = operands[1].(float64)
	o := p.file.dict(resources["Font"])[key]
	d := p.file.dict(o)
	p.hasFont = d != nil
	if d == nil {
		return
	}
	if _, shared := o.(ref); !shared {
		p.font = p.file.font(d)
		return
	}
	if p.fonts[o] == nil {
		p.fonts[o] = p.file.font(d)
	}
	p.font = p.fonts[o]
}

func (p *painter) operate(operator string, operands []object) {
	n := numbers(operands)
	switch operator {
	case "q":
		if len(p.saved) < maxSaved {
			p.saved = append(p.saved, p.state)
		}
	case "Q":
		if end := len(p.saved) - 1; end >= 0 {
			p.state, p.saved = p.saved[end], p.saved[:end]
		}
	case "cm":
		if m, ok := matrixOf(operands); ok {
			p.ctm = m.times(p.ctm)
		}
	case "BT":
		p.textMatrix, p.textLineMatrix = identity, identity
	case "Tm":
		if m, ok := matrixOf(operands); ok {
			p.textMatrix, p.textLineMatrix = m, m
		}
	case "Td", "TD":
		if len(n) >= 2 {
			p.moveLine(n[0], n[1])
			if operator == "TD" {
				p.leading = -n[1]
			}
		}
	case "T*":
		p.moveLine(0, -p.leading)
	case "TL", "Tc", "Tw", "Tz":
		if len(n) > 0 {
			p.set(operator, n[0])
		}
	case "Tj":
		p.show(last(operands))
	case "'", "\"":
		if operator == "\"" && len(n) >= 2 {
			p.word, p.char = n[0], n[1]
		}
		p.moveLine(0, -p.leading)
		p.show(last(operands))
	case "TJ":
		list, _ := last(operands).(array)
		for _, o := range list {
			if shift, ok := o.(float64); ok {
				p.advance(-shift / 1000 * p.size * p.scale)
			} else {
				p.show(o)
			}
		}
	}
}

func (p *painter) set(operator string, value float64) {
	switch operator {
	case "TL":
		p.leading = value
	case "Tc":
		p.char = value
	case "Tw":
		p.word = value
	case "Tz":
		p.scale = value / 100
	}
}

func (p *painter) moveLine(x, y float64) {
	p.textLineMatrix = matrix{1, 0, 0, 1, x, y}.times(p.textLineMatrix)
	p.textMatrix = p.textLineMatrix
}

func (p *painter) advance(x float64) {
	p.textMatrix = matrix{1, 0, 0, 1, x, 0}.times(p.textMatrix)
}

// show writes down a string where the pen is.
func (p *painter) show(o object) {
	codes, ok := o.(text)
	if !ok || !p.hasFont || p.font == nil {
		return
	}
	for i := 0; i+p.font.bytes <= len(codes); i += p.font.bytes {
		code := codeOf(string(codes[i : i+p.font.bytes]))
		plain, width := p.font.glyph(code)
		p.write(plain)
		step := width*p.size + p.char
		if p.font.bytes == 1 && code == ' ' {
			step += p.word
		}
		p.advance(step * p.scale)
		placed := p.textMatrix.times(p.ctm)
		p.penX, p.penY, p.hasPen = placed[4], placed[5], true
	}
}

// write adds the text of a glyph, after the break that its place calls for.
func (p *painter) write(plain string) {
	placed := p.textMatrix.times(p.ctm)
	height := math.Abs(p.size) * math.Hypot(placed[2], placed[3])
	if p.hasPen && !p.hasBlank {
		dx, dy := placed[4]-p.penX, math.Abs(placed[5]-p.penY)
		switch {
		case dy > height/2, dx < -height:
			plain = "\n" + plain
		case dx > height*0.15: // narrower than a blank, wider than kerning
			plain = " " + plain
		}
	} else if p.hasPen && math.Abs(placed[5]-p.penY) > height/2 {
		plain = "\n" + plain
	}
	if plain == "" {
		return
	}
	p.text.WriteString(plain)
	p.file.budget -= len(plain)
	p.hasBlank = strings.HasSuffix(plain, " ") || strings.HasSuffix(plain, "\n")
}

func numbers(operands []object) []float64 {
	n := make([]float64, 0, 6)
	for _, o := range operands {
		value, ok := o.(float64)
		if !ok {
			return n
		}
		n = append(n, value)
	}
	return n
}

func matrixOf(operands []object) (matrix, bool) {
	n := numbers(operands)
	if len(n) < 6 {
		return matrix{}, false
	}
	return matrix(n[:6]), true
}

func last(operands []object) object {
	if len(operands) == 0 {
		return nil
	}
	return operands[len(operands)-1]
}
