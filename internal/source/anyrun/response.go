package anyrun

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// hashes are a file's.
type hashes struct {
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
	Ssdeep string `json:"ssdeep"`
}

func (h hashes) has(file observable.Value) bool {
	return file.Text() == h.SHA256 || file.Text() == h.SHA1 || file.Text() == h.MD5
}

// identifier is the form of a run's name. It becomes part of an address, so
// nothing else is taken for one.
var identifier = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f-]{8,40}$`)

// decodeHistory keeps the runs of a file, and says how many runs it saw.
func (t *tasks) decodeHistory(file observable.Value, reply source.Reply) (page source.Page, rows int, err error) {
	var answer struct {
		Data struct {
			Tasks source.Rows[struct {
				Link   string               `json:"related"` // …/tasks/{uuid}
				Hashes source.Maybe[hashes] `json:"hashes"`
			}] `json:"tasks"`
		} `json:"data"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, 0, err
	}
	if err := answer.Data.Tasks.Require("data.tasks"); err != nil {
		return page, 0, err
	}
	for _, task := range answer.Data.Tasks.Items {
		if id := path.Base(task.Link); task.Hashes.Value.has(file) && identifier.MatchString(id) {
			t.add(id)
		}
	}
	page.Dropped = answer.Data.Tasks.Odd
	return page, len(answer.Data.Tasks.Items) + answer.Data.Tasks.Odd, nil
}

