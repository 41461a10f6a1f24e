package extract

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"clew/internal/observable"
)

// word recognises what stands in one word: a technique, an AS number, a wallet,
// a tracker, an SSH key.
func (s *scanner) word(r run) int {
	if s.mode == coded || r.start == r.end {
		return 0
	}
	text := s.text[r.start:r.end]
	before := s.before(r.start)
	if before == '/' || before == '\\' || before == '-' || before == '.' {
		return 0
	}
	switch {
	case techniqueWord.MatchString(text):
		return s.parsed(r.start, r.end, observable.Technique)
	case text == "AS" || text == "ASN" || asnWord.MatchString(text):
		if size := len(asnForm.FindString(s.text[r.start:min(len(s.text), r.start+20)])); size > 0 {
			return s.parsed(r.start, r.start+size, observable.ASN)
		}
	case text == "SHA256" && s.at(r.end) == ':':
		if size := len(sshKeyForm.FindString(s.text[r.start:min(len(s.text), r.start+60)])); size > 0 {
			return s.parsed(r.start, r.start+size, observable.SSHKey)
		}
	case len(text) >= 26 && len(text) <= 90:
		return s.parsed(r.start, r.end, observable.Wallet)
	case trackerStart.MatchString(text):
		return s.parsed(r.start, r.end, observable.Tracker)
	}
	return 0
}

