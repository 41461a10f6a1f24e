package custom

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// An output is one object that a program gave.
type output map[string]any

// shapes are the objects a program may give, each known by its first member,
// with all members it may have.
var shapes = [][]string{
	{"dns", "first", "last", "at", "count"},
	{"certificate"},
	{"registration", "first", "last", "at"},
	{"holders", "relation", "object"},
	{"held"},
	{"missing"},
	{"relation", "subject", "object", "first", "last", "at", "count"},
}

var (
	dnsMembers          = []string{"name", "type", "data"}
	certificateMembers  = []string{"sha256", "sha1", "subject", "issuer", "serial", "own", "key", "names", "not_before", "not_after", "der"}
	registrationMembers = []string{"domain", "registrar", "created", "names", "orgs", "emails", "phones", "nameservers"}
)

// shape returns the member that tells what an output is.
func (o output) shape() (string, error) {
	for _, members := range shapes {
		if _, ok := o[members[0]]; ok {
			return members[0], o.only(members)
		}
	}
	return "", errors.New("an object with none of the members relation, dns, certificate, registration, holders, held, missing")
}

// only refuses members that nobody reads: they are typing errors.
func (o output) only(members []string) error {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(members, name) {
			return fmt.Errorf("unknown member %.40q: members are %s", name, strings.Join(members, ", "))
		}
	}
	return nil
}

func (o output) text(name string) string {
	text, _ := textOf(o[name])
	return text
}

