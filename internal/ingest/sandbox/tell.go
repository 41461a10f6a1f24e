package sandbox

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// A sample is what a report is about, and tells what it does as observations.
type sample struct {
	file observable.Value
	observation.Window
	keep func(observation.Observation)
	told map[telling]bool
	name string // it was run under, lower case
}

type telling struct {
	relation observation.Relation
	object   observable.Value
}

// newSample returns the sample of a report by its strongest digest; false when
// the report has none. Its other digests are told as those of the same file.
func newSample(sha256, sha1, md5 string, at time.Time, keep func(observation.Observation)) (*sample, bool) {
	var s *sample
	for _, digest := range []string{sha256, sha1, md5} {
		file, err := observable.New(observable.File, digest)
		switch {
		case err != nil:
		case s == nil:
			s = &sample{file: file, Window: record.At(at), keep: keep, told: map[telling]bool{}}
		default:
			s.tell(observation.Digest, observable.File, digest)
		}
	}
	return s, s != nil
}

// tell keeps one fact, once. Text that is no value of the kind says nothing:
// reports are full of fields that hold something else now and then.
func (s *sample) tell(relation observation.Relation, kind observable.Kind, text string) {
	object, err := observable.New(kind, text)
	if err != nil || object == s.file || s.told[telling{relation, object}] {
		return
	}
	s.told[telling{relation, object}] = true
	s.keep(observation.Observation{Subject: s.file, Relation: relation, Object: object, Window: s.Window, Count: 1})
}

// contacts tells a host, address or URL that the sample talks to.
func (s *sample) contacts(text string) { s.network(observation.Contacts, text) }

// commands tells a command server of its configuration, which may be written as
// a URL of any scheme, or with a port.
func (s *sample) commands(text string) { s.network(observation.ConfigC2, text) }

func (s *sample) network(relation observation.Relation, text string) {
	text = strings.TrimSpace(text)
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		if u.Scheme == "http" || u.Scheme == "https" {
			if host := u.Hostname(); s.host(relation, host) {
				s.tell(relation, observable.URL, text)
			}
			return
		}
		text = u.Host
	}
	if host, _, ok := cutPort(text); ok {
		text = host
	}
	s.host(relation, text)
}

// cutPort cuts the port off host:port.
func cutPort(text string) (host, port string, ok bool) {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr().String(), "", true
	}
	host, port, ok = strings.Cut(text, ":")
	return host, port, ok && !strings.Contains(port, ":")
}

// host tells a host, unless nobody outside the sandbox can be meant by it.
func (s *sample) host(relation observation.Relation, text string) bool {
	for _, kind := range []observable.Kind{observable.IP, observable.Domain} {
		v, err := observable.New(kind, text)
		if err != nil {
			continue
		}
		if observable.IsLocal(v) {
			return false
		}
		s.tell(relation, kind, text)
		return true
	}
	return false
}

func (s *sample) writes(path string) {
	if path = record.Path(path); strings.ContainsAny(path, `\/`) {
		s.tell(observation.Writes, observable.Filename, path)
	}
}

func (s *sample) registry(key string) {
	s.tell(observation.Registry, observable.Text, record.RegistryKey(key))
}

func (s *sample) mutex(name string) {
	s.tell(observation.Mutex, observable.Mutex, record.ObjectName(name))
}

// runs tells a command line, unless it only starts the sample itself.
func (s *sample) runs(line string) {
	template := record.CommandLine(line)
	own := strings.Contains(template, "%sample%") || s.name != "" && strings.HasSuffix(template, s.name)
	if template == "" || own && !strings.Contains(template, " ") {
		return
	}
	s.tell(observation.Runs, observable.Text, template)
}

func (s *sample) named(name string) {
	s.name = strings.ToLower(name)
	s.tell(observation.Filename, observable.Filename, name)
}
