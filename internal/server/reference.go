package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A manual is the API for people, made from its OpenAPI document.
type manual struct {
	Operations []operation
	Types      []described
}

type operation struct {
	Method, Path, Summary, Text string
	Needs                       string // permission
	Parameters                  []field
	Body                        string   // type
	Answer                      string   // type, with its status
	Events                      []string // of a stream
}

type described struct {
	Name   string
	Fields []field
}

type field struct{ Name, Type, Text string }

// Reference is the page of the API in Markdown: docs/reference/api.md.
func Reference() string { return referenceOf(description("")).markdown() }

// OpenAPI is the description of the API for programs: the types of the page's
// source are made from it.
func OpenAPI(version string) (string, error) {
	text, err := json.MarshalIndent(description(version), "", "  ")
	return string(text) + "\n", err
}

func description(version string) *huma.OpenAPI {
	return newAPI(http.NewServeMux(), &service{}, version).OpenAPI()
}

func referenceOf(doc *huma.OpenAPI) manual {
	var r manual
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil {
				r.Operations = append(r.Operations, operationOf(op))
			}
		}
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if schema := schemas[name]; len(schema.Properties) > 0 {
			r.Types = append(r.Types, described{name, fieldsOf(schema)})
		}
	}
	return r
}

func operationOf(op *huma.Operation) operation {
	o := operation{Method: op.Method, Path: op.Path, Summary: op.Summary, Text: op.Description, Needs: string(PermissionOf(op))}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, field{p.Name, typeName(p.Schema), bounded(p.Description, p.Schema)})
	}
	if op.RequestBody != nil {
		o.Body = contentName(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "3") && op.Responses[status].Headers["Location"] != nil {
			o.Answer = status + " and where to go, in Location"
		}
		if !strings.HasPrefix(status, "2") {
			continue
		}
		content := op.Responses[status].Content
		if stream := content["text/event-stream"]; stream != nil {
			o.Events = eventsOf(stream.Schema)
		} else if len(content) > 0 {
			o.Answer = status + " " + contentName(content)
		} else {
			o.Answer = status + ", without a body"
		}
	}
	return o
}

// contentName names the type of a body, of a file also what sort it is.
func contentName(content map[string]*huma.MediaType) string {
	kinds := slices.Sorted(maps.Keys(content))
	if s := content[kinds[0]].Schema; s == nil || s.Format != "binary" {
		return typeName(s)
	}
	return "file (" + strings.Join(kinds, ", ") + ")"
}

// eventsOf lists the events that package sse declared.
func eventsOf(s *huma.Schema) []string {
	var events []string
	if s == nil || s.Items == nil {
		return nil
	}
	choices, _ := s.Items.Extensions["oneOf"].([]*huma.Schema)
	for _, one := range choices {
		events = append(events, strings.TrimPrefix(one.Title, "Event ")+": "+typeName(one.Properties["data"]))
	}
	slices.Sort(events)
	return events
}

func fieldsOf(s *huma.Schema) []field {
	fields := make([]field, 0, len(s.Properties))
	for name, p := range s.Properties {
		text := bounded(p.Description, p)
		if !slices.Contains(s.Required, name) {
			text = strings.TrimSpace("optional; " + text)
		}
		fields = append(fields, field{name, typeName(p), strings.TrimSuffix(text, ";")})
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.Name, b.Name) })
	return fields
}

func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return "any"
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == huma.TypeArray:
		return "[]" + typeName(s.Items)
	case s.Format == "date-time":
		return "time"
	case s.Type == huma.TypeObject && len(s.Properties) == 0:
		return "object"
	case s.Type == "":
		return "any"
	}
	return s.Type
}

// bounded adds to a description what values are taken.
func bounded(text string, s *huma.Schema) string {
	var parts []string
	if text != "" {
		parts = append(parts, text)
	}
	if len(s.Enum) > 0 {
		names := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			names[i] = fmt.Sprint(e)
		}
		parts = append(parts, "one of "+strings.Join(names, ", "))
	}
	if s.Minimum != nil && s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("%.0f to %.0f", *s.Minimum, *s.Maximum))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(parts, "; ")
}

func (r manual) markdown() string {
	var b strings.Builder
	b.WriteString("# API\n\nGenerated from the code by `make docs`; `clew serve` gives the same as `/openapi.json` (OpenAPI 3.1) and as a page at `/api`.\n" +
		"How to use it: [the guide](../guide/api.md). Errors are `application/problem+json`. What an operation needs is a permission of\n" +
		"whoever asks, where the server has accounts.\n")
	for _, o := range r.Operations {
		fmt.Fprintf(&b, "\n## %s %s\n\n%s. %s\n", o.Method, o.Path, o.Summary, o.Text)
		fmt.Fprintf(&b, "\nNeeds: `%s`.\n", o.Needs)
		table(&b, "parameter", o.Parameters)
		if o.Body != "" {
			fmt.Fprintf(&b, "\nBody: `%s`.\n", o.Body)
		}
		if o.Answer != "" {
			fmt.Fprintf(&b, "\nAnswer: `%s`.\n", o.Answer)
		}
		if len(o.Events) > 0 {
			fmt.Fprintf(&b, "\nEvents: `%s`.\n", strings.Join(o.Events, "`, `"))
		}
	}
	b.WriteString("\n# Types\n")
	for _, t := range r.Types {
		fmt.Fprintf(&b, "\n## %s\n", t.Name)
		table(&b, "field", t.Fields)
	}
	return b.String()
}

func table(b *strings.Builder, what string, fields []field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | type | meaning |\n|---|---|---|\n", what)
	for _, f := range fields {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, f.Type, strings.ReplaceAll(f.Text, "|", "\\|"))
	}
}