// texts reads a list of texts, or one text for a list of one.
func (o output) texts(name string) []string {
	list, ok := o[name].([]any)
	if !ok {
		list = []any{o[name]}
	}
	var texts []string
	for _, member := range list {
		if text, ok := textOf(member); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// inner returns the object under a member.
func (o output) inner(name string, members []string) (output, error) {
	object, ok := o[name].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is no object", name)
	}
	return object, output(object).only(members)
}

// window reads first and last, or at for a single moment. received ends a last
// day that is not over.
func (o output) window(received time.Time) observation.Window {
	if at := timeText(o["at"]); at != "" {
		return record.Between(at, at, received)
	}
	return record.Between(timeText(o["first"]), timeText(o["last"]), received)
}

// timeText writes a time as [record.ParseTime] reads it. Numbers, and digits in
// a text, are seconds since the epoch; from 100,000,000,000 on, which as seconds
// would be the year 5138, milliseconds.
func timeText(v any) string {
	text, ok := textOf(v)
	if f, fraction := v.(float64); fraction && f > 0 && f < 1e15 {
		text, ok = strconv.FormatInt(int64(f), 10), true
	}
	if _, _, readable := record.ParseTime(text); !ok || readable {
		return text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	moment := record.Unix(n)
	if n >= 1e11 {
		moment = record.UnixMilli(n)
	}
	if moment.IsZero() {
		return ""
	}
	return moment.Format(time.RFC3339)
}

// unreadableTimes returns what stands where a time belongs and is none.
func (o output) unreadableTimes() (texts []string) {
	for _, name := range []string{"first", "last", "at"} {
		if v := o[name]; v != nil {
			if _, _, ok := record.ParseTime(timeText(v)); !ok {
				texts = append(texts, describe(v))
			}
		}
	}
	return texts
}

// facts reads an output of one of the shapes that hold facts.
func (o output) facts(shape string, received time.Time) ([]observation.Observation, error) {
	switch shape {
	case "dns":
		return o.dns(received)
	case "certificate":
		return o.certificate(received)
	case "registration":
		return o.registration(received)
	}
	f, err := o.fact(received)
	if err != nil {
		return nil, err
	}
	return []observation.Observation{f}, nil
}

// fact reads {subject, relation, object, …}.
func (o output) fact(received time.Time) (f observation.Observation, err error) {
	if f.Relation, err = o.relation(); err != nil {
		return f, err
	}
	if f.Subject, err = resolve(o["subject"], f.Relation.Subjects()); err != nil {
		return f, fmt.Errorf("subject of %s: %w", f.Relation, err)
	}
	if f.Object, err = resolve(o["object"], f.Relation.Objects()); err != nil {
		return f, fmt.Errorf("object of %s: %w", f.Relation, err)
	}
	f.Window, f.Count = o.window(received), o.count()
	return f, f.Check()
}

func (o output) count() uint64 { return uint64(max(countOf(o["count"]), 1)) }

func (o output) relation() (observation.Relation, error) {
	name := o.text("relation")
	r, ok := observation.RelationNamed(name)
	if !ok {
		return 0, fmt.Errorf("%.40q is no relation of the vocabulary", name)
	}
	return r, nil
}

// resolve reads a value of one of those kinds: "kind:value", or the value alone.
// Alone it is of the one kind there is, else of the kind it looks like, else of
// the first kind it can be.
func resolve(v any, kinds []observable.Kind) (observable.Value, error) {
	text, ok := textOf(v)
	if !ok || text == "" {
		return observable.Value{}, fmt.Errorf("%s is no text", describe(v))
	}
	if name, rest, found := strings.Cut(text, ":"); found {
		if kind, ok := observable.KindNamed(name); ok && slices.Contains(kinds, kind) {
			return observable.New(kind, rest)
		}
	}
	if len(kinds) > 1 {
		if v, err := observable.Parse(text); err == nil && slices.Contains(kinds, v.Kind()) {
			return v, nil
		}
	}
	var err error
	for _, kind := range kinds {
		value, wrong := observable.New(kind, text)
		if wrong == nil {
			return value, nil
		}
		err = wrong
	}
	if len(kinds) > 1 {
		err = fmt.Errorf("%.80q is none of %s", text, kindNames(kinds))
	}
	return observable.Value{}, err
}

func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return clip(fmt.Sprint(v))
}

// total reads {relation, object, holders}.
func (o output) total() (r observation.Relation, object observable.Value, n source.Number, err error) {
	if r, err = o.relation(); err != nil {
		return r, object, 0, err
	}
	if object, err = resolve(o["object"], r.Objects()); err != nil {
		return r, object, 0, fmt.Errorf("object of %s: %w", r, err)
	}
	if n = countOf(o["holders"]); n == 0 {
		err = fmt.Errorf("holders is %s, not a count", describe(o["holders"]))
	}
	return r, object, n, err
}

// dns reads {dns: {name, type, data}, …}.
func (o output) dns(received time.Time) ([]observation.Observation, error) {
	d, err := o.inner("dns", dnsMembers)
	if err != nil {
		return nil, err
	}
	r := record.DNS{
		Name: d.text("name"), Type: d.text("type"), Data: d.text("data"), Window: o.window(received), Count: o.count(),
	}
	fact, ok := r.Observation()
	if !ok {
		return nil, fmt.Errorf("no fact in the record %.80q %.20q %.80q", r.Name, r.Type, r.Data)
	}
	return []observation.Observation{fact}, nil
}

// certificate reads {certificate: {…}}. The encoding is believed over the other
// members, and its names are added to theirs; but a fingerprint that is given,
// null too, goes before that of the encoding, which may be a precertificate's.
func (o output) certificate(received time.Time) ([]observation.Observation, error) {
	m, err := o.inner("certificate", certificateMembers)
	if err != nil {
		return nil, err
	}
	var c record.Certificate
	if der, err := base64.StdEncoding.DecodeString(m.text("der")); err == nil {
		c, _ = record.ParseDER(der)
	}
	for name, into := range map[string]*string{"sha256": &c.SHA256, "sha1": &c.SHA1} {
		if _, given := m[name]; given {
			*into = m.text(name)
		}
	}
	for name, into := range map[string]*string{"subject": &c.Subject, "issuer": &c.Issuer, "key": &c.Key, "own": &c.Own} {
		if *into == "" {
			*into = m.text(name)
		}
	}
	if c.Serial == "" {
		c.Serial = m.serial()
	}
	if c.NotBefore.IsZero() && c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = record.Moment(timeText(m["not_before"])), record.Moment(timeText(m["not_after"]))
	}
	c.Names, c.Seen = append(c.Names, m.texts("names")...), received
	facts := c.Observations()
	if len(facts) == 0 {
		return nil, errors.New("no fact in the certificate: it needs a fingerprint, or issuer and serial, or own")
	}
	return facts, nil
}

// serial reads a serial number: a text is hexadecimal, a number is itself.
func (o output) serial() string {
	if text, ok := o["serial"].(string); ok {
		return text
	}
	return record.DecimalSerial(o.text("serial"))
}

// registration reads {registration: {…}, …}.
func (o output) registration(received time.Time) ([]observation.Observation, error) {
	m, err := o.inner("registration", registrationMembers)
	if err != nil {
		return nil, err
	}
	r := record.Registration{
		Domain: m.text("domain"), Registrar: m.text("registrar"), Created: record.Moment(timeText(m["created"])),
		Names: m.texts("names"), Orgs: m.texts("orgs"), Emails: m.texts("emails"), Phones: m.texts("phones"),
		Nameservers: m.texts("nameservers"), Window: o.window(received),
	}
	facts := r.Observations()
	if len(facts) == 0 {
		return nil, fmt.Errorf("no fact in the registration of %.80q", r.Domain)
	}
	return facts, nil
}
