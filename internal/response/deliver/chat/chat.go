// Package chat posts escalations to the incoming webhooks of Slack, Microsoft
// Teams and Mattermost, each in the format its maker documents. The address of
// such a webhook is its secret, so it comes as a key and is never shown.
package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"clew/internal/response/deliver"
	"clew/internal/source"
)

// A Way is one chat.
type Way struct {
	title  string
	render func(deliver.Message) any
}

// Slack posts blocks: https://api.slack.com/reference/block-kit/blocks.
func Slack() Way { return Way{"Slack", slack} }

// Teams posts an Adaptive Card to a workflow's webhook:
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
func Teams() Way { return Way{"Teams", teams} }

// Mattermost posts Markdown: https://developers.mattermost.com/integrate/webhooks/incoming/.
func Mattermost() Way { return Way{"Mattermost", mattermost} }

func address(r deliver.Recipient) string {
	if r.Key != "" {
		return r.Key
	}
	return r.URL
}

// Check implements [deliver.Way].
func (w Way) Check(r deliver.Recipient) error {
	if address(r) == "" {
		return fmt.Errorf("%w %s: no address of its webhook: set %s, or keys.%s in config.yaml", deliver.ErrRecipient, r.Name, r.KeyEnv, r.Name)
	}
	return deliver.HTTPS(r, address(r))
}

// Info implements [deliver.Way].
func (Way) Info(r deliver.Recipient) source.Info { return deliver.Server(r, address(r), "", "") }

// Render implements [deliver.Way].
func (w Way) Render(_ deliver.Recipient, m deliver.Message) ([]byte, error) {
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	err := encode.Encode(w.render(m))
	return bytes.TrimSpace(out.Bytes()), err
}

// Send implements [deliver.Way].
func (w Way) Send(ctx context.Context, door deliver.Door, r deliver.Recipient, m deliver.Message) (string, error) {
	content, err := w.Render(r, m)
	if err != nil {
		return "", err
	}
	said, err := deliver.Post(ctx, door, r, http.MethodPost, address(r), nil, content)
	return deliver.Said(said), err
}

type object = map[string]any

// slackText escapes what Slack's mrkdwn reads as its own: the three characters
// of its manual, and the marks that format a word.
func slackText(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return strings.NewReplacer("*", "∗", "_", "_\u200b", "~", "∼", "`", "ˋ").Replace(text)
}

func slack(m deliver.Message) any {
	const most = 2900 // Slack cuts a text block at 3000 characters
	blocks := []any{object{"type": "header", "text": object{"type": "plain_text", "text": cut(m.Title(), 150), "emoji": false}}}
	for _, s := range m.Sections() {
		// plain_text: nothing in a line is read as a link, a mention or a format.
		lines := s.Heading + "\n• " + strings.Join(s.Lines, "\n• ")
		blocks = append(blocks, object{"type": "section", "text": object{"type": "plain_text", "text": cut(lines, most), "emoji": false}})
	}
	return object{"text": slackText(m.Title()), "blocks": blocks, "unfurl_links": false, "unfurl_media": false}
}

func teams(m deliver.Message) any {
	body := []any{object{"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": markdown(m.Title())}}
	for _, s := range m.Sections() {
		body = append(body, object{"type": "TextBlock", "weight": "Bolder", "wrap": true, "text": markdown(s.Heading)})
		for _, line := range s.Lines {
			body = append(body, object{"type": "TextBlock", "wrap": true, "spacing": "None", "text": markdown(line)})
		}
	}
	card := object{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
	return object{"type": "message", "attachments": []any{
		object{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card},
	}}
}

func mattermost(m deliver.Message) any {
	var b strings.Builder
	fmt.Fprintf(&b, "#### %s\n", markdown(m.Title()))
	for _, s := range m.Sections() {
		fmt.Fprintf(&b, "\n**%s**\n", markdown(s.Heading))
		for _, line := range s.Lines {
			fmt.Fprintf(&b, "- %s\n", markdown(line))
		}
	}
	const most = 16_000 // Mattermost takes 16383 characters
	return object{"text": cut(b.String(), most), "username": "clew"}
}

// markdown escapes all that Markdown reads as its own, mentions included.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+-.!|~<>&:", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@':
			b.WriteString("@\u200b") // "@channel" calls nobody
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
