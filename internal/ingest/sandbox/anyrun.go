package sandbox

import (
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// readAnyRun reads the report of one run. Where the network was made up, so are
// the addresses: only the names it asked for are the sample's own.
func readAnyRun(t tree, keep func(observation.Observation)) error {
	analysis := t.at("analysis")
	object := analysis.at("content", "mainObject")
	hashes := object.at("hashes")
	s, ok := newSample(hashes.at("sha256").text(), hashes.at("sha1").text(), hashes.at("md5").text(),
		record.UnixMilli(analysis.at("creation").number()), keep)
	if !ok || object.at("type").text() != "file" {
		return errNoSample
	}
	s.named(object.at("filename").text())
	s.tell(observation.Ssdeep, observable.Ssdeep, hashes.at("ssdeep").text())
	fake := analysis.at("options", "fakeNet").v == true
	network := t.at("network")
	for _, dns := range network.at("dnsRequests").items() {
		s.contacts(dns.at("domain").text())
	}
	for _, http := range network.at("httpRequests").items() {
		s.contacts(http.at("url").text())
		s.tell(observation.UserAgent, observable.UserAgent, http.at("user-agent").text())
	}
	for _, connection := range network.at("connections").items() {
		if !fake {
			s.contacts(connection.at("ip").text())
		}
	}
	for _, process := range t.at("processes").items() {
		s.runs(process.at("commandLine").text())
		for _, config := range process.at("malconf").items() {
			configured(s, config)
		}
	}
	for _, config := range t.at("malconf").items() {
		configured(s, config)
	}
	for _, file := range t.at("modified", "files").items() {
		s.writes(file.at("filename").text())
		s.tell(observation.Drops, observable.File, file.at("hashes", "sha256").text())
	}
	for _, touched := range t.at("modified", "registry").items() {
		if touched.at("operation").text() == "write" {
			s.registry(touched.at("key").text() + `\` + touched.at("name").text())
		}
	}
	for _, object := range t.at("synchronization").items() {
		if strings.EqualFold(object.at("type").text(), "mutex") && strings.EqualFold(object.at("operation").text(), "create") {
			s.mutex(object.at("name").text())
		}
	}
	for _, technique := range t.at("mitre").items() {
		s.tell(observation.Technique, observable.Technique, technique.at("id").text())
	}
	return nil
}
