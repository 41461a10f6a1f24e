package hybridanalysis

import (
	"fmt"
	"regexp"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// summary is the report of one run.
type summary struct {
	SHA256       string                   `json:"sha256"`
	SHA1         string                   `json:"sha1"`
	MD5          string                   `json:"md5"`
	Started      string                   `json:"analysis_start_time"`
	Name         string                   `json:"submit_name"`
	IsURL        bool                     `json:"url_analysis"` // the sample is a shortcut made for an address
	Verdict      string                   `json:"verdict"`      // malicious, suspicious, no specific threat, no verdict, …
	Score        source.Maybe[int]        `json:"threat_score"` // of 100
	Family       source.Text              `json:"vx_family"`
	Imphash      string                   `json:"imphash"`
	Ssdeep       string                   `json:"ssdeep"`
	Domains      source.Texts             `json:"domains"`
	Hosts        source.Texts             `json:"hosts"`
	Certificates source.Rows[certificate] `json:"certificates"`
	Extracted    source.Rows[struct {
		SHA256 string `json:"sha256"`
	}] `json:"extracted_files"`
	Processes source.Rows[struct {
		Mutants source.Texts `json:"mutants"`
	}] `json:"processes"`
	Techniques source.Rows[struct {
		ID string `json:"attck_id"`
	}] `json:"mitre_attcks"`
	Submissions source.Rows[struct {
		Name source.Text `json:"filename"`
		URL  source.Text `json:"url"`
	}] `json:"submissions"`
}

// certificate is one of the file's signature. Owner and issuer are
// distinguished names.
type certificate struct {
	Owner  string `json:"owner"`
	Issuer string `json:"issuer"`
	Serial string `json:"serial_number"`
	SHA1   string `json:"sha1"`
	From   string `json:"valid_from"`
	To     string `json:"valid_until"`
}

func decodeSummary(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var s summary
	if err := source.DecodeJSON(reply, &s); err != nil {
		return page, err
	}
	page.Rows = 1
	if !s.keep(&page, asked, reply) {
		return page, fmt.Errorf("%w: no \"sha256\" in it", source.ErrBadReply)
	}
	return page, nil
}

// keep adds what the run showed, and reports whether it is of a file at all.
func (s summary) keep(page *source.Page, asked observable.Value, reply source.Reply) bool {
	sample, err := observable.New(observable.File, s.SHA256)
	if err != nil {
		return false
	}
	w := record.At(record.Moment(s.Started))
	for _, file := range oneOrBoth(sample, asked) {
		s.looks(page, file, w)
		s.does(page, file, w)
		s.judged(page, file, w)
	}
	page.OneFile(sample, asked.Text(), s.SHA1, s.MD5)
	for _, c := range s.Certificates.Items {
		page.Observations = append(page.Observations, record.Certificate{
			SHA1: c.SHA1, Subject: c.Owner, Issuer: c.Issuer, Serial: c.Serial,
			NotBefore: record.Moment(c.From), NotAfter: record.Moment(c.To), Seen: reply.At,
		}.Observations()...)
	}
	return true
}

// judged keeps what the sandbox made of the run.
func (s summary) judged(page *source.Page, file observable.Value, w observation.Window) {
	switch {
	case s.Verdict == "" || s.Verdict == "no verdict":
	case s.Score.Value > 0:
		page.Judge(file, fmt.Sprintf("sandbox verdict: %s, threat score %d of 100", s.Verdict, s.Score.Value), w)
	default:
		page.Judge(file, "sandbox verdict: "+s.Verdict, w)
	}
	page.Family(file, string(s.Family), w)
}

// looks adds what the file is like without being run.
func (s summary) looks(page *source.Page, file observable.Value, w observation.Window) {
	page.Add(file, observation.Imphash, observable.Imphash, s.Imphash, w)
	page.Add(file, observation.Ssdeep, observable.Ssdeep, s.Ssdeep, w)
	if !s.IsURL {
		page.Add(file, observation.Filename, observable.Filename, s.Name, w)
	}
	for _, from := range s.Submissions.Items {
		if !s.IsURL {
			page.Add(file, observation.Filename, observable.Filename, string(from.Name), w)
		}
		page.Add(file, observation.DownloadedFrom, observable.URL, string(from.URL), w)
	}
	if len(s.Certificates.Items) > 0 { // the signer's; those after it certify it
		signer := s.Certificates.Items[0]
		page.Add(file, observation.SignedBy, observable.Signer, commonName(signer.Owner), w)
		page.Add(file, observation.SignedBy, observable.Signer, signer.SHA1, w)
	}
}

// does adds what the file did.
func (s summary) does(page *source.Page, file observable.Value, w observation.Window) {
	for _, domain := range s.Domains {
		page.Add(file, observation.Contacts, observable.Domain, domain, w)
	}
	for _, host := range s.Hosts {
		page.Add(file, observation.Contacts, observable.IP, host, w)
	}
	for _, extracted := range s.Extracted.Items {
		page.Add(file, observation.Drops, observable.File, extracted.SHA256, w)
	}
	for _, process := range s.Processes.Items {
		for _, mutex := range process.Mutants {
			page.Add(file, observation.Mutex, observable.Mutex, record.ObjectName(mutex), w)
		}
	}
	for _, technique := range s.Techniques.Items {
		page.Add(file, observation.Technique, observable.Technique, technique.ID, w)
	}
}

// nextAttribute is where an attribute of a distinguished name ends: a comma may
// also be part of it, as in "Shop, Inc.".
var nextAttribute = regexp.MustCompile(`, [A-Z0-9.]+=`)

// commonName returns the CN of a distinguished name, "" without one.
func commonName(dn string) string {
	_, name, _ := strings.Cut(", "+record.DN(dn), ", CN=")
	if end := nextAttribute.FindStringIndex(name); end != nil {
		name = name[:end[0]]
	}
	return name
}
