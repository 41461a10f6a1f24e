// Package format is what readers of logs share: the record they fill, the
// meanings of fields, times as logs write them, and the ways of writing many
// fields in one line (JSON, key=value).
//
// A reader does not know which field an indicator will be found in, so it names
// all of them: what a log says about itself is worth more than what we expected.
package format

import (
	"time"
)

// A Record is one event of a log, taken apart.
type Record struct {
	Format string // name of the reader, with the log's own name behind it: "zeek/conn"
	Kind   Kind
	// Time is when the event happened, UTC; zero when the record does not say.
	Time time.Time
	// Zoneless says that the log wrote a local time without its zone, and that
	// it was read as UTC.
	Zoneless  bool
	Action    Action
	Direction Direction
	Fields    []Field

	timeRank   int
	hasTime    bool
	zone       *time.Location
	date, hour string // of a log that writes them in two fields
	ref        time.Time
}

// A Field is one named value of a record, decoded: no escapes of the log's own
// syntax are left in Value.
type Field struct {
	Name    string // as the log has it: "id.resp_h", "EventData.DestinationIp"
	Value   string
	Meaning Meaning
}

// MaxFields bounds the fields of one record; what comes after them is searched
// as text only.
const MaxFields = 2000

// Reset empties r for the next record. ref is about when the log was written:
// it supplies the year where the log leaves it out.
func (r *Record) Reset(ref time.Time) {
	*r = Record{Fields: r.Fields[:0], ref: ref}
}

// Add appends a field whose meaning its name tells, and takes from it what it
// says about time, action and direction. Empty values and the marks that logs
// write for "none" are left out.
func (r *Record) Add(name, value string) {
	r.AddAs(name, value, MeaningOf(name))
}

// AddAs is Add for a field whose meaning the reader knows better.
func (r *Record) AddAs(name, value string, m Meaning) {
	if unset(value) || len(r.Fields) >= MaxFields {
		return
	}
	switch m {
	case Time:
		r.offerTime(name, value)
	case Zone:
		r.offerZone(value)
	case Outcome:
		r.offerAction(value)
	case Way:
		r.offerDirection(name, value)
	case Client, Server, NATClient, NATServer:
		value = trimBrackets(value)
	}
	r.Fields = append(r.Fields, Field{name, value, m})
}

func unset(value string) bool {
	switch value {
	case "", "-", "(empty)", "N/A", "n/a", "null", "(null)", "None", "NULL":
		return true
	}
	return false
}

func trimBrackets(value string) string {
	if len(value) > 2 && value[0] == '[' && value[len(value)-1] == ']' {
		return value[1 : len(value)-1]
	}
	return value
}

// First returns the value of the first field with one of the meanings, tried in
// the order given, "" when there is none.
func (r *Record) First(meanings ...Meaning) string {
	for _, m := range meanings {
		for _, f := range r.Fields {
			if f.Meaning == m {
				return f.Value
			}
		}
	}
	return ""
}

// Has reports whether r has a field of that meaning.
func (r *Record) Has(m Meaning) bool { return r.First(m) != "" }

// Finish settles what only the whole record tells: the time, and what kind of
// log this is when the reader did not say. The reader of a line calls it last.
func (r *Record) Finish() {
	r.settleTime()
	if r.Kind == UnknownKind {
		r.Kind = r.guessKind()
	}
}

// guessKind reads the kind off the fields that only one kind of log has.
func (r *Record) guessKind() Kind {
	for _, sign := range kindSigns {
		if r.Has(sign.meaning) {
			return sign.kind
		}
	}
	return UnknownKind
}

var kindSigns = []struct {
	meaning Meaning
	kind    Kind
}{
	{Query, DNSLog},
	{EmailFrom, MailLog},
	{EmailTo, MailLog},
	{URL, WebLog},
	{Host, WebLog},
	{SNI, TLSLog},
	{CertName, TLSLog},
	{JA3, TLSLog},
	{ProcessHash, ProcessLog},
	{FileHash, FileLog},
	{Server, FlowLog},
	{CommandLine, ProcessLog},
	{Process, ProcessLog},
	{User, AuthLog},
}
