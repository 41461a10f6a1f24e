package sandbox

import (
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// readCuckoo reads a report of Cuckoo 1.2, 2.0 or CAPEv2: one grew out of the
// other, and what each calls things is looked for under every name.
func readCuckoo(t tree, keep func(observation.Observation)) error {
	file := t.at("target", "file")
	s, ok := newSample(file.at("sha256").text(), file.at("sha1").text(), file.at("md5").text(), began(t.at("info", "started")), keep)
	if !ok {
		return errNoSample
	}
	s.named(file.at("name").text())
	s.tell(observation.Ssdeep, observable.Ssdeep, file.at("ssdeep").text())
	s.tell(observation.TLSH, observable.TLSH, file.at("tlsh").text())
	cuckooNetwork(s, t.at("network"))
	cuckooSummary(s, t.at("behavior", "summary"))
	for _, process := range t.at("behavior", "generic").items() {
		cuckooSummary(s, process.at("summary"))
	}
	for _, list := range [][]string{{"dropped"}, {"CAPE", "payloads"}} {
		for _, dropped := range t.at(list...).items() {
			s.tell(observation.Drops, observable.File, dropped.at("sha256").text())
		}
	}
	cuckooTechniques(s, t)
	for _, config := range t.at("CAPE", "configs").items() {
		configured(s, config)
	}
	for _, config := range t.at("malware_conf").items() {
		configured(s, config)
	}
	return nil
}

// began reads when a run began: text, or seconds with a fraction.
func began(t tree) time.Time {
	seconds, _, _ := strings.Cut(t.text(), ".")
	if n := (tree{seconds}).number(); n > 0 {
		return record.Unix(n)
	}
	return record.Moment(t.text())
}

func cuckooNetwork(s *sample, network tree) {
	for _, host := range network.at("hosts").items() {
		if s.contacts(host.at("ip").text()); host.text() != "" {
			s.contacts(host.text())
		}
	}
	for _, domain := range network.at("domains").items() {
		s.contacts(domain.at("domain").text())
	}
	for _, dns := range network.at("dns").items() {
		s.contacts(dns.at("request").text())
	}
	for _, list := range []string{"http", "http_ex", "https_ex"} {
		for _, http := range network.at(list).items() {
			if uri := http.at("uri").text(); strings.Contains(uri, "://") {
				s.contacts(uri)
			}
			s.contacts(http.at("host").text())
			s.tell(observation.UserAgent, observable.UserAgent, http.at("user-agent").text())
		}
	}
}

// cuckooSummary reads what processes touched. Lists are of texts.
func cuckooSummary(s *sample, summary tree) {
	for _, list := range []string{"write_files", "file_written", "file_created"} {
		for _, path := range summary.at(list).texts() {
			if name, pipe := pipeName(path); pipe {
				s.mutex(name)
				continue
			}
			s.writes(path)
		}
	}
	for _, list := range []string{"write_keys", "regkey_written"} {
		for _, key := range summary.at(list).texts() {
			s.registry(key)
		}
	}
	for _, list := range []string{"mutexes", "mutex"} {
		for _, name := range summary.at(list).texts() {
			s.mutex(name)
		}
	}
	for _, list := range []string{"executed_commands", "command_line"} {
		for _, line := range summary.at(list).texts() {
			s.runs(line)
		}
	}
	for _, list := range []string{"connects_host", "resolves_host", "connects_ip"} {
		for _, host := range summary.at(list).texts() {
			s.contacts(host)
		}
	}
}

// pipeName reports whether a path is that of a named pipe.
func pipeName(path string) (string, bool) {
	lower := strings.ToLower(path)
	pipe := strings.HasPrefix(lower, `\\.\pipe\`) || strings.HasPrefix(lower, `\device\namedpipe\`) || strings.HasPrefix(lower, `\??\pipe\`)
	return path, pipe
}

// cuckooTechniques reads techniques where each version keeps them: with the
// signatures that matched, or in a table of their own.
func cuckooTechniques(s *sample, t tree) {
	var ids []string
	for _, entry := range t.at("ttps").items() {
		ids = append(ids, append(entry.at("ttps").texts(), entry.at("ttp").texts()...)...)
	}
	ids = append(ids, t.at("ttps").names()...)
	for _, signature := range t.at("signatures").items() {
		ids = append(ids, append(signature.at("ttp").texts(), signature.at("ttp").names()...)...)
	}
	for _, id := range ids {
		s.tell(observation.Technique, observable.Technique, id)
	}
}

// Names of fields in the configurations that extractors write, lower case. Every
// family has its own; these are common to most.
var (
	serverFields   = []string{"c2", "c2s", "c&c", "cncs", "cnc", "c2_server", "c2 server", "c2server", "c2_url", "c2 url", "c2address", "c2_address", "host", "hosts", "server", "servers", "address", "controller", "domain", "domains", "urls", "url", "gate", "payload_url", "c2list"}
	mutexFields    = []string{"mutex", "mutexes", "mutant"}
	campaignFields = []string{"campaign", "campaign_id", "campaign id", "botnet", "botnet_id", "botnetid", "group", "group_id", "identifier", "watermark", "build_id", "build id"}
)

// minKey is the shortest campaign key that can tell one operator from another.
const minKey = 3

// configured reads a configuration as an extractor found it, however nested.
func configured(s *sample, config tree) { configuredBelow(s, config, 0) }

func configuredBelow(s *sample, config tree, depth int) {
	const deepest = 6
	if depth == deepest {
		return
	}
	for _, item := range config.items() {
		configuredBelow(s, item, depth+1)
	}
	for _, name := range config.names() {
		value := config.at(name)
		texts := value.texts()
		switch field := strings.ToLower(name); {
		case slices.Contains(serverFields, field):
			for _, text := range texts {
				s.commands(text)
			}
		case slices.Contains(mutexFields, field):
			for _, text := range texts {
				s.mutex(text)
			}
		case slices.Contains(campaignFields, field):
			for _, text := range texts {
				if len(text) >= minKey {
					s.tell(observation.CampaignKey, observable.Text, text)
				}
			}
		}
		configuredBelow(s, value, depth+1)
	}
}
