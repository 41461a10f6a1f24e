package extract

import (
	"regexp"
	"strings"

	"clew/internal/observable"
)

// plausible reports whether a run that could be a domain or an address is one.
// Whoever defangs says so; everything else has to pass the rules below, each of
// which stands for a kind of text that was taken for an indicator.
func (s *scanner) plausible(r run, v observable.Value) bool {
	if v.Kind() == observable.IP {
		return r.defanged || s.mode != coded && s.plausibleAddress(r, v)
	}
	if r.defanged {
		return observable.HasKnownSuffix(v)
	}
	return s.mode != coded && s.plausibleDomain(r, v)
}

func (s *scanner) plausibleAddress(r run, v observable.Value) bool {
	before := s.before(r.start)
	if strings.IndexByte(".-_\\", before) >= 0 || s.at(r.end) == '.' && isAlnum(s.at(r.end+1)) {
		return false
	}
	// 0.0.0.0 and netmasks fill reports and are nobody's address.
	if strings.HasPrefix(v.Text(), "0.") || strings.HasPrefix(v.Text(), "255.") {
		return false
	}
	return !s.isVersion(r.start)
}

// isVersion reports whether what begins at i is a version number, by the word
// before it: "version 1.2.3.4", "Chrome/1.2.3.4", "builds 1.2.3.3 and 1.2.3.4".
func (s *scanner) isVersion(i int) bool {
	if s.before(i) == '/' && i > 1 && isLetter(s.text[i-2]) {
		return true
	}
	before := s.text[max(0, i-40):i]
	for range 2 {
		before = strings.TrimRight(before, " \t:=\"'(,.-0123456789")
		start := len(before)
		for start > 0 && isLetter(before[start-1]) {
			start--
		}
		word := strings.ToLower(before[start:])
		if versionWords[word] {
			return true
		}
		if word != "and" && word != "or" && word != "to" && word != "through" {
			return false
		}
		before = before[:start]
	}
	return false
}

var versionWords = set("version versions ver v build builds release releases firmware revision rev oid fileversion productversion assemblyversion")

// plausibleDomain judges a name that nobody defanged.
func (s *scanner) plausibleDomain(r run, v observable.Value) bool {
	if !observable.HasICANNSuffix(v) {
		return isOnion(v.Text())
	}
	if suffix, _ := observable.PublicSuffix(v); suffix == v.Text() && strings.Count(suffix, ".") == 1 && len(suffix) <= 6 {
		return false // com.br, co.uk
	}
	labels := strings.Split(r.name, ".")
	switch {
	case fileWord.MatchString(s.key(r.start)), s.isPart(r), s.isCode(r, labels), isPackage(labels), isSentence(labels), isProduct(labels):
		return false
	case fileSuffixes[strings.ToLower(labels[len(labels)-1])], len(labels) == 2 && receivers[strings.ToLower(labels[0])]:
		return s.isEvident(r, v, labels)
	}
	return true
}

// fileWord matches what stands before the name of a file.
var fileWord = regexp.MustCompile(`\b(file ?names?|files?|attachments?|process(es)?|imphash|package|bundle)$`)

// isOnion tells onion services by the length of their base32 label.
func isOnion(name string) bool {
	label, ok := strings.CutSuffix(name, ".onion")
	label = label[strings.LastIndexByte(label, '.')+1:]
	return ok && (len(label) == 16 || len(label) == 56) && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// isPart reports whether the run is part of something longer: a path, a
// handle, a variable, an escape.
func (s *scanner) isPart(r run) bool {
	before := s.before(r.start)
	twice := r.start > 1 && s.text[r.start-2] == before
	switch before {
	case '/', '\\': // "//evil.example/a" and "\\evil.example\share" name hosts
		return !twice || r.start > 2 && s.text[r.start-3] == ':'
	case '@', '$', '%', '-', '~':
		return true
	case '.':
		return twice
	}
	return false
}

// isCode reports whether the run is an expression: a call, an assignment, a
// name with an underscore.
func (s *scanner) isCode(r run, labels []string) bool {
	rest := s.text[r.end:min(len(s.text), r.end+4)]
	switch {
	case strings.HasPrefix(rest, "()"), strings.HasPrefix(rest, "[]"), strings.HasPrefix(rest, "::"):
		return true
	case strings.HasPrefix(rest, "("):
		return !wellKnown[strings.ToLower(labels[len(labels)-1])]
	case strings.HasPrefix(strings.TrimLeft(rest, " "), "=") && !strings.HasPrefix(strings.TrimLeft(rest, " "), "=>"):
		return true
	case strings.HasPrefix(rest, "->"), strings.HasPrefix(rest, "$"):
		return true
	}
	registrable := labels[len(labels)-2]
	return strings.Contains(registrable, "_") || strings.HasPrefix(registrable, "-")
}

// isPackage reports whether the labels are a package or bundle name with the
// domain of its maker reversed, such as com.example.app or br.com.example.app.
func isPackage(labels []string) bool {
	switch strings.ToLower(labels[0]) {
	case "com", "org", "net":
		return true
	case "edu", "gov", "io", "java", "javax", "android", "androidx", "kotlin":
		return len(labels) > 2 && !wellKnown[strings.ToLower(labels[len(labels)-1])]
	}
	return len(labels) > 3 && len(labels[0]) == 2 && strings.EqualFold(labels[1], "com")
}

// isSentence reports whether the dot ends one sentence and the next word begins
// another, "done.It was"; stands between the parts of a name in code,
// "Encoding.Group.id", "hhmmss.sZ"; or follows a number, "Fig. 1.In".
func isSentence(labels []string) bool {
	topLevel := labels[len(labels)-1]
	isKnown := wellKnown[strings.ToLower(topLevel)]
	if topLevel != strings.ToLower(topLevel) && topLevel != strings.ToUpper(topLevel) && !(isCapital(topLevel) && isKnown) {
		return true
	}
	if len(labels) > 2 && !isKnown && isCapital(labels[0]) && isCapital(labels[1]) {
		return true
	}
	return !isKnown && len(labels[len(labels)-2]) <= 2 && isDigitsOnly(labels[len(labels)-2])
}

// isCapital reports whether label is written like This.
func isCapital(label string) bool {
	return label[0] >= 'A' && label[0] <= 'Z' && label[1:] == strings.ToLower(label[1:])
}

// isProduct knows names that only look like domains.
func isProduct(labels []string) bool {
	name := strings.ToLower(strings.Join(labels, "."))
	if strings.HasSuffix(name, ".app") && labels[0][0] >= 'A' && labels[0][0] <= 'Z' {
		return true // Safari.app: a bundle of macOS
	}
	switch name {
	case "asp.net", "ado.net", "vb.net", "ml.net", "paint.net", "et.al":
		return true
	case "command.com", "chcp.com", "tree.com", "more.com", "mode.com", "format.com", "diskcopy.com", "win.com":
		return true // programs of DOS and Windows
	}
	return false
}

// wellKnown lists top-level domains that are no file suffix and no word of code.
var wellKnown = set("com net org info biz ru cn top xyz online site shop icu club vip")

// receivers lists what programs call the things whose members they name:
// user.name, this.id, data.map.
var receivers = set(`self this user file obj object item node event window document req res request response config conf
	data process package module player client server host os sys string array console math json system app root parent
	element el elem form field row col key val value target source input output session thread task job result ctx context`)

// fileSuffixes lists top-level domains that more often end a file name than a domain.
var fileSuffixes = set("zip mov sh py md rs pl pm ps so cab inc pub tf mk ax do properties map one foo bar")

func set(words string) map[string]bool {
	members := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		members[word] = true
	}
	return members
}
