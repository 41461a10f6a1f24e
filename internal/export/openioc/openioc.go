// Package openioc writes OpenIOC 1.0 (Mandiant, "OpenIOC schema").
package openioc

import (
	"encoding/xml"
	"io"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is the document.
func Format() export.Format {
	return export.Format{
		Name: "openioc", Title: "OpenIOC 1.0", Use: export.Share, File: "clew.ioc", Kinds: kinds(), Fits: fits,
		Doc:   "one ioc, any of its items: names, addresses, URLs, e-mail, files, processes",
		Proof: "read back by encoding/xml",
		Write: write,
	}
}

type ioc struct {
	XMLName     xml.Name  `xml:"http://schemas.mandiant.com/2010/ioc ioc"`
	ID          string    `xml:"id,attr"`
	Modified    string    `xml:"last-modified,attr"`
	Short       string    `xml:"short_description"`
	Description string    `xml:"description"`
	Author      string    `xml:"authored_by"`
	Date        string    `xml:"authored_date"`
	Links       []link    `xml:"links>link"`
	Definition  indicator `xml:"definition>Indicator"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Text string `xml:",chardata"`
}

type indicator struct {
	Operator string `xml:"operator,attr"`
	ID       string `xml:"id,attr"`
	Items    []item `xml:"IndicatorItem"`
}

type item struct {
	ID        string  `xml:"id,attr"`
	Condition string  `xml:"condition,attr"`
	Context   context `xml:"Context"`
	Content   content `xml:"Content"`
	Comment   string  `xml:"Comment"`
}

type context struct {
	Document string `xml:"document,attr"`
	Search   string `xml:"search,attr"`
	Type     string `xml:"type,attr"`
}

type content struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// term is where OpenIOC looks for a kind.
type term struct{ document, search, kind, condition string }

var terms = map[observable.Kind]term{
	observable.Domain:    {"DnsEntryItem", "DnsEntryItem/Host", "string", "is"},
	observable.IP:        {"PortItem", "PortItem/remoteIP", "IP", "is"},
	observable.URL:       {"UrlHistoryItem", "UrlHistoryItem/URL", "string", "is"},
	observable.Email:     {"Email", "Email/From", "string", "is"},
	observable.Filename:  {"FileItem", "FileItem/FileName", "string", "is"},
	observable.Mutex:     {"ProcessItem", "ProcessItem/HandleList/Handle/Name", "string", "is"},
	observable.UserAgent: {"Network", "Network/UserAgent", "string", "is"},
}

var digests = map[int]term{
	export.MD5:    {"FileItem", "FileItem/Md5sum", "md5", "is"},
	export.SHA1:   {"FileItem", "FileItem/Sha1sum", "sha1", "is"},
	export.SHA256: {"FileItem", "FileItem/Sha256sum", "sha256", "is"},
}

func kinds() []observable.Kind {
	list := []observable.Kind{observable.File}
	for _, k := range observable.Kinds() {
		if terms[k].search != "" {
			list = append(list, k)
		}
	}
	return list
}

func fits(e export.Entry) string {
	if e.Value.Kind() == observable.File && digests[len(e.Value.Text())].search == "" {
		return "OpenIOC has no such digest"
	}
	return ""
}

func write(w io.Writer, s export.Set) error {
	doc := ioc{
		ID: export.UUID("openioc", s.Producer, s.CaseIDs()), Modified: export.Instant(s.Version), Short: "clew " + s.CaseIDs(),
		Description: "TLP:" + string(s.TLP), Author: s.Producer, Date: export.Instant(s.Version),
		Definition: indicator{Operator: "OR", ID: export.UUID("openioc-indicator", s.Producer, s.CaseIDs())},
	}
	for _, c := range s.Cases {
		doc.Links = append(doc.Links, link{"case", c.ID})
	}
	for _, e := range s.Entries {
		t, ok := terms[e.Value.Kind()]
		if !ok {
			t = digests[len(e.Value.Text())]
		}
		doc.Definition.Items = append(doc.Definition.Items, item{
			ID: export.UUID("openioc-item", s.Producer, e.Value.String()), Condition: t.condition,
			Context: context{t.document, t.search, "mir"}, Content: content{t.kind, e.Value.Text()}, Comment: e.Trace(),
		})
	}
	return export.WriteXML(w, doc)
}