var (
	// The numbers that MITRE has given out: enterprise and mobile from T1001, ICS from T0800.
	techniqueWord = regexp.MustCompile(`^T(1(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})|0[89][0-9]{2})(\.[0-9]{3})?$`)
	// AS and one or two digits is a protocol (AS2) or a machine (AS400).
	asnWord      = regexp.MustCompile(`^ASN?[0-9]{3,10}$`)
	asnForm      = regexp.MustCompile(`^ASN?[ :#]{0,2}[0-9]{3,10}\b`)
	sshKeyForm   = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}`)
	trackerStart = regexp.MustCompile(`^(UA-[0-9]|G-[A-Z0-9]{8}|GTM-|(ca-)?pub-[0-9]{16}$|AW-[0-9]{9})`)
)

// parsed notes the text between two positions if it reads as that kind by itself.
func (s *scanner) parsed(start, end int, kind observable.Kind) int {
	text := s.text[start:end]
	if text == "AS400" {
		return 0
	}
	v, err := observable.Parse(text)
	if err != nil || v.Kind() != kind {
		return 0
	}
	return s.found(start, end, v, false)
}

// digests looks for hashes among the letters and digits of a run that is
// nothing else: alone, in a file name, behind an underscore.
func (s *scanner) digests(r run) {
	if s.mode == coded {
		return
	}
	for i := r.start; i < r.end; {
		end := i
		for end < r.end && isAlnum(s.text[end]) {
			end++
		}
		if end-i >= 8 {
			s.digest(i, end)
		}
		i = end + 1
	}
}

// digest recognises a hash by its length, and by the word before it where a
// length could mean several things.
func (s *scanner) digest(start, end int) {
	text := s.text[start:end]
	if strings.ContainsFunc(strings.TrimPrefix(text, "T1"), func(r rune) bool { return r >= utf8.RuneSelf || !isHexDigit(byte(r)) }) {
		return
	}
	var kind observable.Kind
	switch len(text) {
	case 32, 40, 64, 128:
		kind = observable.File
		if named, ok := s.digestKind(start, end); ok {
			kind = named
		}
	case 62:
		kind = observable.JARM
	case 70, 72:
		kind = observable.TLSH
	default:
		if serialKey.MatchString(s.key(start)) {
			kind = observable.Serial
		}
	}
	if kind == 0 || isDigitsOnly(text) && kind != observable.Serial {
		return
	}
	if v, err := observable.New(kind, text); err == nil {
		s.found(start, end, v, false)
	}
}

// digestKind says what kind of hash stands at start by the word before it or,
// in a list, by the heading of the list.
func (s *scanner) digestKind(start, end int) (observable.Kind, bool) {
	if kind, ok := kindBefore(s.key(start)); ok {
		return kind, true
	}
	line := s.line(start)
	if bare(s.text[line.start:line.end]) != s.text[start:end] {
		return 0, false
	}
	above, _ := s.lineAbove(line)
	list := s.list
	if list.end != above.end || above.end == 0 {
		list.kind, list.named = kindBefore(strings.ToLower(strings.Trim(s.text[above.start:above.end], " \t\r:*#-=|")))
	}
	list.end = line.end
	s.list = list
	return list.kind, list.named
}

// hashList is the list of hashes being read: where its last line ends, and the
// kind its heading named.
type hashList struct {
	end   int
	kind  observable.Kind
	named bool
}

func kindBefore(key string) (observable.Kind, bool) {
	for _, k := range digestKeys {
		if k.before.MatchString(key) {
			return k.kind, true
		}
	}
	return 0, false
}

// digestKeys says what a hash is by the word before it. Kind 0 stands for
// hashes of something that clew has no kind for.
var digestKeys = []struct {
	before *regexp.Regexp
	kind   observable.Kind
}{
	{regexp.MustCompile(`(imphash(es)?|import hash(es)?)$`), observable.Imphash},
	{regexp.MustCompile(`rich[ _-]?(pe[ _-]?)?(header)?[ _-]?(hash|md5)?$`), observable.RichHash},
	{regexp.MustCompile(`\bja3( (hash|digest|md5|fingerprint))?$`), observable.JA3},
	{regexp.MustCompile(`\bja3s( (hash|digest|md5|fingerprint))?$`), observable.JA3S},
	{serialKey, observable.Serial},
	{regexp.MustCompile(`(thumbprint|certificates|certs|(cert|certificate|ssl|tls|x\.?509)[ _-]?(sha-?1|sha-?256|fingerprint|hash)( fingerprint)?)s?$`), observable.Cert},
	{regexp.MustCompile(`\b(authenti ?hash|vhash|ja4[a-z]*|hassh(server)?|commit|revision|uuid|guid|etag|session ?id|nonce|salt|token|api[ _-]?key|password|mmh3|favicon|dhash|permhash|telfhash)$`), 0},
}

// colons recognises what is made of hexadecimal digits and colons: IPv6
// addresses and fingerprints; and ssdeep hashes.
func (s *scanner) colons(i int) int {
	if !isHexDigit(s.text[i]) || s.mode == coded || s.insideColons(i) {
		return 0
	}
	end, count := i, 0
	for end < len(s.text) && end-i < 200 {
		c := s.text[end]
		if size := s.mark(end); size > 0 {
			plain, _ := observable.Mark(s.text[end:])
			if plain != ":" {
				break
			}
			count++
			end += size
			continue
		}
		if c == ':' {
			count++
		} else if !isHexDigit(c) && c != '.' {
			break
		}
		end++
	}
	if count < 2 {
		return s.ssdeep(i)
	}
	if wordRune(s.text[end:]) > 0 {
		return s.ssdeep(i)
	}
	raw := strings.TrimRight(s.text[i:end], ".")
	if strings.HasSuffix(raw, ":") && !strings.HasSuffix(raw, "::") {
		raw = raw[:len(raw)-1]
	}
	end = i + len(raw)
	switch strings.Count(raw, ":") {
	case 15, 16, 17, 18:
		if serialKey.MatchString(s.key(i)) {
			return s.newAs(observable.Serial, i, end)
		}
		if sshKey.MatchString(s.key(i)) {
			return s.newAs(observable.SSHKey, i, end)
		}
		return end
	case 19, 31:
		if serialKey.MatchString(s.key(i)) {
			return s.newAs(observable.Serial, i, end)
		}
		return s.newAs(observable.Cert, i, end)
	}
	return s.ipv6(i, end)
}

// insideColons reports whether position i is in the middle of groups divided by
// colons. A word before the colon, as in "IP:2001:db8::1", is no group.
func (s *scanner) insideColons(i int) bool {
	if s.before(i) != ':' {
		return false
	}
	start := i - 1
	for start > 0 && i-start < 6 && isHexDigit(s.text[start-1]) {
		start--
	}
	return start == 0 || wordRune(s.text[start-1:]) == 0
}

var (
	serialKey = regexp.MustCompile(`serial([ _-]?(number|no\.?))?$`)
	sshKey    = regexp.MustCompile(`(md5|ssh.{0,24}|host ?key( fingerprint)?)$`)
)

// ipv6 recognises an address with at least four groups or three colons; less,
// such as "a::b", is code.
func (s *scanner) ipv6(i, end int) int {
	v, err := observable.ParseAs(observable.IP, s.text[i:end])
	if err != nil || !strings.ContainsAny(v.Text(), "0123456789") || strings.Count(v.Text(), ":") < 3 && !strings.HasPrefix(v.Text(), "fe80:") && !strings.HasPrefix(v.Text(), "2") {
		return 0
	}
	isDefanged := hasMark(s.text[i:end])
	if digits := s.digitsFrom(end + 1); s.at(end) == '/' && digits > 0 && digits <= 3 {
		if p, err := observable.New(observable.Prefix, v.Text()+s.text[end:end+1+digits]); err == nil {
			return s.found(i, end+1+digits, p, isDefanged)
		}
	}
	return s.found(i, end, v, isDefanged)
}

func (s *scanner) newAs(kind observable.Kind, start, end int) int {
	v, err := observable.New(kind, s.text[start:end])
	if err != nil {
		return 0
	}
	return s.found(start, end, v, false)
}

var ssdeepForm = regexp.MustCompile(`^[0-9]{1,9}:[A-Za-z0-9+/]{6,128}:[A-Za-z0-9+/]{3,128}`)

func (s *scanner) ssdeep(i int) int {
	digits := s.digitsFrom(i)
	if digits == 0 || digits > 9 || s.at(i+digits) != ':' {
		return 0
	}
	size := len(ssdeepForm.FindString(s.text[i:min(len(s.text), i+300)]))
	if size == 0 || wordRune(s.text[i+size:]) > 0 {
		return 0
	}
	return s.newAs(observable.Ssdeep, i, i+size)
}

var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{0,3}([ .-]?(\([0-9]{1,5}\)|[0-9]{1,12})){1,6}`)

// phone recognises a number that begins with its country code.
func (s *scanner) phone(i int) int {
	before := s.before(i)
	if s.mode == coded || isAlnum(before) || strings.IndexByte("+/=_-.", before) >= 0 {
		return 0
	}
	size := len(phoneForm.FindString(s.text[i:min(len(s.text), i+30)]))
	if size == 0 || wordRune(s.text[i+size:]) > 0 {
		return 0
	}
	v, err := observable.New(observable.Phone, s.text[i:i+size])
	if err != nil || len(v.Text()) < len("+12345678") {
		return 0
	}
	return s.found(i, i+size, v, false)
}

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' && isLetter(c) }

func isDigitsOnly(text string) bool { return strings.Trim(text, "0123456789") == "" }
