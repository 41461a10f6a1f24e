// Package webhook posts escalations as JSON, signed as Standard Webhooks
// (https://github.com/standard-webhooks/standard-webhooks, spec 1.0) says:
// webhook-id stays the same when a message is sent again, so that the receiver
// can drop the second; webhook-signature is HMAC-SHA256 over id, time and body.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"clew/internal/casefile"
	"clew/internal/response/deliver"
	"clew/internal/source"
)

// Way is the webhook.
type Way struct{}

// Check implements [deliver.Way].
func (Way) Check(r deliver.Recipient) error {
	if r.Key == "" {
		return fmt.Errorf("%w %s: no secret to sign with: set %s, or keys.%s in config.yaml", deliver.ErrRecipient, r.Name, r.KeyEnv, r.Name)
	}
	if _, err := secret(r.Key); err != nil {
		return fmt.Errorf("%w %s: %w", deliver.ErrRecipient, r.Name, err)
	}
	return deliver.HTTPS(r, r.URL)
}

// Info implements [deliver.Way]. The secret signs, and is never sent.
func (Way) Info(r deliver.Recipient) source.Info { return deliver.Server(r, r.URL, "", "") }

// body is what is posted; its fields are only ever added to.
type body struct {
	Type       string              `json:"type"`
	ID         string              `json:"id"`
	Title      string              `json:"title"`
	Case       casefile.Case       `json:"case"`
	Escalation casefile.Escalation `json:"escalation"`
}

// Render implements [deliver.Way].
func (Way) Render(_ deliver.Recipient, m deliver.Message) ([]byte, error) {
	e := m.Escalation
	e.Delivered = []casefile.Delivery{}
	if e.Assets == nil {
		e.Assets = []string{}
	}
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	err := encode.Encode(body{"clew.escalation", e.ID, m.Title(), m.Case, e})
	return bytes.TrimSpace(out.Bytes()), err
}

// Send implements [deliver.Way].
func (w Way) Send(ctx context.Context, door deliver.Door, r deliver.Recipient, m deliver.Message) (string, error) {
	content, err := w.Render(r, m)
	if err != nil {
		return "", err
	}
	id, at := "clew_"+m.Escalation.ID, strconv.FormatInt(m.At.Unix(), 10)
	signature, err := Sign(r.Key, id, at, content)
	if err != nil {
		return "", err
	}
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", signature)
	said, err := deliver.Post(ctx, door, r, http.MethodPost, r.URL, header, content)
	return deliver.Said(said), err
}

// Sign returns the signature of a message.
func Sign(key, id, at string, content []byte) (string, error) {
	raw, err := secret(key)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, raw)
	fmt.Fprintf(mac, "%s.%s.", id, at)
	mac.Write(content)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// secret reads a key: base64 behind whsec_, as the specification writes it, or
// any text of 16 bytes or more as it stands.
func secret(key string) ([]byte, error) {
	if encoded, ok := strings.CutPrefix(key, "whsec_"); ok {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(raw) < 16 {
			return nil, fmt.Errorf("the secret behind whsec_ is no base64 of 16 bytes or more")
		}
		return raw, nil
	}
	if len(key) < 16 {
		return nil, fmt.Errorf("a secret of %d bytes is too short to sign with: use 16 or more", len(key))
	}
	return []byte(key), nil
}
