package casefile

import "strings"

// AssistantMark stands behind the name of whoever an assistant works for, as the
// actor of an event. No user's name can hold it.
const AssistantMark = " (assistant)"

// Person is whoever answers for what an actor did: an assistant is nobody of its own.
func Person(actor string) string { return strings.TrimSuffix(actor, AssistantMark) }
