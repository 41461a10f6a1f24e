package format

import "strings"

// Extension hands the key=value pairs of a CEF extension to emit. A value goes
// on until the next word that an unescaped equals sign follows.
func Extension(text []byte, emit func(key, value string)) {
	key, valueStart, keyStart := "", 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ' ', '\t':
			keyStart = i + 1
		case '=':
			if keyStart > i {
				continue
			}
			name := string(text[keyStart:i])
			if !isExtensionKey(name) {
				continue
			}
			if key != "" {
				emit(key, UnescapeCEF(strings.TrimSpace(string(text[valueStart:keyStart]))))
			}
			key, valueStart = name, i+1
			keyStart = len(text) // what follows is a value until the next blank
		}
	}
	if key != "" {
		emit(key, UnescapeCEF(strings.TrimSpace(string(text[min(valueStart, len(text)):]))))
	}
}

func isExtensionKey(name string) bool {
	if name == "" || len(name) > 80 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.-[]", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

// UnescapeCEF undoes the escapes of CEF headers and values.
func UnescapeCEF(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return cefEscapes.Replace(text)
}

var cefEscapes = strings.NewReplacer(`\\`, `\`, `\|`, `|`, `\=`, `=`, `\n`, "\n", `\r`, "\r")
