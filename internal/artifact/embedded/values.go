package embedded

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observable/extract"
)

// worthLooking is a cheap test that nearly every string of a program fails.
func worthLooking(text []byte) bool {
	if bytes.IndexByte(text, '.') > 0 || bytes.IndexByte(text, '\\') >= 0 {
		return true
	}
	const shortestWallet = 26
	return len(text) >= shortestWallet && (bytes.Contains(text, []byte("://")) || isOneWord(text))
}

func isOneWord(text []byte) bool {
	return !bytes.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// values returns what one string holds.
func values(text string) []observable.Value {
	all := named(text)
	if !strings.ContainsAny(text, ".") && !strings.Contains(text, "://") && !isOneWord([]byte(text)) {
		return all
	}
	result, err := extract.Extract(strings.NewReader(text), extract.Options{Type: extract.Text, Distinct: true})
	if err != nil {
		return all // what cannot be read holds nothing
	}
	for _, f := range result.Found {
		if stands(text, f) && !observable.IsLocal(f.Value) {
			all = append(all, f.Value)
		}
	}
	return all
}

var (
	debugPath = regexp.MustCompile(`(?i)[a-z]:\\[^"<>|?*:]{1,250}?\.pdb`)
	mutexName = regexp.MustCompile(`^(?:Global|Local)\\[\w{}.@#$ -]{3,200}$`)
	pipeName  = regexp.MustCompile(`^\\\\\.\\pipe\\[\w{}.@#$\\-]{2,200}$`)
	agentName = regexp.MustCompile(`^(?:User-Agent: ?)?(Mozilla/\d\.\d [ -~]{8,400})$`)
	agentLine = regexp.MustCompile(`^User-Agent: ?([ -~]{3,400})$`)
)

// named returns values that are told by their form as a whole.
func named(text string) []observable.Value {
	var all []observable.Value
	add := func(kind observable.Kind, form *regexp.Regexp) {
		match := form.FindStringSubmatch(text)
		if match == nil || strings.Contains(text, "%s") || strings.Contains(text, "%d") {
			return
		}
		if v, err := observable.New(kind, match[len(match)-1]); err == nil {
			all = append(all, v)
		}
	}
	if strings.IndexByte(text, '\\') >= 0 {
		add(observable.PDB, debugPath)
		add(observable.Mutex, mutexName)
		add(observable.Mutex, pipeName)
	}
	if strings.Contains(text, "Mozilla/") {
		add(observable.UserAgent, agentName)
	} else if strings.HasPrefix(text, "User-Agent:") {
		add(observable.UserAgent, agentLine)
	}
	return all
}

// stands reports whether what was found in a string of a program may be meant.
func stands(text string, f extract.Found) bool {
	switch f.Value.Kind() {
	case observable.URL:
		return hostOfURL(f.Value) && (strings.Contains(f.Raw, "://") || standsAlone(text, f.Raw) && webPath.MatchString(f.Raw))
	case observable.Email:
		return !strings.Contains(text, "%") && observable.HasICANNSuffix(hostOf(f.Value))
	case observable.Wallet:
		return len(f.Raw) == len(strings.TrimSpace(text))
	case observable.Domain:
		return standsAlone(text, f.Raw) && strings.ToLower(f.Raw) == f.Raw && tellingSuffix(f.Value)
	case observable.IP:
		return standsAlone(text, f.Raw) && !looksLikeVersion(f.Raw)
	}
	return false
}

func hostOf(v observable.Value) observable.Value {
	host, _ := observable.Host(v)
	return host
}

// webPath is how the address of a page ends. Without a scheme it takes that to
// tell one from a package and the name of something in it, which every Go
// program is full of: golang.org/x/crypto/ssh.newBuffer.
var webPath = regexp.MustCompile(`(?i)(/|\?.*|\.(php\d?|aspx?|jspx?|cgi|html?|hta|exe|dll|bin|dat|txt|zip|rar|7z|gz|sh|ps1|bat|vbs|png|jpe?g|gif|ico|json|xml))$`)

// hostOfURL wants a host that can be: namespaces of XML on one label, templates
// and the empty name are none.
func hostOfURL(v observable.Value) bool {
	host := hostOf(v)
	return !host.IsZero() && !strings.ContainsAny(host.Text(), "%{}$<>*")
}

// standsAlone reports whether raw is the whole string, save a port or a path.
func standsAlone(text, raw string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), raw)
	return ok && (rest == "" || rest[0] == ':' || rest[0] == '/')
}

// looksLikeVersion tells 6.0.0.0 and 10.0.19041.1 from an address, as far as
// that can be: versions end in zeros or begin with small numbers.
func looksLikeVersion(raw string) bool {
	parts := strings.Split(raw, ".")
	if len(parts) != 4 {
		return false
	}
	zeros, short := 0, 0
	for _, p := range parts {
		if p == "0" {
			zeros++
		}
		if len(p) == 1 {
			short++
		}
	}
	return zeros >= 2 || short >= 3
}

// codeSuffixes are top-level domains that in a program end the name of a file,
// a field or a package far more often than a host's.
var codeSuffixes = strings.Fields(`zip mov sh py md rs pl pm ps so cab cc inc ml tf mk ax do properties map one foo bar name id
	app int win java dev work link click data run call help date page host download video audio media game zone system
	open read save now prof secure zero`)

// codeOwners are packages of Go's library that its symbols begin with, and that
// nobody calls a host: runtime.gc, errors.is, reflect.flag.ro.
var codeOwners = strings.Fields("runtime errors reflect syscall time unique strings bytes unicode fmt")

// tellingSuffix reports whether a name in a program is a host's by its end.
func tellingSuffix(v observable.Value) bool {
	name := v.Text()
	if !observable.HasICANNSuffix(v) || strings.Count(name, ".") > 5 {
		return false
	}
	if owner, _, _ := strings.Cut(name, "."); slices.Contains(codeOwners, owner) {
		return false
	}
	suffix := name[strings.LastIndexByte(name, '.')+1:]
	if slices.Contains(codeSuffixes, suffix) {
		return strings.HasPrefix(name, "www.")
	}
	// Two letters are a word of some language as often as a country.
	return len(suffix) > 2 || strings.Count(name, ".") > 1 || strings.ContainsAny(name, "-0123456789") || len(name) > 8
}
