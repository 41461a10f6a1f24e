package hashlookup

import (
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// known is a file of a known set. Names of members are the set's own; there is
// no time to any of them.
type known struct {
	Name   string `json:"FileName"`
	MD5    string `json:"MD5"`
	SHA1   string `json:"SHA-1"`
	SHA256 string `json:"SHA-256"`
	Ssdeep string `json:"SSDEEP"`
	TLSH   string `json:"TLSH"`
	// Trust is 0 to 100; below 50 somebody doubts it.
	Trust     *source.Number `json:"hashlookup:trust"`
	Malicious source.Text    `json:"KnownMalicious"` // where it is listed as such
}

// decode reads one file. The facts are those of the hash asked about and of the
// others of the same file, since each source names files by another.
func decode(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var k known
	if err := source.DecodeJSON(reply, &k); err != nil {
		return page, err
	}
	values := []observable.Value{}
	for _, digest := range []string{k.SHA256, k.SHA1, k.MD5} {
		if v, err := observable.New(observable.File, digest); err == nil {
			values = append(values, v)
		}
	}
	if !slices.Contains(values, asked) {
		return page, fmt.Errorf("%w: it is not about the hash asked", source.ErrBadReply)
	}
	page.Rows = 1
	for _, weaker := range values[1:] { // values begins with the strongest
		page.Add(values[0], observation.Digest, observable.File, weaker.Text(), observation.Window{})
	}
	for _, v := range values {
		if k.Trust != nil {
			page.Judge(v, fmt.Sprintf("known file, trust %d of 100", *k.Trust), observation.Window{})
		}
		if k.Malicious != "" {
			page.Judge(v, "known as malicious: "+string(k.Malicious), observation.Window{})
		}
		page.Add(v, observation.Filename, observable.Filename, k.Name, observation.Window{})
		page.Add(v, observation.Ssdeep, observable.Ssdeep, k.Ssdeep, observation.Window{})
		page.Add(v, observation.TLSH, observable.TLSH, k.TLSH, observation.Window{})
	}
	if len(page.Observations) == 0 {
		page.Dropped++
	}
	return page, nil
}
