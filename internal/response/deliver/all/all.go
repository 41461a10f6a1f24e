// Package all is the table of ways to hand escalations over: the only place that
// names each of them.
package all

import (
	"maps"
	"slices"

	"clew/internal/response/deliver"
	"clew/internal/response/deliver/chat"
	"clew/internal/response/deliver/jira"
	"clew/internal/response/deliver/mail"
	"clew/internal/response/deliver/thehive"
	"clew/internal/response/deliver/webhook"
)

var ways = map[string]deliver.Way{
	"webhook": webhook.Way{}, "mail": mail.Way{}, "slack": chat.Slack(), "teams": chat.Teams(), "mattermost": chat.Mattermost(),
	"thehive": thehive.Way{}, "jira": jira.Way{},
}

// Named returns the way of a kind of recipient.
func Named(kind string) (deliver.Way, bool) {
	way, known := ways[kind]
	return way, known
}

// Kinds lists the kinds of recipients.
func Kinds() []string { return slices.Sorted(maps.Keys(ways)) }
