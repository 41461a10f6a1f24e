// Package push hands sets to servers of the team: MISP, OpenCTI, TAXII. All of
// it goes through the one door out, as package fetch keeps it.
//
// Each target updates what it was given before: identifiers stay the same from
// push to push. Nothing is published: that is for an analyst there to do.
package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clew/internal/export"
	"clew/internal/export/misp"
	"clew/internal/export/stix"
	"clew/internal/marking"
	"clew/internal/source"
)

// A Target is a kind of server.
type Target struct {
	Name, Title string
	Doc         string
	URLEnv      string // environment variable of its address
	KeyEnv      string // and of its key
	Format      export.Format
	scheme      string // how the key is carried in Authorization
	push        func(context.Context, courier, export.Set) (Result, error)
}

// A Result is what the server says became of a push.
type Result struct {
	Said string // a sentence
}

// Targets lists the kinds of servers, by name.
func Targets() []Target {
	return []Target{
		{
			Name: "misp", Title: "MISP", URLEnv: "MISP_URL", KeyEnv: "MISP_KEY", Format: misp.Format(), push: pushMISP,
			Doc: "adds the event by the REST API, or edits the one from an earlier push; unpublished",
		},
		{
			Name: "opencti", Title: "OpenCTI", URLEnv: "OPENCTI_URL", KeyEnv: "OPENCTI_TOKEN", Format: stix.Format(), scheme: "Bearer", push: pushOpenCTI,
			Doc: "registers as an import connector and pushes the STIX bundle by GraphQL (stixBundlePush)",
		},
		{
			Name: "taxii", Title: "TAXII 2.1", URLEnv: "TAXII_URL", KeyEnv: "TAXII_KEY", Format: stix.Format(), scheme: "Basic", push: pushTAXII,
			Doc: "adds the STIX objects to a collection, whose address it is given: https://host/root/collections/ID/; the key is written user:password",
		},
	}
}

// Named returns the target of that name.
func Named(name string) (Target, bool) {
	for _, t := range Targets() {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// ErrAddress means that an address cannot be that of a server.
var ErrAddress = errors.New("address of the server")

// Info describes the server at an address to the way out: its key is sent to its
// host only, and nothing of it is kept or sent faster than twice a second.
func (t Target) Info(address string) (source.Info, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return source.Info{}, fmt.Errorf("%w: it must be https://host or https://host/path", ErrAddress)
	}
	return source.Info{
		Name: "push-" + t.Name, Title: t.Title, PAP: marking.Clear, Every: 500 * time.Millisecond, // our choice: a server of a team
		KeyEnv: t.KeyEnv, KeyHeader: "Authorization", KeyScheme: t.scheme, KeyHost: u.Host,
	}, nil
}

// Push hands s to the server at the address.
func (t Target) Push(ctx context.Context, ask source.Asker, address string, s export.Set) (Result, error) {
	if _, err := t.Info(address); err != nil {
		return Result{}, err
	}
	result, err := t.push(ctx, courier{ask: ask, name: "push-" + t.Name, base: strings.TrimSuffix(address, "/")}, s)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", t.Title, err)
	}
	return result, nil
}

// courier sends requests to one server.
type courier struct {
	ask  source.Asker
	name string
	base string // without a slash at its end
}

// status is an HTTP status that says no.
type status struct {
	code int
	said string
}

func (s status) Error() string {
	text := fmt.Sprintf("HTTP %d %s", s.code, http.StatusText(s.code))
	if s.said != "" {
		text += ": " + s.said
	}
	return text
}

// send asks, and decodes the answer into out, which may be nil.
func (c courier) send(ctx context.Context, method, path string, header http.Header, body any, out any) error {
	request := source.Request{Source: c.name, Method: method, URL: c.base + path, Header: header, TTL: -1, Anew: true, Endpoint: method}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		request.Body = encoded
	}
	reply, err := c.ask.Ask(ctx, request)
	if err != nil {
		return err
	}
	if reply.Status < 200 || reply.Status > 299 {
		return status{reply.Status, saidIn(reply.Body)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(reply.Body, out); err != nil {
		return fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	return nil
}

// saidIn finds the server's own words in a refusal, shortened and in plain
// characters: it may be anybody's text.
func saidIn(body []byte) string {
	var reply struct {
		Message, Title, Description string
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return ""
	}
	const most = 200
	text := []rune(strings.TrimSpace(reply.Message + " " + reply.Title + " " + reply.Description))
	return export.Visible(string(text[:min(len(text), most)]))
}
