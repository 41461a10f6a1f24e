package assistant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/server"
)

// An operation is one of the API's, as a tool with named arguments.
type operation struct {
	method, path         string
	summary, description string
	arguments            map[string]argument
	fixed                map[string]settled
	hasBody              bool
	needs                account.Permission
}

// settled is an argument that has one value.
type settled struct{ in, value string }

type argument struct {
	in       string // path, query or body
	schema   map[string]any
	required bool
}

// operations reads the API's description, by ID.
func operations(doc *huma.OpenAPI) (map[string]operation, error) {
	known := map[string]operation{}
	schemas := inliner{doc.Components.Schemas.Map()}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post} {
			if op == nil {
				continue
			}
			one := operation{method: method, path: path, summary: op.Summary, description: op.Description, arguments: map[string]argument{}, needs: server.PermissionOf(op)}
			for _, p := range op.Parameters {
				schema, err := schemas.plain(p.Schema, 0)
				if err != nil {
					return nil, err
				}
				if p.Description != "" {
					schema["description"] = p.Description
				}
				one.arguments[p.Name] = argument{p.In, schema, p.Required || p.In == "path"}
			}
			if err := one.addBody(op, schemas); err != nil {
				return nil, fmt.Errorf("assistant: %s: %w", op.OperationID, err)
			}
			known[op.OperationID] = one
		}
	}
	return known, nil
}

// addBody makes each field of a JSON body an argument.
func (o *operation) addBody(op *huma.Operation, schemas inliner) error {
	if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	body, err := schemas.plain(op.RequestBody.Content["application/json"].Schema, 0)
	if err != nil {
		return err
	}
	o.hasBody = true
	properties, _ := body["properties"].(map[string]any)
	required, _ := body["required"].([]any)
	for name, schema := range properties {
		if _, taken := o.arguments[name]; taken {
			return fmt.Errorf("%q is in the address and in the body", name)
		}
		schema, _ := schema.(map[string]any)
		o.arguments[name] = argument{"body", schema, slices.Contains(required, any(name))}
	}
	return nil
}

// inliner resolves references, which tools have no place for.
type inliner struct{ schemas map[string]*huma.Schema }

const deepest = 12 // of schemas within schemas

func (in inliner) plain(s *huma.Schema, depth int) (map[string]any, error) {
	if depth > deepest {
		return map[string]any{}, nil // a type that holds itself: anything goes, and the API checks it
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return in.plain(in.schemas[name], depth+1)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	if err := json.Unmarshal(encoded, &plain); err != nil {
		return nil, err
	}
	if len(s.Properties) > 0 {
		properties := map[string]any{}
		for name, p := range s.Properties {
			if properties[name], err = in.plain(p, depth+1); err != nil {
				return nil, err
			}
		}
		plain["properties"] = properties
	}
	if s.Items != nil {
		if plain["items"], err = in.plain(s.Items, depth+1); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// without is the operation with some arguments taken away and others settled.
func (o operation) without(names []string, fixed map[string]string) (operation, error) {
	o.arguments, o.fixed = maps.Clone(o.arguments), map[string]settled{}
	for _, name := range names {
		if o.arguments[name].required {
			return o, fmt.Errorf("assistant: %s needs %q", o.path, name)
		}
		delete(o.arguments, name)
	}
	for name, value := range fixed {
		if in := o.arguments[name].in; in != "query" && in != "body" {
			return o, fmt.Errorf("assistant: %s has no argument %q to settle", o.path, name)
		}
		o.fixed[name] = settled{o.arguments[name].in, value}
		delete(o.arguments, name)
	}
	return o, nil
}

// schema is the JSON schema of the arguments.
func (o operation) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, name := range slices.Sorted(maps.Keys(o.arguments)) {
		properties[name] = o.arguments[name].schema
		if o.arguments[name].required {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// request makes the API's request out of the arguments, which the API checks.
func (o operation) request(ctx context.Context, arguments json.RawMessage) (*http.Request, error) {
	given := map[string]any{}
	if len(arguments) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(arguments))
		decoder.UseNumber()
		if err := decoder.Decode(&given); err != nil {
			return nil, errors.New("the arguments are no JSON object")
		}
	}
	path, query, body := o.path, url.Values{}, map[string]any{}
	for name, s := range o.fixed {
		if s.in == "query" {
			query.Set(name, s.value)
		} else {
			body[name] = s.value
		}
	}
	for name, value := range given {
		a, ok := o.arguments[name]
		if !ok {
			return nil, fmt.Errorf("there is no argument %q: use %s", name, strings.Join(slices.Sorted(maps.Keys(o.arguments)), ", "))
		}
		switch a.in {
		case "path":
			if fmt.Sprint(value) == "" {
				return nil, fmt.Errorf("%s is empty", name)
			}
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(fmt.Sprint(value)))
		case "query":
			query.Set(name, inQuery(value))
		default:
			body[name] = value
		}
	}
	if strings.Contains(path, "{") {
		return nil, fmt.Errorf("an argument is missing: %s", path[strings.Index(path, "{"):])
	}
	return o.build(ctx, path, query, body)
}

// inQuery writes a value as the API reads it: a list with commas.
func inQuery(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	parts := make([]string, len(list))
	for i, part := range list {
		parts[i] = fmt.Sprint(part)
	}
	return strings.Join(parts, ",")
}

func (o operation) build(ctx context.Context, path string, query url.Values, body map[string]any) (*http.Request, error) {
	var content io.Reader
	if o.hasBody {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, o.method, path+"?"+query.Encode(), content)
	if err != nil {
		return nil, err
	}
	if o.hasBody {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// reply takes the API's answer, and counts what it does not keep.
type reply struct {
	header http.Header
	status int
	size   int
	body   bytes.Buffer
}

func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) { r.status = status }

func (r *reply) Write(p []byte) (int, error) {
	r.size += len(p)
	if r.size <= most {
		r.body.Write(p)
	}
	return len(p), nil
}
