package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
	"clew/internal/casegraph"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// A Kind is one sort of value.
type Kind struct {
	Name  string `json:"name"`
	Label string `json:"label" doc:"for people"`
	Group string `json:"group" enum:"network,certificate,file,identity,content,fingerprint,behaviour,text" doc:"what it belongs to: kinds of one group may share an icon"`
	Doc   string `json:"doc"`
	STIX  string `json:"stix" doc:"type of STIX 2.1"`
}

// A Relation is one way in which values hang together.
type Relation struct {
	Name     string   `json:"name"`
	Family   string   `json:"family" doc:"of evidence: facts of one family are counted once"`
	Doc      string   `json:"doc"`
	Subjects []string `json:"subjects"`
	Objects  []string `json:"objects"`
	Scores   bool     `json:"scores" doc:"false: shown, and worth nothing alone"`
	Inferred bool     `json:"inferred" doc:"follows from the values themselves: no source sees it"`
	HalfLife float64  `json:"half_life_days" doc:"until a value has another holder with chance one half; 0: never"`
}

// A Method is one way to pivot.
type Method struct {
	Name      string   `json:"name"`
	Canonical string   `json:"canonical" doc:"what pivot points of it are called"`
	Doc       string   `json:"doc"`
	Relation  string   `json:"relation" doc:"empty for a method in code"`
	Family    string   `json:"family"`
	From      []string `json:"from" doc:"kinds it starts at"`
	OnRequest bool     `json:"on_request" doc:"an investigation does not run it by itself"`
}

func (s *service) registerVocabulary(api huma.API) {
	register(api, get(account.Read, "kinds", "/kinds", "The kinds of values", ""), func(context.Context, *struct{}) (List[Kind], error) {
		var all []Kind
		for _, k := range observable.Kinds() {
			all = append(all, Kind{k.String(), kindWords[k].label, kindWords[k].group, k.Doc(), k.STIX()})
		}
		return whole(all, nil)
	})
	register(api, get(account.Read, "relations", "/relations", "How values hang together", ""), func(context.Context, *struct{}) (List[Relation], error) {
		var all []Relation
		for _, r := range observation.Relations() {
			weight, scores := score.WeightOf(r)
			all = append(all, Relation{
				r.String(), string(r.Family()), r.Doc(), namesOf(r.Subjects()), namesOf(r.Objects()), scores, casegraph.Inferred(r), weight.HalfLife.Hours() / 24,
			})
		}
		return whole(all, nil)
	})
	register(api, get(account.Read, "methods", "/methods", "The ways to pivot", ""), func(context.Context, *struct{}) (List[Method], error) {
		var all []Method
		for _, m := range pivot.Catalogue() {
			method := Method{Name: m.Name, Canonical: m.Canonical(), Doc: m.Doc, From: namesOf(m.From), OnRequest: m.OnRequest}
			if m.Relation.Valid() {
				method.Relation, method.Family = m.Relation.String(), string(m.Relation.Family())
			}
			all = append(all, method)
		}
		return whole(all, nil)
	})
}

func namesOf(kinds []observable.Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return names
}

// kindWords are what people call a kind, and what it belongs to.
var kindWords = map[observable.Kind]struct{ label, group string }{
	observable.Domain:    {"Domain", "network"},
	observable.IP:        {"IP address", "network"},
	observable.Prefix:    {"Address range", "network"},
	observable.ASN:       {"Autonomous system", "network"},
	observable.URL:       {"URL", "network"},
	observable.Email:     {"E-mail address", "identity"},
	observable.Phone:     {"Telephone number", "identity"},
	observable.Person:    {"Person", "identity"},
	observable.Org:       {"Organisation", "identity"},
	observable.Registrar: {"Registrar", "identity"},
	observable.Wallet:    {"Wallet", "identity"},
	observable.Cert:      {"Certificate", "certificate"},
	observable.CertKey:   {"Public key", "certificate"},
	observable.DN:        {"Distinguished name", "certificate"},
	observable.Serial:    {"Serial number", "certificate"},
	observable.Signer:    {"Code signer", "certificate"},
	observable.File:      {"File", "file"},
	observable.Imphash:   {"Import hash", "file"},
	observable.Ssdeep:    {"ssdeep hash", "file"},
	observable.TLSH:      {"TLSH hash", "file"},
	observable.RichHash:  {"Rich header hash", "file"},
	observable.PDB:       {"Debug path", "file"},
	observable.Filename:  {"File name", "file"},
	observable.JARM:      {"JARM", "fingerprint"},
	observable.JA3:       {"JA3", "fingerprint"},
	observable.JA3S:      {"JA3S", "fingerprint"},
	observable.JA4:       {"JA4", "fingerprint"},
	observable.SSHKey:    {"SSH host key", "fingerprint"},
	observable.Favicon:   {"Favicon", "content"},
	observable.BodyHash:  {"Page body", "content"},
	observable.Title:     {"Page title", "content"},
	observable.Tracker:   {"Tracking ID", "content"},
	observable.Mutex:     {"Mutex", "behaviour"},
	observable.Technique: {"Technique", "behaviour"},
	observable.Malware:   {"Malware family", "behaviour"},
	observable.UserAgent: {"User agent", "behaviour"},
	observable.Text:      {"Text", "text"},
}
