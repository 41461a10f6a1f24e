package sandbox

import (
	"strings"

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
	return nil
}
