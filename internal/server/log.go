package server

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casefile"
)

type logInput struct {
	CaseName
	Page
	Types []string `query:"type,explode" maxItems:"64" doc:"only events of these types"`
	Order string   `query:"order" enum:"oldest,newest" default:"oldest" doc:"which come first"`
}

// A LogEntry is an event as it stands in the record, with what it says in words.
type LogEntry struct {
	casefile.Event
	Words string `json:"words" doc:"what happened, for people: defanged, on one line, as clew case log"`
}

func (s *service) registerLog(api huma.API) {
	op := get(account.Read, "log", "/cases/{case}/log", "The events of the record", "As clew case log --json, with words. total counts those of the types that were asked for.")
	op.Errors = []int{http.StatusNotFound}
	register(api, op, s.log)
}

func (s *service) log(ctx context.Context, in *logInput) (List[LogEntry], error) {
	id, err := s.resolve(ctx, in.Case)
	if err != nil {
		return List[LogEntry]{}, err
	}
	var types []casefile.Type
	for _, t := range in.Types {
		types = append(types, casefile.Type(t))
	}
	events, err := s.cases.Cases.Events(ctx, id, casefile.Query{Types: types})
	if err != nil {
		return List[LogEntry]{}, err
	}
	if in.Order == "newest" {
		slices.Reverse(events)
	}
	page, err := paged(events, func(e casefile.Event) string { return strconv.FormatUint(e.Seq, 10) }, in.Page)
	list := List[LogEntry]{Items: make([]LogEntry, len(page.Items)), Total: page.Total, Next: page.Next}
	for i, e := range page.Items {
		list.Items[i] = LogEntry{Event: e, Words: casefile.Prose(e.Describe())}
	}
	return list, err
}
