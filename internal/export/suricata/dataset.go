package suricata

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

// Dataset is a folder of value lists and the few rules that look into them.
func Dataset() export.Format {
	return export.Format{
		Name: "suricata-dataset", Title: "Suricata datasets", Use: export.Watch, File: "clew-datasets",
		Kinds: []observable.Kind{observable.Domain, observable.File}, Fits: datasetFits,
		Doc:   "folder with clew-datasets.rules and its lists, for thousands of values: names exactly as given, files by digest",
		Proof: proof,
		Files: datasets,
	}
}

func datasetFits(e export.Entry) string {
	if e.Value.Kind() == observable.File && len(e.Value.Text()) == export.SHA512 {
		return "Suricata has no such digest"
	}
	return ""
}

// digests are the keywords that compare the digest of a file with a list.
var digests = []struct {
	keyword string
	length  int
}{{"filemd5", export.MD5}, {"filesha1", export.SHA1}, {"filesha256", export.SHA256}}

func datasets(s export.Set) ([]export.File, error) {
	var out bytes.Buffer
	l := export.NewLines(&out, "#", "suricata-dataset", s)
	numbers, files := export.Numbers{}, []export.File{}
	metadata := "case " + strings.Join(strings.Split(s.CaseIDs(), ","), ", case ")
	if names := s.Of(observable.Domain); len(names) > 0 {
		var list strings.Builder
		for _, e := range names {
			list.WriteString(base64.StdEncoding.EncodeToString([]byte(e.Value.Text())) + "\n")
		}
		files = append(files, export.File{Name: "clew-names.lst", Content: []byte(list.String())})
		for _, at := range []struct{ protocol, buffer string }{{"dns", "dns.query"}, {"tls", "tls.sni"}, {"http", "http.host"}} {
			rule{at.protocol, "any", at.buffer + "; dataset:isset,clew-names,type string,load clew-names.lst;", at.protocol}.
				write(l, numbers, "names", "clew name", metadata)
		}
	}
	for _, d := range digests {
		if some := s.Digests(d.length); len(some) > 0 {
			var list strings.Builder
			for _, e := range some {
				list.WriteString(e.Value.Text() + "\n")
			}
			name := "clew-" + d.keyword + ".lst"
			files = append(files, export.File{Name: name, Content: []byte(list.String())})
			for _, protocol := range []string{"http", "smtp", "smb"} {
				rule{protocol, "any", fmt.Sprintf("%s:%s;", d.keyword, name), protocol}.write(l, numbers, d.keyword, "clew file", metadata)
			}
		}
	}
	err := l.Close()
	return append(files, export.File{Name: "clew-datasets.rules", Content: out.Bytes()}), err
}
