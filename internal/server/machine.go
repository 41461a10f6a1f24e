package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
)

// A Machine is the part of a [Core] that knows what the server stands on.
type Machine interface {
	Status() Status
	// Doctor checks what clew stands on. w has the corpus and the record open.
	Doctor(ctx context.Context, w *investigation.Workspace) []Check
	// TestSource asks a source one harmless question.
	TestSource(ctx context.Context, name string) (SourceTest, error)
}

// A Status says with what the server works: what a request leaves out is as here.
type Status struct {
	Version string `json:"version"`
	Data    string `json:"data" doc:"the data directory"`
	Corpus  string `json:"corpus" doc:"where it is: embedded, or the URL of a server without credentials"`
	Actor   string `json:"actor" doc:"who the record names"`
	Model   string `json:"model"`
	// Offline servers ask nobody, whatever a request says.
	Offline bool   `json:"offline"`
	Replay  string `json:"replay" doc:"recordings that answer instead of sources; empty for none"`
	// Running counts runs that are under way, Queued those that wait.
	Running  int      `json:"running"`
	Queued   int      `json:"queued"`
	Defaults Defaults `json:"defaults"`
}

// Defaults are the bounds of an investigation that a request leaves open.
type Defaults struct {
	Scope      string   `json:"scope"`
	TLP        string   `json:"tlp"`
	PAP        string   `json:"pap"`
	Budget     []string `json:"budget"`
	Depth      int      `json:"depth"`
	MaxHolders int      `json:"max_holders"`
	AsOf       string   `json:"as_of"`
	Since      string   `json:"since"`
	Until      string   `json:"until"`
}

// A Check is one line of the doctor's report.
type Check struct {
	What   string `json:"what"`
	State  string `json:"state" enum:"ok,note,bad"`
	Detail string `json:"detail"`
}

// A SourceTest says how one harmless question to a source ended.
type SourceTest struct {
	Source       string     `json:"source"`
	Kind         string     `json:"kind"`
	Value        string     `json:"value"`
	State        string     `json:"state"`
	Reason       string     `json:"reason"`
	Observations int        `json:"observations"`
	Parts        []TestPart `json:"parts"`
}

// A TestPart is how one endpoint of the source ended.
type TestPart struct {
	Endpoint string `json:"endpoint"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
}

type sourceName struct {
	Source string `path:"source" maxLength:"64"`
}

func (s *service) registerMachine(api huma.API) {
	register(api, get(account.Read, "status", "/status", "With what the server works, and what a request leaves open", ""), func(ctx context.Context, _ *struct{}) (Status, error) {
		status := s.core.Status()
		status.Actor = s.actor(ctx)
		standing, err := s.jobs.store.Standing(ctx)
		for _, kind := range runKinds {
			status.Running += standing.Running[kind]
			status.Queued += standing.Queued[kind]
		}
		return status, err
	})
	register(api, get(account.Administer, "doctor", "/doctor", "Check what clew stands on", "As clew doctor: data directory, corpus, every case, lists, configuration, secrets, certificates, database, accounts, identity provider, jobs, watches, recipients, backups, disk, clock. It asks no source, and takes as long as reading every raw answer takes."),
		func(ctx context.Context, _ *struct{}) (list List[Check], err error) {
			err = s.withCorpus(func(w *investigation.Workspace) error {
				list, err = whole(s.core.Doctor(ctx, w), nil)
				return err
			})
			return list, err
		})
	test := post(account.Work, "test-source", "/sources/{source}/test", "Ask a source one harmless question", "As clew source test. It is a real question: it counts against the quota.")
	test.Errors = []int{http.StatusNotFound}
	register(api, test, func(ctx context.Context, in *sourceName) (SourceTest, error) {
		result, err := s.core.TestSource(ctx, in.Source)
		result.Reason = casefile.Printable(result.Reason)
		return result, err
	})
}
