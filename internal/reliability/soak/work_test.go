package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A sort of work is done as often as its weight says.
type sort struct {
	name   string
	weight int
	do     func(*scene, context.Context, *rand.Rand) error
}

// sorts is the mixed work. Reads are most of it, as with people.
var sorts = []sort{
	{"read", 36, (*scene).read},
	{"look", 12, (*scene).look},
	{"expand", 3, (*scene).expand},
	{"stream", 8, (*scene).stream},
	{"investigate", 3, (*scene).investigate},
	{"cancel", 2, (*scene).cancelled},
	{"import", 3, (*scene).importAndRemove},
	{"hunt", 4, (*scene).hunt},
	{"index", 1, (*scene).index},
	{"export", 8, (*scene).export},
	{"report", 4, (*scene).report},
	{"act", 6, (*scene).act},
	{"judge", 5, (*scene).judge},
	{"bundle", 3, (*scene).takeBundle},
	{"push", 1, (*scene).push},
	{"machine", 3, (*scene).machine},
}

// mostCases is how many cases are worked on at a time, and mostRuns how often one is
// continued: then it is closed, stays in the record, and another is opened in its
// place. Each run that asks adds a line for every question to the record of its
// case, so that one continued for ever would grow for ever, and with it what the
// server keeps of it.
const (
	mostCases = 12
	mostRuns  = 6
)

// opTimeout bounds an operation on a machine with other work: whatever takes longer hangs.
const opTimeout = 10 * time.Minute

// one does one piece of work. Work under way when the quiet begins is finished.
func (s *scene) one(ctx context.Context, random *rand.Rand) {
	sum := 0
	for _, one := range sorts {
		sum += one.weight
	}
	n := random.IntN(sum)
	for _, one := range sorts {
		if n -= one.weight; n < 0 {
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), opTimeout)
			defer cancel()
			began := time.Now()
			err := one.do(s, within, random)
			s.tally.count(one.name, time.Since(began), err)
			return
		}
	}
}

// allowed are answers that a busy server may give besides.
var allowed = []int{http.StatusConflict, http.StatusTooManyRequests}

// ask asks the API, and decodes into out what came with one of the statuses of
// success. It reports false for an allowed refusal.
func (s *scene) ask(ctx context.Context, method, path string, body, out any, besides ...int) (bool, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return false, err
		}
	}
	return s.send(ctx, method, path, text, "application/json", out, besides...)
}

func (s *scene) send(ctx context.Context, method, path string, text []byte, contentType string, out any, besides ...int) (bool, error) {
	answer, err := s.server.Do(ctx, method, path, text, contentType)
	switch {
	case err != nil:
		return false, fmt.Errorf("%s %s: %w", method, path, err)
	case slices.Contains(allowed, answer.Status) || slices.Contains(besides, answer.Status):
		return false, nil
	case answer.Status >= 300:
		return false, fmt.Errorf("%s %s: %d %.300s", method, path, answer.Status, answer.Body)
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = answer.Body
		return true, nil
	}
	if out != nil {
		if err := json.Unmarshal(answer.Body, out); err != nil {
			return false, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return true, nil
}

// aCase returns the path of one of the cases, "" while there is none.
func (s *scene) aCase(random *rand.Rand) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cases) == 0 {
		return ""
	}
	return "/api/v1/cases/" + s.cases[random.IntN(len(s.cases))]
}

func (s *scene) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	return s.number
}

type run struct {
	ID, State, Case, Error string
	Import                 *struct{ ID, Unchanged string }
}

// ended follows a run by its stream until it has ended.
func (s *scene) ended(ctx context.Context, kind, id string) (r run, err error) {
	path := "/api/v1/" + kind + "/" + id
	stream, err := s.server.Open(ctx, "GET", path+"/events", nil, "")
	if err != nil {
		return r, err
	}
	defer stream.Body.Close() //nolint:errcheck // read to its end, or given up
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		return r, fmt.Errorf("%s/events: %w", path, err)
	}
	if _, err = s.ask(ctx, "GET", path, nil, &r); err == nil && r.State == "failed" {
		err = fmt.Errorf("%s failed: %s", path, r.Error)
	}
	return r, err
}

