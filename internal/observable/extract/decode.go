package extract

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decoded returns the input as UTF-8, or ErrUnreadable for forms that hold no
// text as they are. Bytes that are no UTF-8 stay: no indicator holds them, so
// they only end words, whatever the character set was.
func decoded(data string) (*layer, error) {
	for _, form := range unreadable {
		if strings.HasPrefix(data, form.magic) {
			return nil, fmt.Errorf("%w: %s", ErrUnreadable, form.advice)
		}
	}
	input := &layer{text: data}
	switch {
	case strings.HasPrefix(data, "\xef\xbb\xbf"):
		b := builder{parent: input}
		b.copy(3, len(data))
		return b.layer(), nil
	case strings.HasPrefix(data, "\xff\xfe"):
		return fromUTF16(input, 2, 0), nil
	case strings.HasPrefix(data, "\xfe\xff"):
		return fromUTF16(input, 2, 1), nil
	case isUTF16(data, 1):
		return fromUTF16(input, 0, 0), nil
	case isUTF16(data, 0):
		return fromUTF16(input, 0, 1), nil
	}
	return input, nil
}

var unreadable = []struct{ magic, advice string }{
	{"PK\x03\x04", "a ZIP archive or an Office document; unpack it, or save the document as PDF or text"},
	{"\xd0\xcf\x11\xe0", "an old Office document or Outlook message; save it as PDF, text or .eml"},
	{"\x1f\x8b", "gzip data; unpack it first"},
	{"7z\xbc\xaf", "a 7z archive; unpack it first"},
	{"\x28\xb5\x2f\xfd", "zstd data; unpack it first"},
	{"MZ", "a program; analyse it with: clew file"},
	{"\x7fELF", "a program; analyse it with: clew file"},
	{"\x89PNG", "an image; clew does not read text in pictures"},
	{"\xff\xd8\xff", "an image; clew does not read text in pictures"},
}

// isUTF16 reports whether data without a mark looks like UTF-16: mostly ASCII,
// with a zero byte at every second position.
func isUTF16(data string, zero int) bool {
	const sample = 64
	if len(data) < sample {
		return false
	}
	zeros := 0
	for i := 0; i < sample; i += 2 {
		if data[i+zero] == 0 && data[i+1-zero] != 0 {
			zeros++
		}
	}
	return zeros > sample/2*3/4
}

// fromUTF16 decodes the parent from position i; high is the place of the high
// byte in each pair, 0 for little endian's second.
func fromUTF16(parent *layer, i, bigEndian int) *layer {
	data := parent.text
	unit := func(i int) rune {
		return rune(data[i+1-bigEndian])<<8 | rune(data[i+bigEndian])
	}
	b := builder{parent: parent}
	for i+1 < len(data) {
		start := i
		var ascii []byte
		for i+1 < len(data) && unit(i) < utf8.RuneSelf {
			ascii = append(ascii, byte(unit(i)))
			i += 2
		}
		b.add(string(ascii), start, inUTF16)
		if i+1 >= len(data) {
			break
		}
		r, size := unit(i), 2
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			r, size = utf16.DecodeRune(r, unit(i+2)), 4
		}
		b.add(string(r), i, still)
		i += size
	}
	return b.layer()
}

// visible drops the characters that break words where no reader sees it:
// zero-width space and no-break space, soft hyphen, word joiner.
func visible(l *layer) *layer {
	const unseen = "\u200b\ufeff\u00ad\u2060"
	if !strings.ContainsAny(l.text, unseen) {
		return l
	}
	b := builder{parent: l}
	for i := 0; i < len(l.text); {
		n := strings.IndexAny(l.text[i:], unseen)
		if n < 0 {
			n = len(l.text) - i
		}
		b.copy(i, i+n)
		_, size := utf8.DecodeRuneInString(l.text[i+n:])
		i += n + size
	}
	return b.layer()
}

// unescapeJSON undoes the escapes of JSON strings. A line break in a string
// becomes one.
func unescapeJSON(l *layer) *layer {
	return unescape(l, '\\', func(rest string) (string, int) {
		if len(rest) < 2 {
			return "", 0
		}
		switch rest[1] {
		case '/', '"', '\\':
			return rest[1:2], 2
		case 'n', 'r', 't', 'b', 'f':
			return "\n", 2
		case 'u':
			if len(rest) >= 6 {
				if code, err := strconv.ParseUint(rest[2:6], 16, 16); err == nil {
					return string(rune(code)), 6
				}
			}
		}
		return "", 0
	})
}

// unescapeMarkdown drops the backslash before punctuation that Markdown would
// take for markup. Before dots, colons and @ it stays: there it may as well be
// the author's way to defang.
func unescapeMarkdown(l *layer) *layer {
	return unescape(l, '\\', func(rest string) (string, int) {
		if len(rest) > 1 && strings.IndexByte("_*[]()-~#&|{}+!<>`", rest[1]) >= 0 {
			return rest[1:2], 2
		}
		return "", 0
	})
}

// unescape replaces what begins with the byte start: replace gets the text from
// there, and returns what to put and how much it replaces, 0 for nothing.
func unescape(l *layer, start byte, replace func(rest string) (string, int)) *layer {
	if strings.IndexByte(l.text, start) < 0 {
		return l
	}
	b := builder{parent: l}
	copied := 0
	for i := 0; i < len(l.text); {
		n := strings.IndexByte(l.text[i:], start)
		if n < 0 {
			break
		}
		i += n
		text, size := replace(l.text[i:])
		if size == 0 {
			i++
			continue
		}
		b.copy(copied, i)
		b.add(text, i, still)
		i += size
		copied = i
	}
	b.copy(copied, len(l.text))
	return b.layer()
}
