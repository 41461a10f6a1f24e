package record

import (
	"regexp"
	"strings"
)

// This file brings what a program does into a form that does not change from
// one run, user or machine to the next, so that two samples which do the same
// share a value. It is written for Windows; other paths pass unchanged but for
// what is random in them.

// maxBehaviour bounds a path, key or command line, in bytes. What is longer
// carries a payload, and its beginning says what it does.
const maxBehaviour = 512

// places are folders by the names that reports give them, lower case, most
// particular first.
var places = []struct {
	is   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`[a-z]:\\users\\[^\\]+\\appdata\\local\\temp\b`), `%temp%`},
	{regexp.MustCompile(`[a-z]:\\documents and settings\\[^\\]+\\local settings\\temp\b`), `%temp%`},
	{regexp.MustCompile(`[a-z]:\\users\\[^\\]+\\appdata\\roaming\b`), `%appdata%`},
	{regexp.MustCompile(`[a-z]:\\documents and settings\\[^\\]+\\application data\b`), `%appdata%`},
	{regexp.MustCompile(`[a-z]:\\users\\[^\\]+\\appdata\\local\b`), `%localappdata%`},
	{regexp.MustCompile(`[a-z]:\\users\\public\b`), `%public%`},
	{regexp.MustCompile(`[a-z]:\\(users|documents and settings)\\[^\\]+`), `%userprofile%`},
	{regexp.MustCompile(`%(userprofile|homepath)%\\appdata\\local\\temp\b`), `%temp%`},
	{regexp.MustCompile(`%(userprofile|homepath)%\\appdata\\roaming\b`), `%appdata%`},
	{regexp.MustCompile(`%(userprofile|homepath)%\\appdata\\local\b`), `%localappdata%`},
	{regexp.MustCompile(`%tmp%|%localappdata%\\temp\b`), `%temp%`},
	{regexp.MustCompile(`[a-z]:\\programdata\b|%allusersprofile%`), `%programdata%`},
	{regexp.MustCompile(`[a-z]:\\program files( \(x86\))?|%programfiles%\\\(x86\)|%programfiles\(x86\)%`), `%programfiles%`},
	{regexp.MustCompile(`[a-z]:\\windows\b|%systemroot%|\\systemroot\b`), `%windir%`},
	{regexp.MustCompile(`/home/[^/]+|/users/[^/]+`), `~`},
}

// hives are registry roots by the names that reports give them.
var hives = []struct {
	is   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`^\\?\\registry\\user\\s-1-5-21-[0-9-]+_classes`), `hkcu\software\classes`},
	{regexp.MustCompile(`^(\\?\\registry\\user|hkey_users|hku)\\s-1-5-[0-9-]+`), `hkcu`},
	{regexp.MustCompile(`^\\?\\registry\\machine`), `hklm`},
	{regexp.MustCompile(`^hkey_current_user`), `hkcu`},
	{regexp.MustCompile(`^hkey_local_machine`), `hklm`},
	{regexp.MustCompile(`^hkey_classes_root`), `hkcr`},
	{regexp.MustCompile(`^hkey_users`), `hku`},
	{regexp.MustCompile(`^(hklm\\system)\\(controlset00[0-9])`), `$1\currentcontrolset`},
}

// chance is what differs from run to run.
var chance = []struct {
	is   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?`), `{guid}`},
	{regexp.MustCompile(`s-1-5-21-[0-9-]+`), `{sid}`},
	{regexp.MustCompile(`\b(0x)?[0-9a-f]*[0-9][0-9a-f]{7,}\b|\b(0x)?[0-9a-f]{7,}[0-9][0-9a-f]*\b`), `#`},
	{regexp.MustCompile(`[0-9]{4,}`), `#`},
	{regexp.MustCompile(`__psscriptpolicytest_[a-z0-9.]+`), `__psscriptpolicytest_#`},
	{regexp.MustCompile(`(%temp%\\(?:[^\\]+\\)*[a-z]{0,3})[0-9a-f]{2,4}\.tmp`), `$1#.tmp`},
}

// Path returns a path in that form, lower case: the user's folders by their
// variable, identifiers and numbers blanked.
func Path(path string) string {
	return blanked(placed(strings.Trim(plain(path), `"' `)))
}

// RegistryKey returns a registry key in that form: roots by their short names,
// the user's own under hkcu.
func RegistryKey(key string) string {
	key = strings.TrimRight(plain(key), `\`)
	for _, h := range hives {
		key = h.is.ReplaceAllString(key, h.name)
	}
	return blanked(key)
}

var (
	// digests would be taken for base64; the sample is run under its own.
	digests  = regexp.MustCompile(`\b[0-9a-fA-F]{32,}\b`)
	ownImage = regexp.MustCompile(`%samplepath%\\[^ ]+`)
	// encoded is base64 of some length; case has to be seen.
	encoded = regexp.MustCompile(`[A-Za-z0-9+/]{40,}={0,2}`)
	address = regexp.MustCompile(`\b(?:https?|ftp)://[^\s"']+`)
	dotted  = regexp.MustCompile(`\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b`)
	blanks  = regexp.MustCompile(`\s+`)
)

// CommandLine returns the template of a command line: paths as [Path], and
// addresses, encoded payloads, identifiers and numbers blanked.
func CommandLine(line string) string {
	line = digests.ReplaceAllString(bounded(line), `#`)
	line = encoded.ReplaceAllString(line, `{base64}`)
	line = address.ReplaceAllString(plain(line), `{url}`)
	line = dotted.ReplaceAllString(line, `{ip}`)
	line = blanks.ReplaceAllString(strings.TrimSpace(strings.ReplaceAll(line, `"`, ``)), ` `)
	return ownImage.ReplaceAllString(blanked(placed(line)), `%sample%`)
}

// session is the name space in which the kernel keeps a session's objects.
var session = regexp.MustCompile(`(?i)^\\?\\?(sessions\\[0-9]+\\)?basenamedobjects\\`)

// ObjectName returns the name of a mutex or pipe without the name space that
// the kernel puts before it, and without Local\, which is the session's own name
// space and so means nothing. Case is kept: names of objects have it.
func ObjectName(name string) string {
	name = session.ReplaceAllString(strings.Trim(bounded(name), `"' `), ``)
	if pipe, ok := strings.CutPrefix(strings.ToLower(name), `\device\namedpipe\`); ok {
		return `\\.\pipe\` + name[len(name)-len(pipe):]
	}
	return strings.TrimPrefix(name, `Local\`)
}

func plain(text string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(bounded(text), `\??\`), `\\?\`))
}

func bounded(text string) string {
	if len(text) > maxBehaviour {
		text = strings.ToValidUTF8(text[:maxBehaviour], "")
	}
	return text
}

func placed(text string) string {
	for _, p := range places {
		text = p.is.ReplaceAllString(text, p.name)
	}
	return text
}

func blanked(text string) string {
	for _, c := range chance {
		text = c.is.ReplaceAllString(text, c.name)
	}
	return text
}