// decodeLookup keeps the runs that TI Lookup found.
func (t *tasks) decodeLookup(reply source.Reply) (page source.Page, err error) {
	var answer struct {
		Tasks source.Rows[struct {
			ID string `json:"uuid"`
		}] `json:"sourceTasks"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	if err := answer.Tasks.Require("sourceTasks"); err != nil {
		return page, err
	}
	page.Dropped = answer.Tasks.Odd
	for _, task := range answer.Tasks.Items {
		if !identifier.MatchString(task.ID) {
			page.Dropped++
			continue
		}
		t.add(task.ID)
	}
	return page, nil
}

// report is what happened in one run. Times within it are milliseconds since
// its beginning, or moments; all of it is kept as of the beginning.
type report struct {
	Analysis *struct {
		Created int64 `json:"creation"` // milliseconds since the epoch
		Options struct {
			FakeNet bool `json:"fakeNet"` // the network answered was made up
		} `json:"options"`
		Scores source.Maybe[struct {
			Verdict struct {
				Score source.Number `json:"score"`           // of 100
				Text  string        `json:"threatLevelText"` // "Malicious activity", "No threats detected", …
			} `json:"verdict"`
		}] `json:"scores"`
		Tags    source.Texts `json:"tags"` // families among what analysts and rules wrote
		Content struct {
			Main struct {
				Type   string `json:"type"` // "file" or "url"
				Name   string `json:"filename"`
				Hashes hashes `json:"hashes"`
			} `json:"mainObject"`
		} `json:"content"`
	} `json:"analysis"`
	Network source.Maybe[network] `json:"network"`
	Changed source.Maybe[struct {
		Files source.Rows[struct {
			Hashes hashes `json:"hashes"`
		}] `json:"files"`
		Registry source.Rows[struct {
			Key       string `json:"key"`
			Name      string `json:"name"` // of the value below the key
			Operation string `json:"operation"`
		}] `json:"registry"`
	}] `json:"modified"`
	Techniques source.Rows[struct {
		ID string `json:"id"`
	}] `json:"mitre"`
}

type network struct {
	DNS source.Rows[struct {
		Domain    string       `json:"domain"`
		Addresses source.Texts `json:"ips"`
	}] `json:"dnsRequests"`
	HTTP source.Rows[struct {
		URL       string `json:"url"`
		UserAgent string `json:"user-agent"`
	}] `json:"httpRequests"`
	Connections source.Rows[struct {
		Address string `json:"ip"`
		TLS     source.Maybe[struct {
			JA3  string `json:"ja3"`
			JA3S string `json:"ja3S"`
			JARM string `json:"jarm"`
		}] `json:"tlsFingerprint"`
	}] `json:"connections"`
}

func decodeReport(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var answer struct {
		Error json.RawMessage `json:"error"`
		Data  report          `json:"data"`
	}
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return page, err
	}
	r := answer.Data
	switch {
	case string(answer.Error) == "true":
		return page, fmt.Errorf("%w: ANY.RUN reports an error", source.ErrBadReply)
	case r.Analysis == nil:
		return page, fmt.Errorf("%w: no \"data.analysis\" in it", source.ErrBadReply)
	}
	page.Rows = 1
	main := r.Analysis.Content.Main
	file, err := observable.New(observable.File, main.Hashes.SHA256)
	if err != nil || main.Type != "file" { // an address was opened: what followed is the browser's doing
		page.Dropped++
		return page, nil
	}
	page.OneFile(file, main.Hashes.SHA1, main.Hashes.MD5)
	subjects := []observable.Value{file}
	if asked != file && main.Hashes.has(asked) {
		subjects = append(subjects, asked)
	}
	for _, subject := range subjects {
		r.keep(&page, subject)
	}
	return page, nil
}

// keep adds what the run showed of the file.
func (r report) keep(page *source.Page, file observable.Value) {
	began := record.UnixMilli(r.Analysis.Created)
	w := record.At(began)
	page.Add(file, observation.Filename, observable.Filename, r.Analysis.Content.Main.Name, w)
	page.Add(file, observation.Ssdeep, observable.Ssdeep, r.Analysis.Content.Main.Hashes.Ssdeep, w)
	for _, changed := range r.Changed.Value.Files.Items {
		page.Add(file, observation.Drops, observable.File, changed.Hashes.SHA256, w)
	}
	for _, key := range r.Changed.Value.Registry.Items {
		if key.Operation == "write" {
			page.Add(file, observation.Registry, observable.Text, record.RegistryKey(key.Key+`\`+key.Name), w)
		}
	}
	for _, technique := range r.Techniques.Items {
		page.Add(file, observation.Technique, observable.Technique, technique.ID, w)
	}
	r.judged(page, file, w)
	r.Network.Value.keep(page, file, began, r.Analysis.Options.FakeNet)
}

// judged keeps what the sandbox made of the run. Tags mix families with remarks,
// so they are quoted and taken for no family.
func (r report) judged(page *source.Page, file observable.Value, w observation.Window) {
	if v := r.Analysis.Scores.Value.Verdict; v.Text != "" {
		page.Judge(file, fmt.Sprintf("sandbox verdict: %s, score %d of 100", v.Text, v.Score), w)
	}
	for _, tag := range r.Analysis.Tags {
		if tag != "" {
			page.Judge(file, "tagged "+tag, w)
		}
	}
}

// keep adds whom the file talked to. Where the network was made up, so are the
// addresses: only the names it asked for are its own.
func (n network) keep(page *source.Page, file observable.Value, at time.Time, fake bool) {
	w := record.At(at)
	for _, dns := range n.DNS.Items {
		page.Add(file, observation.Contacts, observable.Domain, dns.Domain, w)
		domain, err := observable.New(observable.Domain, dns.Domain)
		for _, address := range dns.Addresses {
			if err == nil && !fake {
				page.Add(domain, observation.ResolvesTo, observable.IP, address, w)
			}
		}
	}
	for _, http := range n.HTTP.Items {
		page.Add(file, observation.Contacts, observable.URL, http.URL, w)
		page.Add(file, observation.UserAgent, observable.UserAgent, http.UserAgent, w)
	}
	for _, connection := range n.Connections.Items {
		address, err := observable.New(observable.IP, connection.Address)
		if err != nil || fake {
			continue
		}
		page.Add(file, observation.Contacts, observable.IP, address.Text(), w)
		tls := connection.TLS.Value
		page.Add(file, observation.JA3, observable.JA3, tls.JA3, w)
		page.Add(address, observation.JA3, observable.JA3, tls.JA3, w)
		page.Add(address, observation.JA3S, observable.JA3S, tls.JA3S, w)
		page.Add(address, observation.JARM, observable.JARM, tls.JARM, w)
	}
}
