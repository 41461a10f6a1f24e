package sysmon

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/observation/record"
)

// The events that say what a process does. Source: Microsoft, Sysmon, "Events".
const (
	processCreate  = 1
	networkConnect = 3
	fileCreate     = 11
	registrySet    = 13
	streamHash     = 15
	pipeCreated    = 17
	dnsQuery       = 22
	fileDelete     = 23 // and archived
	fileDeleted    = 26
)

// An event is one record: its number and its fields, by Sysmon's names.
type event struct {
	id     int
	fields map[string]string
}

func (e event) at() time.Time { return record.Moment(e.fields["UtcTime"]) }

// maxDepth bounds how deep fields are looked for.
const maxDepth = 4

// fromJSON reads a record as winlogbeat, NXLog, Azure's agent or a plain dump
// write it: flat, or with the fields below event_data, EventData or the like.
func fromJSON(line []byte) (event, error) {
	var v map[string]any
	if err := json.Unmarshal(line, &v); err != nil {
		return event{}, fmt.Errorf("JSON: %w", err)
	}
	e := event{fields: map[string]string{}}
	e.gather(v, 0)
	for _, name := range []string{"EventID", "event_id", "EventId"} {
		if id, err := strconv.Atoi(e.fields[name]); err == nil {
			e.id = id
			break
		}
	}
	return e, nil
}

// gather takes every field it finds, the outermost of a name, and of those
// equally deep the one below the first name.
func (e *event) gather(v map[string]any, depth int) {
	var below []map[string]any
	for _, name := range slices.Sorted(maps.Keys(v)) {
		switch value := v[name].(type) {
		case string:
			var inner map[string]any
			if strings.HasPrefix(value, "{\"") && name == "EventData" && json.Unmarshal([]byte(value), &inner) == nil {
				below = append(below, inner)
				continue
			}
			e.set(name, value)
		case float64:
			e.set(name, strconv.FormatFloat(value, 'f', -1, 64))
		case bool:
			e.set(name, strconv.FormatBool(value))
		case map[string]any:
			if inner, ok := value["#text"].(string); ok {
				e.set(name, inner)
			}
			below = append(below, value)
		}
	}
	if depth < maxDepth {
		for _, inner := range below {
			e.gather(inner, depth+1)
		}
	}
}

func (e *event) set(name, value string) {
	if _, known := e.fields[name]; !known {
		e.fields[name] = value
	}
}

// fromXML reads a record as Windows exports it.
func fromXML(text []byte) (event, error) {
	var doc struct {
		System struct {
			EventID int `xml:"EventID"`
		} `xml:"System"`
		Data []struct {
			Name string `xml:"Name,attr"`
			Text string `xml:",chardata"`
		} `xml:"EventData>Data"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		return event{}, fmt.Errorf("XML: %w", err)
	}
	e := event{id: doc.System.EventID, fields: map[string]string{}}
	for _, d := range doc.Data {
		e.set(d.Name, strings.TrimSpace(d.Text))
	}
	return e, nil
}
