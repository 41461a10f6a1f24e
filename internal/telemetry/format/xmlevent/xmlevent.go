// Package xmlevent reads events that are XML: Windows events with their System
// and EventData, Trellix ePO events, and any other element with fields in it.
package xmlevent

import (
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads one XML event.
type Reader struct{}

// Name is "xml".
func (Reader) Name() string { return "xml" }

// Parse reads one event; a syslog envelope may stand before it.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	start := bytes.IndexByte(text, '<')
	if start < 0 || start > 512 || len(text) < start+3 || bytes.IndexByte(text[start:], '>') < 0 {
		return false
	}
	if c := text[start+1]; c != '?' && c != '!' && (c|0x20 < 'a' || c|0x20 > 'z') {
		return false
	}
	if !bytes.Contains(text[start:], []byte("</")) && !bytes.Contains(text[start:], []byte("/>")) {
		return false
	}
	n := 0
	windows := bytes.Contains(text, []byte("<EventData")) || bytes.Contains(text, []byte("schemas.microsoft.com/win/2004"))
	format.FlattenXML(text[start:], func(path, value string) {
		n++
		add(out, windows, path, value)
	})
	if n == 0 {
		return false
	}
	out.Format = "xml"
	if windows {
		out.Format = "xml/windows"
		out.Kind = Kind(out)
	}
	out.Finish()
	return true
}

func add(out *format.Record, windows bool, path, value string) {
	name := path[strings.LastIndexByte(path, '.')+1:]
	m := format.MeaningOf(path)
	switch {
	case name == "Hashes" || name == "Hash" || name == "ParentHashes":
		for part := range strings.SplitSeq(value, ",") {
			algorithm, hash, ok := strings.Cut(part, "=")
			if !ok {
				algorithm, hash = "", part
			}
			out.AddAs(strings.TrimSuffix(path+"."+algorithm, "."), strings.TrimSpace(hash), format.FileHash)
		}
		return
	case name == "QueryResults":
		for part := range strings.SplitSeq(value, ";") {
			words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(part), "type:"))
			if len(words) > 0 {
				out.AddAs(path, strings.TrimPrefix(words[len(words)-1], "::ffff:"), format.Answer)
			}
		}
		return
	case windows && (name == "CreationUtcTime" || name == "PreviousCreationUtcTime" || name == "Description"):
		m = format.Other
	case windows && name == "Application":
		m = format.Process
	case windows && (name == "Hostname" || name == "SourceHostname"):
		m = format.Machine
	}
	out.AddAs(path, value, m)
}

// sysmon gives the kinds of Sysmon's events by number.
var sysmon = map[string]format.Kind{
	"1": format.ProcessLog, "3": format.FlowLog, "5": format.ProcessLog, "6": format.ModuleLog, "7": format.ModuleLog, "8": format.ProcessLog, "10": format.ProcessLog, "11": format.FileLog,
	"12": format.RegistryLog, "13": format.RegistryLog, "14": format.RegistryLog, "15": format.FileLog, "22": format.DNSLog, "23": format.FileLog, "26": format.FileLog,
	"4624": format.AuthLog, "4625": format.AuthLog, "4688": format.ProcessLog, "5156": format.FlowLog,
}

// Kind tells the kind of a Windows event by its number.
func Kind(out *format.Record) format.Kind {
	for _, f := range out.Fields {
		if f.Name == "EventID" || strings.HasSuffix(f.Name, ".EventID") {
			return sysmon[f.Value]
		}
	}
	return format.UnknownKind
}
