package observable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLocalLen is the limit of RFC 5321 for the part before the @, in bytes.
const maxLocalLen = 64

// canonicalEmail writes an address in lower case with its domain in canonical
// form. Quoted local parts are refused: no provider hands them out, and quotes
// are how one smuggles an address into another.
func canonicalEmail(text string) (string, error) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", refuse("%.80q has no @, so it is no e-mail address", text)
	}
	local, host := strings.ToLower(text[:at]), text[at+1:]
	if local == "" || len(local) > maxLocalLen || strings.ContainsFunc(local, notInLocalPart) || !utf8.ValidString(local) {
		return "", refuse("%.80q is no e-mail address: the part before the @ is empty, too long or holds a character not allowed there", text)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner = trimPrefixFold(strings.TrimSuffix(inner, "]"), "IPv6:")
		addr, err := canonicalIP(inner)
		return local + "@[" + addr + "]", err
	}
	domain, err := canonicalDomain(host)
	return local + "@" + domain, err
}

func notInLocalPart(r rune) bool {
	if r < utf8.RuneSelf {
		return !isASCIIAlnum(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`|~", r)
	}
	return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsGraphic(r)
}

// betweenDigits drops what people write between the digits of a telephone number.
var betweenDigits = strings.NewReplacer("(0)", "", " ", "", "\u00a0", "", ".", "", "-", "", "(", "", ")", "", "/", "")

// canonicalPhone writes + and digits. Blanks, dots, hyphens and brackets are
// dropped, and so are an extension and the "(0)" that is not dialled from
// abroad. A number without its country code could be anybody's and is refused.
func canonicalPhone(text string) (string, error) {
	number := trimPrefixFold(text, "tel:")
	if i := strings.IndexAny(number, "xXeE;#"); i >= 0 { // x12, ext. 12, ;ext=12, #12
		number = number[:i]
	}
	number = betweenDigits.Replace(number)
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || !isDigits(digits) || digits[0] == '0' || len(digits) < 7 || len(digits) > 15 {
		return "", refuse("%.80q is no telephone number with its country code, such as +1 555 0100 000", text)
	}
	return "+" + digits, nil
}