// begin opens a case on a new seed, or goes on with one and asks the provider
// then: clew opens no case on a reserved name with questions to anybody.
func (s *scene) begin(ctx context.Context, random *rand.Rand) (r run, began bool, err error) {
	body := map[string]any{"indicators": []string{s.seeds[random.IntN(len(s.seeds))]}, "depth": 1 + random.IntN(2), "offline": true}
	s.mu.Lock()
	if len(s.cases) > 0 && (len(s.cases) >= mostCases || random.IntN(2) == 0) {
		id := s.cases[random.IntN(len(s.cases))]
		body = map[string]any{"case": id, "depth": 1, "offline": random.IntN(2) == 0}
		if s.runs[id]++; s.runs[id] >= mostRuns {
			s.cases = slices.DeleteFunc(s.cases, func(other string) bool { return other == id })
		}
	}
	s.mu.Unlock()
	began, err = s.ask(ctx, "POST", "/api/v1/investigations", body, &r)
	return r, began, err
}

func (s *scene) investigate(ctx context.Context, random *rand.Rand) error {
	r, began, err := s.begin(ctx, random)
	if err != nil || !began {
		return err
	}
	r, err = s.ended(ctx, "investigations", r.ID)
	s.know(r.Case)
	return err
}

// know remembers a case.
func (s *scene) know(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != "" && s.runs[id] < mostRuns && !slices.Contains(s.cases, id) {
		s.cases = append(s.cases, id)
	}
}

func (s *scene) cancelled(ctx context.Context, random *rand.Rand) error {
	r, began, err := s.begin(ctx, random)
	if err != nil || !began {
		return err
	}
	time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
	if _, err := s.ask(ctx, "POST", "/api/v1/investigations/"+r.ID+"/cancel", nil, nil); err != nil {
		return err
	}
	r, err = s.ended(ctx, "investigations", r.ID)
	s.know(r.Case)
	return err
}

func (s *scene) read(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		_, err := s.ask(ctx, "GET", "/api/v1/cases", nil, nil)
		return err
	}
	paths := []string{
		"", "/findings?limit=20", "/findings?band=high", "/graph", "/graph?limit=50&rejected=hide", "/log?limit=50&order=newest", "/audit", "/actions",
		"/escalations", "/sightings", "/verify", "/pattern?limit=20",
	}
	if n := random.IntN(len(paths) + 2); n < len(paths) {
		_, err := s.ask(ctx, "GET", path+paths[n], nil, nil, http.StatusUnprocessableEntity) // a case of two names has no pattern
		return err
	}
	_, err := s.ask(ctx, "GET", "/api/v1/cases?limit=20", nil, nil)
	return err
}

type finding struct {
	Kind, Value, Band string
	Factors           []struct{ Evidence []string }
}

// aFinding returns one finding of a case, or false while it has none.
func (s *scene) aFinding(ctx context.Context, path string, random *rand.Rand) (f finding, ok bool, err error) {
	var page struct{ Items []finding }
	if _, err := s.ask(ctx, "GET", path+"/findings?limit=50", nil, &page); err != nil || len(page.Items) == 0 {
		return f, false, err
	}
	return page.Items[random.IntN(len(page.Items))], true, nil
}

// look asks about single values: of a case, of the corpus, of its evidence.
func (s *scene) look(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	seed := url.QueryEscape(s.seeds[random.IntN(len(s.seeds))])
	switch n := random.IntN(6); {
	case n == 0:
		_, err := s.ask(ctx, "GET", "/api/v1/indicator?indicator="+seed, nil, nil)
		return err
	case n == 1:
		_, err := s.ask(ctx, "GET", "/api/v1/pivots?limit=20&indicator="+seed, nil, nil)
		return err
	case n == 2 || path == "":
		_, err := s.ask(ctx, "GET", "/api/v1/search?q="+seed[:4], nil, nil)
		return err
	}
	f, ok, err := s.aFinding(ctx, path, random)
	if err != nil || !ok {
		return err
	}
	about := url.Values{"indicator": {f.Value}, "kind": {f.Kind}}.Encode()
	if _, err := s.ask(ctx, "GET", path+"/finding?"+about, nil, nil); err != nil {
		return err
	}
	for _, factor := range f.Factors {
		for _, digest := range factor.Evidence {
			if len(digest) == 64 { // else it names an import
				_, err := s.ask(ctx, "GET", path+"/evidence/"+digest+"?limit=4096", nil, new([]byte))
				return err
			}
		}
	}
	return nil
}

