package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Type says what an event records. The payload of each is the struct of the
// same name in payload.go.
type Type string

// The events of a case. A reader skips types it does not know: a newer clew may
// have written them.
const (
	TypeOpened    Type = "opened"
	TypeReopened  Type = "reopened"
	TypeAsked     Type = "asked"
	TypeDisclosed Type = "disclosed"
	TypePivoted   Type = "pivoted"
	TypeRead      Type = "read"
	TypeFound     Type = "found"
	TypeFinished  Type = "finished"
	TypeAccepted  Type = "accepted"
	TypeRejected  Type = "rejected"
	TypeNoted     Type = "noted"
	TypeSighted   Type = "sighted"
	TypeActed     Type = "acted"
	TypeDescribed Type = "described"
	TypeEscalated Type = "escalated"
	TypeDelivered Type = "delivered"
	// What an analyst turns by hand, and takes back.
	TypeExpanded      Type = "expanded"
	TypePivotRejected Type = "pivot-rejected"
	TypeTagged        Type = "tagged"
	TypeUndone        Type = "undone"
	TypeClosed        Type = "closed"
	TypeSearched      Type = "searched"
	TypeExported      Type = "exported"
)

// An Entry is an event before it is part of the chain.
type Entry struct {
	Time  time.Time // when it happened, from the caller's clock
	Type  Type
	Actor string // who did it: a person, or "clew" for the engine
	Data  any    // payload; marshalled and brought into canonical form
}

// An Event is one sealed line of a case's record.
type Event struct {
	Case  string          `json:"case"`
	Seq   uint64          `json:"seq"`  // 1, 2, 3 … without gaps
	Time  string          `json:"time"` // UTC, [TimeLayout]; kept as text, since the hash covers its bytes
	Type  Type            `json:"type"`
	Actor string          `json:"actor"`
	Data  json.RawMessage `json:"data"` // canonical JSON
	Prev  string          `json:"prev"` // Hash of the event before, "" for the first
	Hash  string          `json:"hash"` // hex SHA-256, see [Event.Digest]
}

// TimeLayout is how an event writes its time, always UTC.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Bounds of an event's fields, in bytes. Data is the engine's own writing;
// anything larger belongs in a blob.
const (
	MaxActor = 128
	MaxData  = 16 << 20
)

var typeName = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)

// Digest computes the hash that Hash should hold: SHA-256 over the netstrings
// (length in decimal, colon, bytes, comma) of "clew-event-1", case, seq, time,
// type, actor, data and prev. Lengths go first, so no two different events have
// the same encoding. docs/decisions/0006-event-hashing.md gives the reasons.
func (e Event) Digest() string {
	h := sha256.New()
	for _, field := range []string{
		"clew-event-1", e.Case, strconv.FormatUint(e.Seq, 10), e.Time, string(e.Type), e.Actor, string(e.Data), e.Prev,
	} {
		_, _ = io.WriteString(h, strconv.Itoa(len(field))+":"+field+",") // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil))
}

// At returns the event's time, or the zero time when it cannot be read.
func (e Event) At() time.Time {
	at, err := time.Parse(TimeLayout, e.Time)
	if err != nil {
		return time.Time{}
	}
	return at
}

// Decode reads the payload into one of the structs of payload.go.
func (e Event) Decode(payload any) error {
	if err := json.Unmarshal(e.Data, payload); err != nil {
		return fmt.Errorf("%w: event %d (%s) of %s: %w", ErrDamaged, e.Seq, e.Type, e.Case, err)
	}
	return nil
}

// Seal turns entries into the events that follow head. Every engine appends
// what Seal returns and nothing else, inside one transaction with reading head.
func Seal(id string, head Head, entries []Entry) ([]Event, error) {
	if !ValidID(id) {
		return nil, fmt.Errorf("%w: %q is no case ID", ErrInvalid, id)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%w: nothing to append to %s", ErrInvalid, id)
	}
	events := make([]Event, 0, len(entries))
	seq, prev := head.Seq, head.Hash
	for _, entry := range entries {
		switch first := seq == 0; {
		case first && entry.Type != TypeOpened:
			return nil, fmt.Errorf("%w: %s", ErrNoCase, id)
		case !first && entry.Type == TypeOpened:
			return nil, fmt.Errorf("%w: %s", ErrExists, id)
		}
		if err := entry.check(); err != nil {
			return nil, err
		}
		data, err := Canonical(entry.Data)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, entry.Type, err)
		}
		if len(data) > MaxData {
			return nil, fmt.Errorf("%w: %s holds %d bytes, more than %d: keep it as a blob", ErrInvalid, entry.Type, len(data), MaxData)
		}
		seq++
		event := Event{
			Case: id, Seq: seq, Time: entry.Time.UTC().Format(TimeLayout),
			Type: entry.Type, Actor: entry.Actor, Data: data, Prev: prev,
		}
		event.Hash = event.Digest()
		prev = event.Hash
		events = append(events, event)
	}
	return events, nil
}

// Next returns the head after events were appended to a case with head h.
func (h Head) Next(events []Event) Head {
	last := events[len(events)-1]
	if h.Seq == 0 {
		h.Opened = events[0].At()
	}
	return Head{Case: last.Case, Seq: last.Seq, Hash: last.Hash, Opened: h.Opened, Changed: last.At()}
}

func (e Entry) check() error {
	switch {
	case !typeName.MatchString(string(e.Type)):
		return fmt.Errorf("%w: %q is no event type", ErrInvalid, e.Type)
	case e.Actor == "" || len(e.Actor) > MaxActor || !utf8.ValidString(e.Actor) || hasUnprintable(e.Actor):
		return fmt.Errorf("%w: actor %q is empty, over %d bytes, or not plain text", ErrInvalid, e.Actor, MaxActor)
	case e.Time.Year() < 1 || e.Time.Year() > 9999 || e.Time.IsZero():
		return fmt.Errorf("%w: %s without a time", ErrInvalid, e.Type)
	}
	return nil
}

func hasUnprintable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return true
		}
	}
	return false
}
