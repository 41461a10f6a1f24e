// Package jira opens issues in Jira Cloud by its documented REST API, version 3:
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/. An issue carries
// the escalation's identifier as a label, by which an earlier one is found
// before a second is opened.
package jira

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"clew/internal/casefile"
	"clew/internal/response/deliver"
	"clew/internal/source"
)

// Way is Jira.
type Way struct{}

// Check implements [deliver.Way].
func (Way) Check(r deliver.Recipient) error {
	switch {
	case r.Project == "":
		return fmt.Errorf("%w %s: no project", deliver.ErrRecipient, r.Name)
	case r.User == "":
		return fmt.Errorf("%w %s: no user: the e-mail address that the API token belongs to", deliver.ErrRecipient, r.Name)
	case r.Key == "":
		return fmt.Errorf("%w %s: no API token: set %s, or keys.%s in config.yaml", deliver.ErrRecipient, r.Name, r.KeyEnv, r.Name)
	}
	return deliver.HTTPS(r, r.URL)
}

// Info implements [deliver.Way].
func (Way) Info(r deliver.Recipient) source.Info {
	return deliver.Server(r, r.URL, "Authorization", "Basic")
}

type object = map[string]any

var priorities = map[string]string{"low": "Low", "medium": "Medium", "high": "High", "critical": "Highest"}

func label(m deliver.Message) string { return "clew-" + m.Escalation.ID }

// Render implements [deliver.Way]. The description is an Atlassian document, in
// which text is text.
func (Way) Render(r deliver.Recipient, m deliver.Message) ([]byte, error) {
	content := []any{}
	for _, s := range m.Sections() {
		content = append(content, object{"type": "heading", "attrs": object{"level": 3}, "content": text(s.Heading)})
		items := []any{}
		for _, line := range s.Lines {
			items = append(items, object{"type": "listItem", "content": []any{object{"type": "paragraph", "content": text(line)}}})
		}
		content = append(content, object{"type": "bulletList", "content": items})
	}
	issue := r.IssueType
	if issue == "" {
		issue = "Task"
	}
	return json.Marshal(object{"fields": object{
		"project": object{"key": r.Project}, "issuetype": object{"name": issue}, "summary": m.Title(),
		"priority": object{"name": priorities[m.Escalation.Severity]}, "labels": []string{"clew", label(m)},
		"description": object{"type": "doc", "version": 1, "content": content},
	}})
}

func text(line string) []any {
	if line == "" {
		line = " " // Jira refuses an empty text
	}
	return []any{object{"type": "text", "text": line}}
}

// Send implements [deliver.Way].
func (w Way) Send(ctx context.Context, door deliver.Door, r deliver.Recipient, m deliver.Message) (string, error) {
	base := strings.TrimSuffix(r.URL, "/") + "/rest/api/3"
	query := url.Values{"jql": {fmt.Sprintf("labels = %q", label(m))}, "fields": {"key"}, "maxResults": {"1"}}
	reply, err := deliver.Post(ctx, door, r, http.MethodGet, base+"/search/jql?"+query.Encode(), nil, nil)
	if err != nil {
		return "", fmt.Errorf("looking for an earlier issue: %w", err)
	}
	var found struct {
		Issues []struct {
			Key string `json:"key"`
		} `json:"issues"`
	}
	if err := json.Unmarshal(reply, &found); err != nil {
		return "", fmt.Errorf("%w: %w", source.ErrBadReply, err)
	}
	if len(found.Issues) > 0 {
		return "issue " + casefile.Printable(found.Issues[0].Key) + " is there already", nil
	}
	content, err := w.Render(r, m)
	if err != nil {
		return "", err
	}
	reply, err = deliver.Post(ctx, door, r, http.MethodPost, base+"/issue", nil, content)
	if err != nil {
		return "", err
	}
	var made struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal(reply, &made); err != nil || made.Key == "" {
		return "", fmt.Errorf("%w: an answer without the issue's key", source.ErrBadReply)
	}
	return "issue " + casefile.Printable(made.Key), nil
}