// expand counts what pivots would bring, follows one by hand, and mostly takes it back.
func (s *scene) expand(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	f, ok, err := s.aFinding(ctx, path, random)
	if err != nil || !ok {
		return err
	}
	var counts struct {
		Points []struct{ Method, Value string }
	}
	about := "/expand?indicator=" + url.QueryEscape(f.Value)
	if done, err := s.ask(ctx, "GET", path+about, nil, &counts, http.StatusUnprocessableEntity); err != nil || !done || len(counts.Points) == 0 {
		return err
	}
	point := counts.Points[random.IntN(len(counts.Points))]
	var r run
	began, err := s.ask(ctx, "POST", path+"/pivots", map[string]any{
		"pivots": []any{map[string]string{"from": f.Value, "method": point.Method, "value": point.Value}}, "reason": "soak",
	}, &r, http.StatusUnprocessableEntity)
	if err != nil || !began {
		return err
	}
	if _, err = s.ended(ctx, "investigations", r.ID); err != nil || random.IntN(4) == 0 {
		return err
	}
	var log struct{ Items []struct{ Seq int } }
	if _, err := s.ask(ctx, "GET", path+"/log?type=expanded&order=newest&limit=1", nil, &log); err != nil || len(log.Items) == 0 {
		return err
	}
	_, err = s.ask(ctx, "POST", path+"/undo", map[string]any{"seq": log.Items[0].Seq, "reason": "soak"}, nil, http.StatusUnprocessableEntity)
	return err
}

// stream follows some cases for a while and drops the connections.
func (s *scene) stream(ctx context.Context, random *rand.Rand) error {
	var open []*http.Response
	defer func() {
		for _, stream := range open {
			_ = stream.Body.Close() // in the middle of it, as a closed tab does
		}
	}()
	for range 1 + random.IntN(6) {
		path := s.aCase(random)
		if path == "" {
			return nil
		}
		stream, err := s.server.Open(ctx, "GET", path+"/events", nil, "")
		if err != nil {
			return err
		}
		open = append(open, stream)
		if line, err := bufio.NewReader(stream.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "event: head") && !strings.HasPrefix(line, "data: ") {
			return fmt.Errorf("%s/events begins with %q: %w", path, line, err)
		}
	}
	select {
	case <-time.After(time.Duration(1+random.IntN(9)) * s.hold / 10):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// importAndRemove uploads a small file, and takes back one that came before.
func (s *scene) importAndRemove(ctx context.Context, random *rand.Rand) error {
	n := s.next()
	var rows strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&rows, `{"rrname":"n%d-%d.soak.example","rrtype":"A","rdata":"198.51.100.%d","time_first":1735689600,"time_last":%d}`+"\n", n, i, random.IntN(250)+1, 1751328000+n)
	}
	var r run
	began, err := s.send(ctx, "POST", fmt.Sprintf("/api/v1/imports/upload?format=cof&name=soak-%d", n), []byte(rows.String()), "application/octet-stream", &r)
	if err != nil || !began {
		return err
	}
	if r, err = s.ended(ctx, "investigations", r.ID); err != nil {
		return err
	}
	s.mu.Lock()
	gone := ""
	if r.Import != nil && r.Import.ID != "" {
		s.uploads = append(s.uploads, r.Import.ID)
	}
	if len(s.uploads) > 2 {
		gone, s.uploads = s.uploads[0], s.uploads[1:]
	}
	s.mu.Unlock()
	if gone == "" {
		return nil
	}
	_, err = s.ask(ctx, "POST", "/api/v1/imports/"+gone+"/remove", nil, nil)
	return err
}

func (s *scene) hunt(ctx context.Context, random *rand.Rand) error {
	body := map[string]any{"logs": []string{s.logs}}
	path := s.aCase(random)
	switch {
	case path != "" && random.IntN(2) == 0:
		body["case"] = filepath.Base(path)
	default:
		body["indicators"] = s.seeds[:min(len(s.seeds), 5)]
	}
	if random.IntN(3) == 0 {
		body["index"] = true
	}
	var h struct{ ID string }
	began, err := s.ask(ctx, "POST", "/api/v1/hunts", body, &h, http.StatusUnprocessableEntity) // no index yet, or a case without findings
	if err != nil || !began {
		return err
	}
	if random.IntN(4) == 0 {
		if _, err := s.ask(ctx, "POST", "/api/v1/hunts/"+h.ID+"/cancel", nil, nil); err != nil {
			return err
		}
	}
	if _, err := s.ended(ctx, "hunts", h.ID); err != nil {
		return err
	}
	_, err = s.ask(ctx, "GET", "/api/v1/hunts/"+h.ID+"/hits?limit=100", nil, nil)
	return err
}

