package server

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/job"
)

// mostList bounds a request to hunt: a list of indicators is part of it.
const mostList = 64 << 20

type huntInput struct{ Body HuntAsk }

// HuntName names a hunt in a path.
type HuntName struct {
	ID string `path:"hunt" maxLength:"64"`
}

type hitsInput struct {
	HuntName
	Page
	Indicator string `query:"indicator" maxLength:"8192" doc:"only hits of this value, as they name it"`
	Verdict   string `query:"verdict" enum:"hit,hit-outside-window,worthless"`
	Asset     string `query:"asset" maxLength:"8192" doc:"only hits on this machine"`
}

// A NumberedHit is a hit with its place among those of the hunt.
type NumberedHit struct {
	Number int `json:"number"`
	Hit
}

// TelemetryIndex says what the telemetry index covers.
type TelemetryIndex struct {
	Logs     int           `json:"logs"`
	Segments int           `json:"segments"`
	Index    int64         `json:"index_bytes"`
	Text     int64         `json:"text_bytes" doc:"covered"`
	First    casefile.Time `json:"first" doc:"when the oldest log was last written"`
	Last     casefile.Time `json:"last" doc:"when the newest log was last written"`
	Missing  []string      `json:"missing" doc:"what is not covered, and why"`
}

// A SIEMQuery is a query to paste into the team's own search.
type SIEMQuery struct {
	SIEM string    `json:"siem"`
	Text string    `json:"text"`
	From time.Time `json:"from" doc:"asked about: not every language says it"`
	To   time.Time `json:"to"`
}

