package custom

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

var (
	nameForm     = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	variableForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,63}$`)
	headerForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
)

// compile turns a document into a source, or says what is wrong with it.
func (d *document) compile() (*Source, error) {
	s := &Source{}
	if err := d.describe(&s.info); err != nil {
		return nil, err
	}
	defs, err := definitions(d.Define)
	if err != nil {
		return nil, d.at("$.define", fmt.Errorf("define: %w", err))
	}
	if s.states, err = d.compileStates(defs); err != nil {
		return nil, err
	}
	if n := len(d.Endpoints); n == 0 || n > maxEndpoints {
		return nil, fmt.Errorf("%d endpoints: a source has 1 to %d", n, maxEndpoints)
	}
	for i := range d.Endpoints {
		e, err := d.compileEndpoint(i, s.info, defs)
		if err != nil {
			return nil, err
		}
		if slices.Contains(s.Endpoints(), e.name) {
			return nil, d.at(member(i, "name"), fmt.Errorf("a second endpoint named %s", e.name))
		}
		s.endpoints = append(s.endpoints, e)
	}
	if err := d.checkKinds(s); err != nil {
		return nil, err
	}
	return s, d.compileKey(s)
}

// describe fills what the file says of the source as a whole.
func (d *document) describe(info *source.Info) (err error) {
	if !nameForm.MatchString(d.Name) {
		return d.at("$.name", fmt.Errorf("name %.40q: give the source one of 2 to 32 lower-case letters, digits and hyphens", d.Name))
	}
	info.Name, info.Title = d.Name, d.Title
	if info.Title == "" {
		info.Title = d.Name
	}
	if info.Accepts, err = named(d.Accepts, observable.KindNamed); err != nil {
		return d.at("$.accepts", fmt.Errorf("accepts: %w; kinds are listed in docs/reference/vocabulary.md", err))
	}
	if info.Answers, err = named(d.Answers, observation.RelationNamed); err != nil {
		return d.at("$.answers", fmt.Errorf("answers: %w; relations are listed in docs/reference/vocabulary.md", err))
	}
	if info.PAP, err = marking.ParsePAP(d.PAP); err != nil {
		return d.at("$.pap", fmt.Errorf("pap: %w; AMBER for a third party, GREEN where the target may see the lookup", err))
	}
	info.Every, err = duration(d.Pace, 24*time.Hour)
	if err == nil && info.Every == 0 {
		err = errors.New("missing: say how long to wait between requests, such as 1s")
	}
	if err != nil {
		return d.at("$.pace", fmt.Errorf("pace: %w", err))
	}
	info.AtOnce, info.Credits = d.AtOnce, d.Credits
	if min(d.Cost, d.Credits, d.AtOnce) < 0 {
		return errors.New("cost, credits, at-once: counts, not below 0")
	}
	if info.TTL, err = duration(d.Fresh, 366*24*time.Hour); err != nil {
		return d.at("$.fresh", fmt.Errorf("fresh: %w", err))
	}
	for i, q := range d.Quotas {
		quota, err := q.quota()
		if err != nil {
			return d.at(fmt.Sprintf("$.quotas[%d]", i), fmt.Errorf("quota %d: %w", i+1, err))
		}
		info.Quotas = append(info.Quotas, quota)
	}
	return nil
}

// duration reads a length of time up to longest; none is 0.
func duration(text string, longest time.Duration) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("%.40q is no length of time such as 500ms, 10s or 24h", text)
	}
	return d, nil
}

func (q quotaSpec) quota() (source.Quota, error) {
	quota := source.Quota{Requests: q.Requests, Per: source.Window(q.Per)}
	_, rolling := quota.Per.Rolling()
	calendar := []source.Window{source.Day, source.Week, source.Month}
	switch {
	case q.Requests <= 0:
		return quota, errors.New("requests: how many the provider allows")
	case !rolling && !slices.Contains(calendar, quota.Per):
		return quota, fmt.Errorf("per %.40q: day, week, month or a length of time such as 1m", q.Per)
	}
	if q.Key != nil {
		quota.Access = source.WithoutKey
		if *q.Key {
			quota.Access = source.WithKey
		}
	}
	return quota, nil
}

// named looks up each name of a list, which may not be empty.
func named[T comparable](names []string, find func(string) (T, bool)) ([]T, error) {
	var found []T
	for _, name := range names {
		v, ok := find(name)
		switch {
		case !ok:
			return nil, fmt.Errorf("%.40q is not in the vocabulary", name)
		case slices.Contains(found, v):
			return nil, fmt.Errorf("%q stands there twice", name)
		}
		found = append(found, v)
	}
	if len(found) == 0 {
		return nil, errors.New("none given")
	}
	return found, nil
}

// compileEndpoint reads the endpoint of that number.
func (d *document) compileEndpoint(i int, info source.Info, defs definition) (*endpoint, error) {
	spec := d.Endpoints[i]
	e := &endpoint{name: spec.Name, accepts: info.Accepts, answers: info.Answers, form: form(spec.Reply), pages: spec.Pages}
	fail := func(name string, err error) (*endpoint, error) {
		return nil, d.at(member(i, name), fmt.Errorf("endpoint %.40s: %s: %w", spec.Name, name, err))
	}
	if e.name == "" || len(e.name) > 64 {
		return nil, d.at(member(i, ""), errors.New("an endpoint without a name: call it as the provider's manual does"))
	}
	if e.form == "" {
		e.form = asJSON
	}
	if !slices.Contains(forms, e.form) {
		return fail("reply", fmt.Errorf("%.40q is none of json, ndjson, lines", spec.Reply))
	}
	if e.pages < 0 || e.pages > maxPages {
		return fail("pages", fmt.Errorf("1 to %d can be read", maxPages))
	}
	var err error
	if spec.Accepts != nil {
		if e.accepts, err = named(spec.Accepts, observable.KindNamed); err != nil {
			return fail("accepts", err)
		}
	}
	if e.next, err = compileNext(spec.Next, defs); err != nil {
		return fail("next", err)
	}
	if e.request, err = compileRequest(spec, e.next); err != nil {
		return fail("url", err)
	}
	for _, p := range []struct {
		name, text string
		into       **program
	}{{"value", spec.Value, &e.value}, {"rows", spec.Rows, &e.rows}, {"map", spec.Map, &e.each}, {"whole", spec.Whole, &e.whole}} {
		if *p.into, err = compileProgram(p.text, defs); err != nil {
			return fail(p.name, err)
		}
	}
	if e.each == nil && e.whole == nil {
		return fail("map", errors.New("missing: without map or whole a reply says nothing"))
	}
	if e.rows != nil && e.form != asJSON {
		return fail("rows", fmt.Errorf("of %s each line is a row", e.form))
	}
	return e, nil
}

// member is the path of an endpoint's member in the file.
func member(i int, name string) string {
	path := fmt.Sprintf("$.endpoints[%d]", i)
	if name != "" {
		path += "." + name
	}
	return path
}

// checkKinds holds the endpoints to what the source accepts, and settles its cost.
func (d *document) checkKinds(s *Source) error {
	cost := maxEndpoints
	for _, kind := range s.info.Accepts {
		asked := 0
		for _, e := range s.endpoints {
			if slices.Contains(e.accepts, kind) {
				asked++
			}
		}
		if asked == 0 {
			return d.at("$.accepts", fmt.Errorf("accepts: no endpoint takes a %s", kind))
		}
		cost = min(cost, asked)
	}
	for i, e := range s.endpoints {
		for _, kind := range e.accepts {
			if !slices.Contains(s.info.Accepts, kind) {
				return d.at(member(i, "accepts"), fmt.Errorf("endpoint %s: the source does not accept a %s", e.name, kind))
			}
		}
	}
	s.info.Cost = max(d.Cost, 1)
	if d.Cost == 0 {
		s.info.Cost = cost
	}
	return nil
}

// compileKey settles which key goes where.
func (d *document) compileKey(s *Source) error {
	if d.Key == nil {
		return nil
	}
	fail := func(name, format string, args ...any) error {
		return d.at("$.key."+name, fmt.Errorf("key: "+name+": "+format, args...))
	}
	k, hosts := *d.Key, s.hosts()
	switch {
	case !variableForm.MatchString(k.Env):
		return fail("env", "%.40q: name the environment variable that holds the key, such as EXAMPLE_API_KEY; the key itself does not belong here", k.Env)
	case (k.Header == "") == (k.Parameter == ""):
		return d.at("$.key", errors.New("key: say header or parameter, one of them"))
	case k.Header != "" && !headerForm.MatchString(k.Header):
		return fail("header", "%.40q is no name of a header", k.Header)
	case k.Scheme != "" && (k.Header == "" || !slices.Contains([]string{"Bearer", "Basic"}, k.Scheme)):
		return fail("scheme", "%.40q: with a header it is Bearer or Basic, or left out", k.Scheme)
	case k.Host == "" && len(hosts) > 1:
		return fail("host", "requests go to %s: name the one the key is for", strings.Join(hosts, ", "))
	case k.Host != "" && !slices.Contains(hosts, k.Host):
		return fail("host", "no request goes to %.80q, but to %s", k.Host, strings.Join(hosts, ", "))
	}
	if k.Host == "" {
		k.Host = hosts[0]
	}
	s.info.KeyEnv, s.info.KeyHeader, s.info.KeyParameter = k.Env, k.Header, k.Parameter
	s.info.KeyScheme, s.info.KeyHost, s.info.Keyless = k.Scheme, k.Host, k.Optional
	for _, e := range s.endpoints {
		if e.next != nil {
			e.next.secret = k.Parameter
		}
	}
	return nil
}

// hosts lists the hosts that requests go to, each once.
func (s *Source) hosts() []string {
	var hosts []string
	for _, e := range s.endpoints {
		hosts = append(hosts, e.request.host)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
