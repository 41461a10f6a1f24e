package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// Escalating is the part of a [Core] that tells who must know.
type Escalating interface {
	// Recipients lists those of the configuration, without their secrets.
	Recipients() ([]Recipient, error)
	Escalate(ctx context.Context, w *investigation.Workspace, id string, o Telling) (Told, error)
}

// A Recipient is somebody whom escalations are handed to.
type Recipient struct {
	Name     string `json:"name"`
	Kind     string `json:"kind" doc:"webhook, mail, slack, teams, mattermost, thehive or jira"`
	Severity string `json:"severity" doc:"the mildest it is told; empty: all"`
	TLP      string `json:"tlp" doc:"the strictest it may be told"`
}

// A Telling says who is told: the flags of clew escalate.
type Telling struct {
	To     []string `json:"to,omitempty" maxItems:"64" doc:"only these recipients; all when left out"`
	DryRun bool     `json:"dry_run,omitempty" doc:"show what fires and what would be sent; record and send nothing"`
}

// Told is what became of it.
type Told struct {
	New         int                   `json:"new" doc:"triggers that fired, and are in the record since"`
	Escalations []casefile.Escalation `json:"escalations" doc:"all of the case; of a dry run those that would be new"`
	Failed      []string              `json:"failed" doc:"deliveries that failed; the next run tries them again"`
	Would       []WouldTell           `json:"would" doc:"of a dry run: what each recipient would get"`
}

// A WouldTell is a message that was not sent.
type WouldTell struct {
	Trigger string `json:"trigger"`
	To      string `json:"to"`
	Kind    string `json:"kind"`
	Content string `json:"content" doc:"what would be sent; empty where nothing may be"`
	Refused string `json:"refused" doc:"why nothing may be sent"`
}

type tellInput struct {
	CaseName
	Body Telling
}

// tellWithin bounds how long recipients may take together, each tried again as
// the way out does.
const tellWithin = 5 * time.Minute

func (s *service) registerEscalations(api huma.API) {
	register(api, get(account.Read, "recipients", "/recipients", "Whom escalations are handed to", "As the configuration names them; addresses and keys are never shown."),
		func(context.Context, *struct{}) (List[Recipient], error) { return whole(s.core.Recipients()) })
	list := get(account.Read, "escalations", "/cases/{case}/escalations", "The escalations of a case, with their deliveries", "")
	list.Errors = []int{http.StatusNotFound}
	register(api, list, func(ctx context.Context, in *CaseName) (List[casefile.Escalation], error) {
		record, err := s.load(ctx, in.Case)
		if err != nil {
			return List[casefile.Escalation]{}, err
		}
		return whole(casefile.FilledEscalations(record.Document().Escalations), nil)
	})
	tell := post(account.Act, "escalate", "/cases/{case}/escalations", "Find the triggers that fired, record them, and tell the recipients",
		"As clew escalate. What a recipient has taken is not sent twice; what failed is tried again by the next call.")
	tell.BodyReadTimeout = tellWithin
	tell.Errors = []int{http.StatusNotFound}
	register(api, tell, func(ctx context.Context, in *tellInput) (told Told, err error) {
		err = s.inCase(ctx, in.Case, false, func(w *investigation.Workspace, id string) (err error) {
			told, err = s.core.Escalate(ctx, w, id, in.Body)
			return err
		})
		return told, err
	})
}