func (s *service) registerTelemetry(api huma.API) {
	begin := post(account.Work, "hunt", "/hunts", "Search logs for indicators, or for the findings of a case",
		"As clew hunt and clew telemetry lookup: files of this machine, the telemetry index, the team's own search, one after the other. Answers at once; the hunt goes on in the server. What it says of a case goes into its record.")
	begin.DefaultStatus, begin.MaxBodyBytes = http.StatusAccepted, mostList
	begin.Errors = []int{http.StatusNotFound, http.StatusTooManyRequests}
	register(api, begin, func(ctx context.Context, in *huntInput) (Hunt, error) {
		if in.Body.Case != "" {
			id, err := s.resolve(ctx, in.Body.Case)
			if err != nil {
				return Hunt{}, err
			}
			in.Body.Case = id
		}
		if err := s.mayRead(ctx, in.Body.Logs...); err != nil {
			return Hunt{}, err
		}
		return s.jobs.hunt(ctx, in.Body)
	})
	queries := post(account.Read, "hunt-queries", "/hunts/queries", "The queries to paste into the team's own search", "As clew hunt --print-query: nobody is asked.")
	queries.MaxBodyBytes, queries.Errors = mostList, []int{http.StatusNotFound}
	register(api, queries, func(ctx context.Context, in *huntInput) (List[SIEMQuery], error) {
		if in.Body.Case != "" {
			id, err := s.resolve(ctx, in.Body.Case)
			if err != nil {
				return List[SIEMQuery]{}, err
			}
			in.Body.Case = id
		}
		return whole(s.core.Queries(ctx, in.Body))
	})
	register(api, get(account.Read, "hunts", "/hunts", "The hunts of this server, newest first", ""),
		func(ctx context.Context, in *struct{ Page }) (List[Hunt], error) {
			all, err := s.jobs.hunts(ctx)
			if err != nil {
				return List[Hunt]{}, err
			}
			all = slices.DeleteFunc(all, func(h Hunt) bool { return !s.showsHunt(ctx, h) })
			return paged(all, func(h Hunt) string { return h.ID }, in.Page)
		})
	known := func(op huma.Operation) huma.Operation {
		op.Errors = []int{http.StatusNotFound}
		return op
	}
	register(api, known(get(account.Read, "hunt-state", "/hunts/{hunt}", "How a hunt stands, and what it found", "With coverage: which logs, which period, how many lines, what was not read.")),
		func(ctx context.Context, in *HuntName) (HuntReport, error) {
			hunt, err := s.hunt(ctx, in.ID)
			if err != nil {
				return HuntReport{}, err
			}
			_, places, err := s.jobs.found(ctx, in.ID)
			return HuntReport{hunt, places}, err
		})
	register(api, known(post(account.Work, "hunt-cancel", "/hunts/{hunt}/cancel", "Cancel a hunt", "What it saw is kept, and its coverage says what was not read.")),
		func(ctx context.Context, in *HuntName) (Hunt, error) {
			hunt, err := s.hunt(ctx, in.ID)
			if err == nil {
				noteCase(ctx, hunt.Case)
				err = s.mayStop(ctx, hunt.Case, hunt.Actor)
			}
			if err != nil {
				return Hunt{}, err
			}
			j, err := s.jobs.store.Cancel(ctx, in.ID)
			if err != nil {
				return Hunt{}, err
			}
			return huntOf(j), nil
		})
	register(api, known(get(account.Read, "hunt-hits", "/hunts/{hunt}/hits", "The hits of a hunt, page by page", "As clew hunt --json prints them.")), s.hits)
	sse.Register(api, s.streams.bounded(get(account.Read, "hunt-events", "/hunts/{hunt}/events", "Follow a hunt", "Server-sent events: the hunt as it stands at once, then with each change, until it has ended.")),
		map[string]any{"hunt": Hunt{}, "gone": Gone{}}, s.followHunt)
	register(api, get(account.Read, "telemetry-index", "/telemetry", "What the telemetry index covers", "Made and kept by clew telemetry index and watch; looked up by a hunt with index."),
		func(ctx context.Context, _ *struct{}) (TelemetryIndex, error) { return s.core.Telemetry(ctx) })
	register(api, known(get(account.Read, "sightings", "/cases/{case}/sightings", "What searches of our own logs said about a case",
		"For each seed and finding: first and last sighting, count, machines, sightings by day, in or outside its window; and what the searches rest on: logs, period, lines, what was not read.")),
		func(ctx context.Context, in *CaseName) (casefile.Sightings, error) {
			record, err := s.load(ctx, in.Case)
			if err != nil {
				return casefile.Sightings{}, err
			}
			return record.Sightings(), nil
		})
}

func (s *service) hits(ctx context.Context, in *hitsInput) (List[NumberedHit], error) {
	if _, err := s.hunt(ctx, in.ID); err != nil {
		return List[NumberedHit]{}, err
	}
	kept, _, err := s.jobs.found(ctx, in.ID)
	if err != nil {
		return List[NumberedHit]{}, err
	}
	var all []NumberedHit
	for i, hit := range kept {
		if (in.Indicator == "" || hit.Indicator == in.Indicator) && (in.Verdict == "" || hit.Verdict == in.Verdict) && (in.Asset == "" || hit.Asset == in.Asset) {
			all = append(all, NumberedHit{i + 1, hit})
		}
	}
	return paged(all, func(h NumberedHit) string { return strconv.Itoa(h.Number) }, in.Page)
}

func (s *service) followHunt(ctx context.Context, in *HuntName, send sse.Sender) {
	follow(ctx, s, in.ID, []string{kindHunt}, huntOf, s.showsHunt, send)
}

// hunt finds a hunt that is shown to who asks.
func (s *service) hunt(ctx context.Context, id string) (Hunt, error) {
	j, err := s.jobs.find(ctx, id, kindHunt)
	if err != nil {
		return Hunt{}, err
	}
	hunt := huntOf(j)
	if !s.showsHunt(ctx, hunt) {
		return Hunt{}, job.ErrNoJob
	}
	return hunt, nil
}

func (s *service) showsHunt(ctx context.Context, h Hunt) bool { return s.shows(ctx, h.Case, h.Actor) }
