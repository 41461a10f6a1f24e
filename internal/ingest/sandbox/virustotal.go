package sandbox

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// readVirusTotal reads one object of /files/{id}/behaviours. Its name begins
// with the sample's SHA-256.
func readVirusTotal(t tree, keep func(observation.Observation)) error {
	digest, _, _ := strings.Cut(t.at("id").text(), "_")
	did := t.at("attributes")
	s, ok := newSample(digest, "", "", record.Unix(did.at("analysis_date").number()), keep)
	if !ok {
		return errNoSample
	}
	virusTotalDid(s, did)
	return nil
}

// summaryFields are lists that a summary of behaviours has, and nothing else
// that is imported.
var summaryFields = []string{
	"mutexes_created", "processes_created", "command_executions", "files_written", "files_dropped", "registry_keys_set", "dns_lookups",
	"ip_traffic", "http_conversations", "mitre_attack_techniques",
}

// isSummary reports whether t is what all sandboxes saw, in one object.
func isSummary(t tree) bool { return slices.ContainsFunc(summaryFields, t.has) }

// summaryOf finds the file in the address of a summary.
var summaryOf = regexp.MustCompile(`/files/([0-9a-fA-F]{32,64})/behaviour_summary`)

// readSummary reads the answer of /files/{id}/behaviour_summary. It names its
// file in the address of itself, if at all: otherwise whoever reads it does. It
// has no time of its own.
func readSummary(t tree, named string, keep func(observation.Observation)) error {
	digest, _, _ := strings.Cut(path.Base(named), ".")
	if self := summaryOf.FindStringSubmatch(t.at("links", "self").text()); self != nil {
		digest = self[1]
	}
	s, ok := newSample(digest, "", "", time.Time{}, keep)
	if !ok {
		return errNoSummary
	}
	virusTotalDid(s, t)
	return nil
}

// virusTotalDid tells what one sandbox saw, or all of them.
func virusTotalDid(s *sample, did tree) {
	for _, dns := range did.at("dns_lookups").items() {
		s.contacts(dns.at("hostname").text())
	}
	for _, traffic := range did.at("ip_traffic").items() {
		s.contacts(traffic.at("destination_ip").text())
	}
	for _, http := range did.at("http_conversations").items() {
		s.contacts(http.at("url").text())
		s.tell(observation.UserAgent, observable.UserAgent, http.at("request_headers", "User-Agent").text())
	}
	for _, path := range did.at("files_written").texts() {
		s.writes(path)
	}
	for _, dropped := range did.at("files_dropped").items() {
		s.writes(dropped.at("path").text())
		s.tell(observation.Drops, observable.File, dropped.at("sha256").text())
	}
	for _, set := range did.at("registry_keys_set").items() {
		s.registry(set.at("key").text())
	}
	for _, name := range did.at("mutexes_created").texts() {
		s.mutex(name)
	}
	for _, list := range []string{"command_executions", "processes_created"} {
		for _, line := range did.at(list).texts() {
			s.runs(line)
		}
	}
	for _, technique := range did.at("mitre_attack_techniques").items() {
		s.tell(observation.Technique, observable.Technique, technique.at("id").text())
	}
	for _, id := range did.at("attack_techniques").names() {
		s.tell(observation.Technique, observable.Technique, id)
	}
}
