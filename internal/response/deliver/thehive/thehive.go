// Package thehive raises alerts in TheHive 5 by its documented API:
// https://docs.strangebee.com/thehive/api-docs/, POST /api/v1/alert. TheHive
// takes one alert for each type, source and sourceRef, so the same escalation
// sent twice is one alert.
package thehive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"clew/internal/casefile"
	"clew/internal/response/deliver"
	"clew/internal/source"
)

// Way is TheHive.
type Way struct{}

// Check implements [deliver.Way].
func (Way) Check(r deliver.Recipient) error {
	if r.Key == "" {
		return fmt.Errorf("%w %s: no API key: set %s, or keys.%s in config.yaml", deliver.ErrRecipient, r.Name, r.KeyEnv, r.Name)
	}
	return deliver.HTTPS(r, r.URL)
}

// Info implements [deliver.Way].
func (Way) Info(r deliver.Recipient) source.Info {
	return deliver.Server(r, r.URL, "Authorization", "Bearer")
}

// Numbers of TheHive.
var (
	severities = map[string]int{"low": 1, "medium": 2, "high": 3, "critical": 4}
	tlps       = map[string]int{"CLEAR": 0, "GREEN": 1, "AMBER": 2, "AMBER+STRICT": 3, "RED": 4}
	paps       = map[string]int{"CLEAR": 0, "WHITE": 0, "GREEN": 1, "AMBER": 2, "RED": 3}
	kinds      = map[string]string{"domain": "domain", "ip": "ip", "url": "url", "email": "mail", "file": "hash", "asn": "autonomous-system", "filename": "filename", "useragent": "user-agent"}
)

type observable struct {
	DataType string `json:"dataType"`
	Data     string `json:"data"`
	IOC      bool   `json:"ioc"`
	Message  string `json:"message"`
}

type alert struct {
	Type        string       `json:"type"`
	Source      string       `json:"source"`
	SourceRef   string       `json:"sourceRef"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Severity    int          `json:"severity"`
	Date        int64        `json:"date"` // milliseconds
	TLP         int          `json:"tlp"`
	PAP         int          `json:"pap"`
	Tags        []string     `json:"tags"`
	Observables []observable `json:"observables"`
}

// Render implements [deliver.Way]. TheHive reads the description as Markdown; it
// is an indented block, in which nothing is.
func (Way) Render(_ deliver.Recipient, m deliver.Message) ([]byte, error) {
	e := m.Escalation
	a := alert{
		Type: "clew", Source: "clew", SourceRef: e.ID, Title: m.Title(), Severity: severities[e.Severity], Date: e.At.UnixMilli(),
		TLP: tlps[m.Case.TLP], PAP: paps[m.Case.PAP], Tags: []string{"clew", "trigger:" + e.Trigger, "case:" + m.Case.ID}, Observables: []observable{},
		Description: "    " + strings.ReplaceAll(strings.TrimSpace(m.Text()), "\n", "\n    "),
	}
	if e.At.IsZero() {
		a.Date = m.At.UnixMilli()
	}
	for _, v := range e.Values {
		kind, known := kinds[v.Kind]
		if !known {
			kind = "other"
		}
		a.Observables = append(a.Observables, observable{kind, v.Value, true, "case " + m.Case.ID})
	}
	return json.Marshal(a)
}

// Send implements [deliver.Way].
func (w Way) Send(ctx context.Context, door deliver.Door, r deliver.Recipient, m deliver.Message) (string, error) {
	content, err := w.Render(r, m)
	if err != nil {
		return "", err
	}
	reply, err := deliver.Post(ctx, door, r, http.MethodPost, strings.TrimSuffix(r.URL, "/")+"/api/v1/alert", nil, content)
	if already(err) {
		return "the alert is there already", nil
	}
	if err != nil {
		return "", err
	}
	var made struct {
		ID string `json:"_id"`
	}
	if err := json.Unmarshal(reply, &made); err != nil || made.ID == "" {
		return "", fmt.Errorf("%w: an answer without the alert's _id", source.ErrBadReply)
	}
	return "alert " + casefile.Printable(made.ID), nil
}

// already reports whether TheHive has the alert: it answers 400 with
// CreateError and "already exists".
func already(err error) bool {
	var refused deliver.Refused
	return errors.As(err, &refused) && refused.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(refused.Words), "already exist")
}
