package format

import "strings"

// An Action is what the device did about the event, where it says so.
type Action uint8

// The actions. Unsaid is not Allowed: many logs only report.
const (
	Unsaid Action = iota
	Allowed
	Blocked
)

func (a Action) String() string {
	return [...]string{"", "allowed", "blocked"}[min(a, Blocked)]
}

// A Direction is seen from the network whose logs these are.
type Direction uint8

// The directions.
const (
	NoDirection Direction = iota
	Outbound
	Inbound
	Internal // both sides are ours
	External // neither side is: a sensor on somebody else's wire
)

func (d Direction) String() string {
	return [...]string{"", "outbound", "inbound", "internal", "external"}[min(d, External)]
}

// Beginnings of the words in which products say that they let something pass or
// not, lower case. Origin: the field documentation of the vendors named in
// names.go, and the values seen in their samples.
var (
	blockedWords = []string{
		"block", "deny", "denied", "drop", "reject", "refus", "reset", "discard", "quarantin", "prevent", "clean", "delet",
		"dpi-block", "tcp_denied", "kill", "remov", "terminat", "sinkhol", "forbid", "closed-by", "nullroute", "server-rst", "client-rst",
		"blacklist", "isolate", "ids-blocked", "clear_session", "would have blocked", "rst", "d",
	}
	allowedWords = []string{
		"allow", "accept", "permit", "pass", "observed", "deliver", "forward", "permitted", "alert", "detect", "monitor", "log-only",
		"continue", "tcp_", "ok", "open", "none", "start", "close", "accepted", "built", "whitelist", "tunnel", "redirect", "success", "a", "bypass",
	}
)

// ActionOf reads a word such as "DROP", "Allowed", "TCP_DENIED/403".
func ActionOf(word string) Action {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, w := range blockedWords {
		if word == w || len(w) > 1 && strings.HasPrefix(word, w) {
			return Blocked
		}
	}
	for _, w := range allowedWords {
		if word == w || len(w) > 2 && strings.HasPrefix(word, w) {
			return Allowed
		}
	}
	return Unsaid
}

// offerAction keeps what the record says; a block outweighs what passed before
// it, since a firewall accepts a connection before it stops what comes over it.
func (r *Record) offerAction(word string) {
	if a := ActionOf(word); a > r.Action {
		r.Action = a
	}
}

// offerDirection reads the direction words of logs. Words that only name a side
// of the connection ("client-to-server", "Download") say nothing about it.
func (r *Record) offerDirection(name, word string) {
	word = strings.ToLower(strings.TrimSpace(word))
	switch {
	case strings.HasPrefix(word, "inbound"), word == "ingress", word == "incoming", word == "i", word == "in":
		r.Direction = Inbound
	case strings.HasPrefix(word, "outbound"), word == "egress", word == "outgoing", word == "o", word == "out":
		r.Direction = Outbound
	case Normal(name) == "initiated": // Sysmon: did this machine open the connection?
		switch word {
		case "true":
			r.Direction = Outbound
		case "false":
			r.Direction = Inbound
		}
	}
}
