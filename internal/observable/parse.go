package observable

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads one indicator as analysts paste it: defanged or not, quoted, with
// a port, upper case. It guesses the kind; "kind:value" names it, with the names
// of [Kind] or, for files, md5, sha1, sha256, sha512 or hash.
//
// A name counts as a domain when its top-level domain exists or is reserved
// ([Special]); domain:value takes any. A host with a path and no scheme is an
// http URL, an address or a name with a port is the address or the name.
// Errors wrap [ErrNotIndicator] and say what to write instead.
func Parse(text string) (Value, error) {
	if len(text) > 4*MaxLen {
		return Value{}, refuse("%d bytes; at most %d are taken", len(text), MaxLen)
	}
	text = strings.TrimSpace(text)
	if name, rest, found := strings.Cut(text, ":"); found {
		if kind, ok := namedKind(name, rest); ok {
			return ParseAs(kind, rest)
		}
	}
	return guess(trimAround(visible(text)))
}

// ParseAs reads an indicator of a known kind as people paste it: [New] with
// quotes and defanging undone, the port behind a host dropped, and http:// put
// before what is known to be a URL and has no scheme. In kinds that are free text only the marks
// [Value.Defang] writes are undone, since anything else may belong to the text.
func ParseAs(kind Kind, text string) (Value, error) {
	if len(text) > 4*MaxLen {
		return Value{}, refuse("a %s of %d bytes; at most %d are taken", kind, len(text), MaxLen)
	}
	if kind.freeText() {
		return New(kind, unfence(text))
	}
	text = unquote(visible(strings.TrimSpace(text)))
	if kind == URL {
		if plain, ok := refangURL(text); ok {
			return New(kind, plain)
		}
		text = refang(text, '(')
		if _, ok := hostIn(text); ok {
			text = "http://" + text
		}
		return New(kind, text)
	}
	text = refang(text, 0)
	v, err := New(kind, text)
	if err != nil {
		if host, ok := hostIn(text); ok && host.kind == kind {
			return host, nil // with a port
		}
	}
	return v, err
}

// namedKind reads the name before the first colon of "kind:value".
func namedKind(name, rest string) (Kind, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "hash", "md5", "sha1", "sha256", "sha512":
		// SHA256: and base64 is how ssh prints a host key.
		return File, isFileHash(strings.ToLower(strings.TrimSpace(rest)))
	}
	return KindNamed(name)
}

// guess finds the kind of text, the most telling forms first.
func guess(text string) (Value, error) {
	if address, ok := refangURL(text); ok {
		return New(URL, address)
	}
	text = refang(text, 0)
	if address, found := strings.CutPrefix(strings.ToLower(text), "mailto:"); found {
		address, _, _ = strings.Cut(address, "?")
		return New(Email, address)
	}
	for _, kind := range telling {
		if looksLike(kind, text) {
			if v, err := New(kind, text); err == nil {
				return v, nil
			}
		}
	}
	if strings.Contains(text, "@") {
		return New(Email, text)
	}
	if v, ok := hostIn(text); ok {
		return v, nil
	}
	return Value{}, explain(text)
}

// telling lists the kinds that can be told by their form, in the order they are tried.
var telling = []Kind{Prefix, IP, ASN, File, Cert, SSHKey, TLSH, JARM, JA4, Ssdeep, Technique, Wallet, Tracker, Phone}

// looksLike reports whether text has the form of that kind, and hardly of
// anything else; New then checks it.
func looksLike(kind Kind, text string) bool {
	switch kind {
	case Prefix:
		return strings.Contains(text, "/")
	case IP:
		return strings.Contains(text, ":") || strings.Trim(text, ".0123456789") == ""
	case File:
		return isFileHash(strings.ToLower(text))
	case JARM:
		return len(text) == 2*jarmSize
	case JA4:
		return ja4Form.MatchString(strings.ToLower(text))
	case Technique:
		return techniqueForm.MatchString(strings.ToUpper(text))
	case ASN:
		return len(text) > 2 && strings.EqualFold(text[:2], "as") && strings.ContainsAny(text, "0123456789")
	case Cert: // as certificate viewers print fingerprints; plain digits are a file's
		return strings.Count(text, ":") >= sha1Size-1
	case SSHKey:
		return strings.Contains(text, ":")
	case TLSH:
		return len(text) == 2*tlshSize || len(text) == 2*tlshSize+len("T1")
	case Ssdeep: // "12:30:45" is a time
		return len(text) >= 20 && strings.Count(text, ":") == 2
	case Wallet:
		return knownWallet(text)
	case Tracker:
		return trackerForm.MatchString(text) && strings.ContainsAny(text, "0123456789") || adsenseForm.MatchString(text)
	case Phone:
		return strings.HasPrefix(text, "+") || strings.HasPrefix(strings.ToLower(text), "tel:+")
	}
	return false
}

// hostIn reads host, host:port and host/path.
func hostIn(text string) (Value, bool) {
	end := authorityEnd(text)
	host, port := splitPort(text[:end])
	if port != "" && (!isDigits(port) || len(port) > 5) {
		return Value{}, false
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	v, err := New(IP, host)
	if err != nil {
		if v, err = New(Domain, host); err != nil || !hasKnownSuffix(v.text) {
			return Value{}, false
		}
	}
	if tail := text[end:]; len(tail) > 1 {
		v, err = New(URL, "http://"+text)
	}
	return v, err == nil
}

// visible drops the characters that copying out of a page or a PDF leaves
// behind: zero-width space and no-break space, soft hyphen, word joiner.
func visible(text string) string {
	if isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\ufeff', '\u00ad', '\u2060':
			return -1
		}
		return r
	}, text)
}

var (
	openings = []rune("\"'`<([{“‘«‹„")
	closings = []rune("\"'`>)]}”’»›“")
)

// unquote strips one pair of quotes or brackets after the other from around text.
func unquote(text string) string {
	for {
		first, firstSize := utf8.DecodeRuneInString(text)
		last, lastSize := utf8.DecodeLastRuneInString(text)
		i := slices.Index(openings, first)
		if i < 0 || closings[i] != last || len(text) < firstSize+lastSize || strings.ContainsRune(text[firstSize:len(text)-lastSize], first) {
			return text
		}
		text = strings.TrimSpace(text[firstSize : len(text)-lastSize])
	}
}

// trimAround strips from pasted text the punctuation of the sentence it stood in.
func trimAround(text string) string {
	for {
		before := text
		text = unquote(strings.TrimSpace(text))
		last, size := utf8.DecodeLastRuneInString(text)
		if strings.ContainsRune(".,;:!'\"`’”", last) && size > 0 {
			text = text[:len(text)-size]
		}
		if i := slices.Index(closings[3:7], last); i >= 0 && !strings.ContainsRune(text, openings[3+i]) {
			text = text[:len(text)-size]
		}
		first, size := utf8.DecodeRuneInString(text)
		if i := slices.Index(openings[:7], first); i >= 0 && !strings.ContainsRune(text[size:], closings[i]) {
			text = text[size:]
		}
		if text == before {
			return text
		}
	}
}
