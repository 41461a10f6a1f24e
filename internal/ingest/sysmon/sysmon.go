// Package sysmon reads traces of Microsoft's Sysmon, as JSON Lines or as the XML
// that Windows exports, and says of each program started what it and its
// children did. Programs are told by the digest that their start was logged
// with; those that come with Windows are left out, for they do what whoever
// started them wants.
//
// Source: Microsoft, Sysmon, "Events", schema 4.90.
package sysmon

import (
	"bytes"
	"strings"

	"clew/internal/ingest"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

const (
	// maxProcesses bounds the processes of a trace that are remembered.
	maxProcesses = 200_000
	// maxAncestors bounds how far up a deed is told of: identifiers of processes
	// may go round in a circle.
	maxAncestors = 16
	// maxXML bounds one event.
	maxXML = 1 << 20
)

// Format is the format "sysmon".
type Format struct{}

// Name implements [ingest.Format].
func (Format) Name() string { return "sysmon" }

// Likely implements [ingest.Format].
func (Format) Likely(head []byte) bool {
	return bytes.Contains(head, []byte("ProcessGuid")) && bytes.Contains(head, []byte("UtcTime")) ||
		bytes.Contains(head, []byte("Microsoft-Windows-Sysmon"))
}

// Decoder implements [ingest.Format].
func (Format) Decoder() ingest.Decoder { return &decoder{processes: map[string]process{}} }

// process is a program that was started.
type process struct {
	parent string           // its ProcessGuid
	file   observable.Value // zero when the start was logged without a digest
	system bool             // comes with Windows
}

type decoder struct {
	processes map[string]process
	xml       []byte // of an event that goes on
}

// Line implements [ingest.Decoder].
func (d *decoder) Line(line []byte, out *ingest.Out) {
	text := bytes.TrimSpace(line)
	if len(d.xml) == 0 && bytes.HasPrefix(text, []byte("{")) {
		e, err := fromJSON(text)
		if err != nil {
			out.Reject("%w", err)
			return
		}
		d.event(e, out)
		return
	}
	d.markup(text, out)
}

// markup gathers the lines of an event in XML; one line may hold several.
func (d *decoder) markup(text []byte, out *ingest.Out) {
	for len(text) > 0 {
		if len(d.xml) == 0 {
			start := bytes.Index(text, []byte("<Event"))
			for start >= 0 && bytes.HasPrefix(text[start:], []byte("<Events")) {
				text = text[start+len("<Events"):]
				start = bytes.Index(text, []byte("<Event"))
			}
			if start < 0 {
				return // a declaration, a comment, the frame around the events
			}
			text = text[start:]
		}
		end := bytes.Index(text, []byte("</Event>"))
		if end < 0 {
			d.xml = append(append(d.xml, text...), '\n')
			if len(d.xml) > maxXML {
				out.Reject("event of more than %d bytes", maxXML)
				d.xml = nil
			}
			return
		}
		end += len("</Event>")
		e, err := fromXML(append(d.xml, text[:end]...))
		if err != nil {
			out.Reject("%w", err)
		} else {
			d.event(e, out)
		}
		d.xml, text = nil, text[end:]
	}
}

// End implements [ingest.Decoder].
func (d *decoder) End(out *ingest.Out) error {
	if len(d.xml) > 0 {
		out.Reject("the last event has no end")
	}
	return nil
}

func (d *decoder) event(e event, out *ingest.Out) {
	if e.id == processCreate {
		d.started(e, out)
		return
	}
	doers := d.doers(e.fields["ProcessGuid"])
	told := teller{event: e, files: doers, out: out}
	switch e.id {
	case networkConnect:
		if !strings.EqualFold(e.fields["Initiated"], "false") {
			told.host(e.fields["DestinationHostname"])
			told.host(e.fields["DestinationIp"])
		}
	case dnsQuery:
		told.host(e.fields["QueryName"])
	case fileCreate:
		told.add(observation.Writes, observable.Filename, record.Path(e.fields["TargetFilename"]))
	case streamHash, fileDelete, fileDeleted:
		told.add(observation.Writes, observable.Filename, record.Path(e.fields["TargetFilename"]))
		told.add(observation.Drops, observable.File, digest(e.fields["Hash"]+","+e.fields["Hashes"]))
	case registrySet:
		told.add(observation.Registry, observable.Text, record.RegistryKey(e.fields["TargetObject"]))
	case pipeCreated:
		if name := e.fields["PipeName"]; name != "<Anonymous Pipe>" {
			told.add(observation.Mutex, observable.Mutex, `\\.\pipe`+record.ObjectName(name))
		}
	default:
		told.kept = true // understood, and says nothing of a file
	}
	if !told.kept {
		out.Skip()
	}
}

// started remembers a program and tells its parents' deed.
func (d *decoder) started(e event, out *ingest.Out) {
	image := strings.ToLower(e.fields["Image"])
	p := process{parent: e.fields["ParentProcessGuid"], system: isSystem(image)}
	if file, err := observable.New(observable.File, digest(e.fields["Hashes"])); err == nil {
		p.file = file
	}
	parents := teller{event: e, files: d.doers(p.parent), out: out}
	parents.add(observation.Runs, observable.Text, record.CommandLine(e.fields["CommandLine"]))
	if guid := e.fields["ProcessGuid"]; guid != "" && len(d.processes) < maxProcesses {
		d.processes[guid] = p
	}
	own := teller{event: e, out: out}
	if !p.system && !p.file.IsZero() {
		own.files = []observable.Value{p.file}
		own.add(observation.Filename, observable.Filename, image[strings.LastIndexByte(image, '\\')+1:])
		own.add(observation.Imphash, observable.Imphash, hashNamed(e.fields["Hashes"], "IMPHASH"))
	}
	if !parents.kept && !own.kept {
		out.Skip()
	}
}

// isSystem reports whether a program lies where only Windows and installed
// software do.
func isSystem(image string) bool {
	for _, folder := range []string{`c:\windows\`, `c:\program files\`, `c:\program files (x86)\`} {
		if strings.HasPrefix(image, folder) && !strings.HasPrefix(image, `c:\windows\temp\`) {
			return true
		}
	}
	return false
}

// doers lists the programs to which a process's deeds are laid: itself and those
// it descends from, without those of the system.
func (d *decoder) doers(guid string) []observable.Value {
	var files []observable.Value
	for range maxAncestors {
		p, known := d.processes[guid]
		if !known {
			break
		}
		if !p.system && !p.file.IsZero() {
			files = append(files, p.file)
		}
		guid = p.parent
	}
	return files
}

// digest returns the strongest digest of "SHA1=…,MD5=…,SHA256=…".
func digest(hashes string) string {
	for _, name := range []string{"SHA256", "SHA1", "MD5"} {
		if hash := hashNamed(hashes, name); hash != "" {
			return hash
		}
	}
	return ""
}

func hashNamed(hashes, name string) string {
	for _, part := range strings.Split(hashes, ",") {
		if key, value, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return value
		}
	}
	return ""
}

// teller tells one event of several files.
type teller struct {
	event
	files []observable.Value
	out   *ingest.Out
	kept  bool
}

func (t *teller) add(relation observation.Relation, kind observable.Kind, text string) {
	object, err := observable.New(kind, text)
	if err != nil {
		return
	}
	for _, file := range t.files {
		if file == object {
			continue
		}
		t.kept = true
		t.out.Keep(observation.Observation{Subject: file, Relation: relation, Object: object, Window: record.At(t.at()), Count: 1})
	}
}

// host tells a host or address, unless it can only be one of the local network.
func (t *teller) host(text string) {
	for _, kind := range []observable.Kind{observable.IP, observable.Domain} {
		if v, err := observable.New(kind, text); err == nil {
			if !observable.IsLocal(v) {
				t.add(observation.Contacts, kind, text)
			}
			return
		}
	}
}
