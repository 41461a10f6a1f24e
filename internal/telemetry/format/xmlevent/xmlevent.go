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
		out.Kind = format.WindowsKind(out)
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
