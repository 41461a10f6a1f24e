// Package all is the order in which readers are tried on a record.
package all

import (
	"bufio"
	"bytes"
	"strings"

	"clew/internal/telemetry/format"
	"clew/internal/telemetry/format/cef"
	"clew/internal/telemetry/format/ciscoasa"
	"clew/internal/telemetry/format/columns"
	"clew/internal/telemetry/format/dnslog"
	"clew/internal/telemetry/format/evtx"
	"clew/internal/telemetry/format/jsonlog"
	"clew/internal/telemetry/format/keyvalue"
	"clew/internal/telemetry/format/leef"
	"clew/internal/telemetry/format/plain"
	"clew/internal/telemetry/format/syslog"
	"clew/internal/telemetry/format/weblog"
	"clew/internal/telemetry/format/xmlevent"
	"clew/internal/telemetry/format/zeek"
	"clew/internal/telemetry/logfile"
)

// headered are the readers that need the line that explains the others.
var headered = []format.HeaderReader{zeek.Reader{}, columns.Headered{}}

// readers are tried in this order on what is left once the envelope is off;
// the first that knows the record takes it. Those with an unmistakable mark come
// before those that go by shape.
var readers = []format.Reader{
	cef.Reader{},
	leef.Reader{},
	jsonlog.Reader{},
	xmlevent.Reader{},
	ciscoasa.Reader{},
	dnslog.Windows{},
	dnslog.Unbound{},
	dnslog.Dnsmasq{},
	weblog.Access{},
	weblog.Squid{},
	weblog.Errors{},
	weblog.Proxifier{},
	columns.Bare{},
	dnslog.BIND{},
	keyvalue.Reader{},
	dnslog.Server{},
}

// Header reads a line that explains those after it, such as Zeek's "#fields".
// first says that it is the first line of the file.
func Header(line []byte, before *format.Schema, first bool) (after *format.Schema, is bool) {
	if len(line) == 0 || (line[0] != '#' && !first) {
		return before, false
	}
	for _, r := range headered {
		if s, ok := r.Header(line, before); ok {
			return s, true
		}
	}
	return before, false
}

// Parse takes one record apart. Nothing is refused: what no reader knows is
// read as text, and known is false.
func Parse(text []byte, c format.Context, out *format.Record) (known bool) {
	text = bytes.TrimRight(text, "\r\n\x00")
	if bytes.Contains(text, []byte("#011")) { // a tab, as rsyslog passes it on
		text = bytes.ReplaceAll(text, []byte("#011"), []byte("\t"))
	}
	if c.Schema != nil {
		for _, r := range headered {
			out.Reset(c.Ref)
			if r.Parse(text, c, out) {
				return true
			}
		}
	}
	message, envelope := syslog.Peel(text)
	if parseMessage(message, envelope, c, out) {
		return true
	}
	if len(message) != len(text) {
		if parseMessage(text, syslog.Envelope{}, c, out) {
			return true
		}
	}
	if i := relayed(text); i > 0 && parseMessage(text[i:], syslog.Envelope{}, c, out) {
		return true
	}
	out.Reset(c.Ref)
	plain.Reader{}.Parse(message, c, out)
	envelope.Add(out)
	return envelope.Time != "" || envelope.Host != ""
}

func parseMessage(message []byte, envelope syslog.Envelope, c format.Context, out *format.Record) bool {
	for _, r := range readers {
		out.Reset(c.Ref)
		if r.Parse(message, c, out) {
			envelope.Add(out)
			out.Finish()
			return true
		}
	}
	if len(envelope.Data) > 8 { // the event is the structured data
		out.Reset(c.Ref)
		if syslog.Structured(envelope.Data, out) >= 3 {
			out.Format = "syslog"
			envelope.Add(out)
			out.Finish()
			return true
		}
	}
	return checkpoint(message, envelope, c, out)
}

// checkpoint reads key:"value"; pairs that stand alone.
func checkpoint(message []byte, envelope syslog.Envelope, c format.Context, out *format.Record) bool {
	if bytes.Count(message, []byte(`:"`)) < 4 || bytes.IndexByte(message, ';') < 0 {
		return false
	}
	out.Reset(c.Ref)
	if syslog.Colons(message, out) < 4 {
		return false
	}
	out.Format = "keyvalue/checkpoint"
	envelope.Add(out)
	out.Finish()
	return true
}

// relayed returns where a message of an unmistakable format starts behind an
// envelope that we do not know.
func relayed(text []byte) int {
	head := text[:min(len(text), 300)]
	for _, mark := range []string{"CEF:", "LEEF:", "%ASA-", "%FTD-", `{"`, "1,20"} {
		if i := strings.Index(string(head), mark); i > 0 {
			return i
		}
	}
	return 0
}

// Binary returns the reader of a log that is not text, by its first bytes.
func Binary(head []byte) func(r *bufio.Reader, each func(logfile.Block) error) error {
	if evtx.Is(head) {
		return evtx.Blocks
	}
	return nil
}
