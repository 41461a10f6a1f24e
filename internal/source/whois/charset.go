package whois

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// maxText bounds what is parsed, in bytes. The longest reply recorded has 7 KB;
// the rest of a longer one is not a record.
const maxText = 256 << 10

// charsets are what registries write in that do not write UTF-8, by the
// top-level domain of their server. RFC 3912 has no means to say it.
var charsets = map[string]encoding.Encoding{
	"jp": japanese.EUCJP,
	"kr": korean.EUCKR, // with the extension of code page 949
	"cn": simplifiedchinese.GB18030,
	"tw": traditionalchinese.Big5,
}

// shiftToJapanese begins text of two bytes a character in ISO-2022-JP (RFC 1468),
// which is what JPRS answers in. No other reply has the bytes.
var shiftToJapanese = [][]byte{[]byte("\x1b$B"), []byte("\x1b$@")}

// text returns a server's reply as UTF-8. What is in no encoding that the server
// is known for is read as Latin-1, in which every byte is a letter.
func text(server string, body []byte) string {
	if len(body) > maxText {
		body = cutAtLine(body[:maxText])
	}
	for _, shift := range shiftToJapanese {
		if bytes.Contains(body, shift) {
			return read(japanese.ISO2022JP, body)
		}
	}
	if utf8.Valid(body) {
		return string(body)
	}
	if charset, ok := charsets[server[strings.LastIndexByte(server, '.')+1:]]; ok {
		if decoded := read(charset, body); !strings.ContainsRune(decoded, utf8.RuneError) {
			return decoded
		}
	}
	return read(charmap.ISO8859_1, body)
}

// cutAtLine drops a last line that is not whole: half a character would make all
// of the text look like another encoding.
func cutAtLine(body []byte) []byte { return body[:bytes.LastIndexByte(body, '\n')+1] }

func read(charset encoding.Encoding, body []byte) string {
	decoded, err := charset.NewDecoder().Bytes(body)
	if err != nil { // decoders write U+FFFD for what they cannot read, and have no other errors
		return string(utf8.RuneError)
	}
	return string(decoded)
}
