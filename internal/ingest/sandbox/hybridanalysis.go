package sandbox

import (
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// readHybridAnalysis reads the summary of one report.
func readHybridAnalysis(t tree, keep func(observation.Observation)) error {
	s, ok := newSample(t.at("sha256").text(), t.at("sha1").text(), t.at("md5").text(),
		record.Moment(t.at("analysis_start_time").text()), keep)
	if !ok {
		return errNoSample
	}
	s.named(t.at("submit_name").text())
	s.tell(observation.Imphash, observable.Imphash, t.at("imphash").text())
	s.tell(observation.Ssdeep, observable.Ssdeep, t.at("ssdeep").text())
	for _, list := range []string{"domains", "hosts", "compromised_hosts"} {
		for _, host := range t.at(list).texts() {
			s.contacts(host)
		}
	}
	for _, extracted := range t.at("extracted_files").items() {
		s.tell(observation.Drops, observable.File, extracted.at("sha256").text())
		s.writes(extracted.at("file_path").text())
	}
	for _, process := range t.at("processes").items() {
		s.runs(process.at("command_line").text())
		for _, name := range process.at("mutants").texts() {
			s.mutex(name)
		}
		for _, created := range process.at("created_files").items() {
			s.writes(created.at("file").text())
		}
		for _, touched := range process.at("registry").items() {
			if operation := touched.at("operation").text(); operation == "SETVAL" || operation == "CREATE" {
				s.registry(touched.at("path").text() + `\` + touched.at("key").text())
			}
		}
	}
	for _, technique := range t.at("mitre_attcks").items() {
		s.tell(observation.Technique, observable.Technique, technique.at("attck_id").text())
	}
	return nil
}
