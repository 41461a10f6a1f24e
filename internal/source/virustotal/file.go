package virustotal

import (
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

type fileAttributes struct {
	verdict
	MD5       string              `json:"md5"`
	SHA1      string              `json:"sha1"`
	SHA256    string              `json:"sha256"`
	Ssdeep    string              `json:"ssdeep"`
	TLSH      string              `json:"tlsh"`
	Names     source.Rows[string] `json:"names"`
	Submitted int64               `json:"first_submission_date"`
	Last      int64               `json:"last_submission_date"`
	PE        struct {
		Imphash string `json:"imphash"`
		Rich    string `json:"rich_pe_header_hash"`
		Debug   source.Rows[struct {
			CodeView struct {
				Name string `json:"name"`
			} `json:"codeview"`
		}] `json:"debug"`
	} `json:"pe_info"`
	Signature struct {
		Signers string `json:"signers"` // names from the leaf up, "; " between
		X509    source.Rows[struct {
			Name   string `json:"name"`
			SHA256 string `json:"thumbprint_sha256"`
			SHA1   string `json:"thumbprint"`
		}] `json:"x509"` // signing and time-stamping chains in one list
	} `json:"signature_info"`
}

func (a fileAttributes) window() observation.Window {
	return observation.Window{First: record.Unix(a.Submitted), Last: record.Unix(a.Last)}
}

// file keeps what VirusTotal computed of a file.
func (f *facts) file(v observable.Value, a fileAttributes) {
	w := a.window()
	f.judged(v, a.verdict)
	f.add(v, observation.Imphash, observable.Imphash, a.PE.Imphash, w)
	f.add(v, observation.Rich, observable.RichHash, a.PE.Rich, w)
	f.add(v, observation.Ssdeep, observable.Ssdeep, a.Ssdeep, w)
	f.add(v, observation.TLSH, observable.TLSH, a.TLSH, w)
	for _, d := range a.PE.Debug.Items {
		f.add(v, observation.PDB, observable.PDB, d.CodeView.Name, w)
	}
	for _, name := range a.Names.Items {
		f.add(v, observation.Filename, observable.Filename, name, w)
	}
	f.signer(v, a, w)
}

// signer keeps the leaf certificate of the signature, by name and by thumbprint:
// other sources give the one or the other.
func (f *facts) signer(v observable.Value, a fileAttributes, w observation.Window) {
	leaf, _, _ := strings.Cut(a.Signature.Signers, "; ")
	f.add(v, observation.SignedBy, observable.Signer, leaf, w)
	for _, c := range a.Signature.X509.Items {
		if c.Name != leaf || leaf == "" {
			continue
		}
		for _, thumbprint := range []string{c.SHA256, c.SHA1} {
			f.add(v, observation.SignedBy, observable.Signer, strings.ToLower(thumbprint), w)
		}
	}
}

// decodeFile reads a file's object. Asked by MD5 or SHA-1, the facts are those
// of that value and of the SHA-256 that everybody else names the file by.
func decodeFile(asked observable.Value, reply source.Reply) (source.Page, error) {
	var a fileAttributes
	if _, err := decodeObject(reply, &a); err != nil {
		return source.Page{}, err
	}
	f := facts{source.Page{Rows: 1}}
	f.file(asked, a)
	if sha256, err := observable.New(observable.File, a.SHA256); err == nil && sha256 != asked {
		f.file(sha256, a)
	}
	f.names(a)
	return f.Page, nil
}

// names joins the digests of the file.
func (f *facts) names(a fileAttributes) {
	sha256, err := observable.New(observable.File, a.SHA256)
	if err != nil {
		return
	}
	f.OneFile(sha256, a.SHA1, a.MD5)
}

// behaviour is one sandbox's report on a file.
type behaviour struct {
	At  int64 `json:"analysis_date"`
	DNS source.Rows[struct {
		Host      string              `json:"hostname"`
		Addresses source.Rows[string] `json:"resolved_ips"`
	}] `json:"dns_lookups"`
	Traffic source.Rows[struct {
		IP string `json:"destination_ip"`
	}] `json:"ip_traffic"`
	HTTP source.Rows[struct {
		URL string `json:"url"`
	}] `json:"http_conversations"`
	Mutexes source.Rows[string] `json:"mutexes_created"`
	Dropped source.Rows[struct {
		SHA256 string `json:"sha256"`
	}] `json:"files_dropped"`
	Registry source.Rows[struct {
		Key string `json:"key"`
	}] `json:"registry_keys_set"`
	Techniques source.Rows[struct {
		ID string `json:"id"`
	}] `json:"mitre_attack_techniques"`
}

func decodeBehaviours(file observable.Value, l list) source.Page {
	var f facts
	for _, row := range l.Data.Items {
		if b, ok := attributes[behaviour](&f, row); ok {
			f.behaviour(file, b)
		}
	}
	return f.Page
}

// behaviour keeps what a file did. A name it looked up resolved at that moment.
func (f *facts) behaviour(file observable.Value, b behaviour) {
	w := record.At(record.Unix(b.At))
	for _, d := range b.DNS.Items {
		f.add(file, observation.Contacts, observable.Domain, d.Host, w)
		host, err := observable.New(observable.Domain, d.Host)
		for _, address := range d.Addresses.Items {
			if err == nil {
				f.add(host, observation.ResolvesTo, observable.IP, address, w)
			}
		}
	}
	for _, t := range b.Traffic.Items {
		f.add(file, observation.Contacts, observable.IP, t.IP, w)
	}
	for _, h := range b.HTTP.Items {
		f.add(file, observation.Contacts, observable.URL, h.URL, w)
	}
	for _, m := range b.Mutexes.Items {
		f.add(file, observation.Mutex, observable.Mutex, record.ObjectName(m), w)
	}
	for _, d := range b.Dropped.Items {
		f.add(file, observation.Drops, observable.File, d.SHA256, w)
	}
	for _, r := range b.Registry.Items {
		f.add(file, observation.Registry, observable.Text, record.RegistryKey(r.Key), w)
	}
	for _, t := range b.Techniques.Items {
		f.add(file, observation.Technique, observable.Technique, t.ID, w)
	}
}
