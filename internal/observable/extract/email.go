package extract

import (
	"encoding/base64"
	"mime"
	"strings"
)

// maxParts bounds the parts of one multipart body.
const maxParts = 500

// readEmail reads the header and the body of a message, part by part.
func (d *document) readEmail(l *layer, depth int) {
	header, body := splitHeader(l)
	fields := headerFields(header)
	d.scan(decodeHeader(header, fields), prosaic)
	d.readPart(body, fields, depth)
}

// A field is one header field, unfolded, and where it stands.
type field struct {
	name, value string
	start, end  int
}

// splitHeader divides a message or a part at its first empty line.
func splitHeader(l *layer) (header, body *layer) {
	end, next := len(l.text), len(l.text)
	for i := 0; i < len(l.text); {
		line := strings.IndexByte(l.text[i:], '\n')
		if line < 0 {
			break
		}
		if strings.TrimRight(l.text[i:i+line], "\r") == "" {
			end, next = i, i+line+1
			break
		}
		i += line + 1
	}
	return part(l, 0, end), part(l, next, len(l.text))
}

func part(l *layer, from, to int) *layer {
	return &layer{text: l.text[from:to], spans: []span{{0, int32(from), alike}}, parent: l} // inputs end at maxMaxBytes
}

func headerFields(l *layer) []field {
	var fields []field
	position := 0
	for line := range strings.SplitAfterSeq(l.text, "\n") {
		start := position
		position += len(line)
		text := strings.TrimRight(line, "\r\n")
		if last := len(fields) - 1; last >= 0 && text != "" && (text[0] == ' ' || text[0] == '\t') {
			fields[last].value += " " + strings.TrimSpace(text)
			fields[last].end = position
			continue
		}
		name, value, found := strings.Cut(text, ":")
		if found {
			fields = append(fields, field{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value), start, position})
		}
	}
	return fields
}

// valueOf returns the first field of that name, "" for none.
func valueOf(fields []field, name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// decodeHeader copies the fields that may hold indicators, with encoded words
// decoded. Signatures are noise, message names look like addresses, and mailers
// give versions that look like IP addresses.
func decodeHeader(l *layer, fields []field) *layer {
	b := builder{parent: l}
	var words mime.WordDecoder
	for _, f := range fields {
		switch f.name {
		case "message-id", "in-reply-to", "references", "content-id", "x-mailer", "user-agent", "x-mimeole",
			"dkim-signature", "arc-seal", "arc-message-signature", "x-google-dkim-signature", "content-type", "mime-version":
			continue
		}
		if plain, err := words.DecodeHeader(f.value); err == nil && plain != f.value {
			b.add(f.name+": "+plain+"\n", f.start, still)
			continue
		}
		b.copy(f.start, f.end)
	}
	return b.layer()
}

// readPart reads a body by its content type, after its transfer encoding is undone.
func (d *document) readPart(l *layer, fields []field, depth int) {
	if depth > maxDepth {
		d.skip("parts of the message nested deeper than %d", maxDepth)
		return
	}
	media, parameters, err := mime.ParseMediaType(valueOf(fields, "content-type"))
	if err != nil && media == "" {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") && parameters["boundary"] != "" {
		d.readParts(l, parameters["boundary"], depth)
		return
	}
	switch strings.ToLower(valueOf(fields, "content-transfer-encoding")) {
	case "base64":
		l = decodeBase64(l)
	case "quoted-printable":
		l = decodeQuotedPrintable(l)
	}
	switch {
	case media == "text/html" || media == "application/xhtml+xml":
		d.read(l, HTML, depth+1)
	case media == "message/rfc822" || media == "text/rfc822-headers":
		d.read(l, Email, depth+1)
	case media == "application/json":
		d.read(l, JSON, depth+1)
	case media == "text/csv":
		d.read(l, CSV, depth+1)
	case strings.Contains(l.text[:min(len(l.text), 1024)], "%PDF-"):
		d.read(l, PDF, depth+1)
	case strings.HasPrefix(media, "text/"):
		d.read(l, Text, depth+1)
	default:
		_, disposition, _ := mime.ParseMediaType(valueOf(fields, "content-disposition"))
		name := disposition["filename"]
		if name == "" {
			name = parameters["name"]
		}
		d.skip("attachment %q of type %s was not read", name, media)
	}
}

// readParts reads the parts of a multipart body.
func (d *document) readParts(l *layer, boundary string, depth int) {
	for i, section := range sections(l.text, "--"+boundary) {
		if i == maxParts {
			d.skip("more than %d parts in one message", maxParts)
			return
		}
		header, body := splitHeader(part(l, section.start, section.end))
		d.readPart(body, headerFields(header), depth+1)
	}
}

// sections returns what stands between the lines that are delimiter. The last
// one ends at the text's end where a message was cut.
func sections(text, delimiter string) []stretch {
	var found []stretch
	start, position := -1, 0
	for line := range strings.SplitAfterSeq(text, "\n") {
		begin := position
		position += len(line)
		rest, isDelimiter := strings.CutPrefix(strings.TrimRight(line, " \t\r\n"), delimiter)
		if !isDelimiter || rest != "" && rest != "--" {
			continue
		}
		if start >= 0 {
			found = append(found, stretch{start, begin})
		}
		if start = position; rest == "--" {
			return found
		}
	}
	if start >= 0 {
		found = append(found, stretch{start, len(text)})
	}
	return found
}

// decodeBase64 decodes line by line, so that positions stay near and a broken
// line costs only itself.
func decodeBase64(l *layer) *layer {
	b := builder{parent: l}
	position, carry, carryStart := 0, "", 0
	for line := range strings.SplitAfterSeq(l.text, "\n") {
		start := position
		position += len(line)
		text := strings.TrimRight(strings.TrimSpace(line), "=")
		if text == "" {
			continue
		}
		if carry != "" {
			start, text = carryStart, carry+text
		}
		whole := len(text) / 4 * 4
		if position == len(l.text) || strings.Contains(line, "=") {
			whole = len(text)
		}
		carry, carryStart = text[whole:], start+whole
		plain, err := base64.RawStdEncoding.DecodeString(text[:whole])
		if err != nil {
			carry = ""
		}
		b.add(string(plain), start, inBase64)
	}
	return b.layer()
}

// decodeQuotedPrintable undoes =3D and soft line breaks.
func decodeQuotedPrintable(l *layer) *layer {
	return unescape(l, '=', func(rest string) (string, int) {
		switch {
		case strings.HasPrefix(rest, "=\r\n"):
			return "", 3
		case strings.HasPrefix(rest, "=\n"):
			return "", 2
		case len(rest) >= 3 && isHexDigit(rest[1]) && isHexDigit(rest[2]):
			return string([]byte{unhex(rest[1])<<4 | unhex(rest[2])}), 3
		}
		return "", 0
	})
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