// index brings the telemetry index up to date beside the server.
func (s *scene) index(ctx context.Context, _ *rand.Rand) error {
	path := filepath.Join(s.logs, "growing.log")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "10.0.0.9 - - [%s] \"GET http://%s/b HTTP/1.1\" 200 9 \"-\" \"-\"\n", time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700"), s.seeds[0])
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return s.command(ctx, []int{0}, "telemetry", "index", s.logs)
}

// command runs clew beside the server, on the same data directory.
func (s *scene) command(ctx context.Context, codes []int, args ...string) error {
	cmd := s.home.Command(args...)
	timer := time.AfterFunc(opTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || !slices.Contains(codes, cmd.ProcessState.ExitCode()) {
		return fmt.Errorf("clew %s: %w %.500s", strings.Join(args, " "), err, out)
	}
	return ctx.Err()
}

func (s *scene) export(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	formats := []string{"csv", "stix", "misp", "rpz", "edl-domain", "suricata", "sigma", "nftables", "graphml", "hosts", "zeek", "yara"}
	format := formats[random.IntN(len(formats))]
	if _, err := s.ask(ctx, "GET", path+"/exports/"+format+"/about", nil, nil, http.StatusNotFound); err != nil {
		return err
	}
	_, err := s.ask(ctx, "GET", path+"/exports/"+format+"?seeds=true", nil, new([]byte), http.StatusNotFound)
	return err
}

func (s *scene) report(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	paths := []string{"/report?format=html", "/report?format=md", "/report?format=json", "/handover"}
	_, err := s.ask(ctx, "GET", path+paths[random.IntN(len(paths))], nil, new([]byte))
	return err
}

// act takes actions through their life.
func (s *scene) act(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	orders := []map[string]any{
		{"verb": "propose"},
		{"verb": "approve", "bands": []string{"high"}, "reason": "soak"},
		{"verb": "apply", "bands": []string{"high"}, "reason": "soak"},
		{"verb": "revoke", "bands": []string{"high"}, "reason": "soak"},
		{"verb": "expire"},
		{"verb": "propose", "dry_run": true},
	}
	_, err := s.ask(ctx, "POST", path+"/actions", orders[random.IntN(len(orders))], nil, http.StatusUnprocessableEntity)
	return err
}

// judge notes, tags, and gives and takes back verdicts.
func (s *scene) judge(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	f, ok, err := s.aFinding(ctx, path, random)
	if err != nil || !ok {
		return err
	}
	switch random.IntN(3) {
	case 0:
		_, err = s.ask(ctx, "POST", path+"/notes", map[string]string{"text": "soak", "about": f.Value}, nil)
	case 1:
		tag := fmt.Sprintf("soak-%d", random.IntN(5))
		_, err = s.ask(ctx, "POST", path+"/tags", map[string]any{"add": []string{tag}, "remove": []string{"soak-0"}}, nil, http.StatusUnprocessableEntity)
	default:
		var event struct{ Seq int }
		body := map[string]any{"verdict": "rejected", "indicator": f.Value, "reason": "soak"}
		done, err := s.ask(ctx, "POST", path+"/verdicts", body, &event, http.StatusUnprocessableEntity)
		if err != nil || !done {
			return err
		}
		_, err = s.ask(ctx, "POST", path+"/undo", map[string]any{"seq": event.Seq, "reason": "soak"}, nil)
		return err
	}
	return err
}

// takeBundle fetches a bundle, replays it, and takes it in again.
func (s *scene) takeBundle(ctx context.Context, random *rand.Rand) error {
	path := s.aCase(random)
	if path == "" {
		return nil
	}
	var bundle []byte
	if _, err := s.ask(ctx, "GET", path+"/bundle", nil, &bundle); err != nil {
		return err
	}
	to := []string{"/api/v1/bundles/replay", "/api/v1/bundles?trusted=true"}[random.IntN(2)]
	_, err := s.send(ctx, "POST", to, bundle, "application/zip", nil)
	return err
}

// push copies the cases to the team's database, beside the server.
func (s *scene) push(ctx context.Context, _ *rand.Rand) error {
	if s.team == "" {
		return nil
	}
	return s.command(ctx, []int{0}, "case", "push", "--all", "--to", s.team)
}

func (s *scene) machine(ctx context.Context, random *rand.Rand) error {
	paths := []string{"/api/v1/status", "/api/v1/sources", "/api/v1/quotas", "/api/v1/imports", "/api/v1/corpus", "/api/v1/telemetry", "/api/v1/doctor", "/api/v1/investigations", "/api/v1/hunts", "/openapi.json"}
	_, err := s.ask(ctx, "GET", paths[random.IntN(len(paths))], nil, nil)
	return err
}
