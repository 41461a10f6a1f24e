// Package siem asks the search that the team already has (Elasticsearch, Splunk,
// Loki and others) for indicators, and has the answers read by the log readers:
// what counts as a hit is decided here, in the same way as for files, whatever the
// product means by "contains".
//
// Nothing is concluded from what a product did not say. A query that timed out,
// was cut short, or failed leaves its indicators unanswered, which is not the same
// as not seen.
package siem

import (
	"time"

	"clew/internal/observable"
	"clew/internal/source"
)

// Settings are what the configuration says of one search. Which fields a product
// needs is on docs/guide/telemetry.md.
type Settings struct {
	Type     string            `yaml:"type"`     // elastic, splunk, loki, victorialogs, sentinel, defender, secops, clickhouse
	URL      string            `yaml:"url"`      // may be private, and http: naming it here is the permission
	Index    string            `yaml:"index"`    // index pattern, table, or selector
	Fields   []string          `yaml:"fields"`   // to search; empty means all, or the product's default
	Time     string            `yaml:"time"`     // name of the time field
	Auth     string            `yaml:"auth"`     // scheme of the key: Bearer, Basic (user:password), ApiKey, Splunk
	Header   map[string]string `yaml:"headers"`  // further headers, such as X-Scope-OrgID
	Timeout  time.Duration     `yaml:"timeout"`  // of one query; 0 means DefaultTimeout
	MaxBatch int               `yaml:"batch"`    // values in one query at most; 0 means the product's limit
	MaxRows  int               `yaml:"max_rows"` // records of one query at most; 0 means the product's limit
}

// DefaultTimeout is how long a product may work on one query.
const DefaultTimeout = time.Minute

// Limits are what a product accepts.
type Limits struct {
	Values int               // in one query
	Bytes  int               // of the text of one query
	Rows   int               // of one answer
	Span   time.Duration     // of the period asked about; 0 means any
	Keeps  time.Duration     // how far back it answers at all: what is older is not there to be seen; 0 means any
	Lacks  []observable.Kind // it has no field for: its silence on them means nothing
}

// A Search builds queries and reads answers: pure, one for each product.
type Search interface {
	Limits() Limits
	// Query asks for every record in [from, to], the whole of the last second
	// included, that holds one of the values, at most rows of them.
	Query(values []observable.Value, from, to time.Time, rows int) Query
	// Read reads the reply to a query for at most rows records.
	Read(reply source.Reply, rows int) (Page, error)
}

// A Query is one request, and its text as an analyst would paste it.
type Query struct {
	Text     string
	Request  source.Request
	From, To time.Time // asked about, where the text does not say; set by [Runner.Queries]
}

// A Page is the answer to one query.
type Page struct {
	Records []string // as the log readers take them, one line each
	// Truncated says that there are more records than were returned.
	Truncated bool
	// Partial says why the product did not look everywhere: a timeout, a shard
	// that is down. "" means it did.
	Partial string
}

// Searchable reports whether a value can be asked of a product, and the text to
// ask for. A URL is asked for by its host: logs write host and path apart, and
// the log readers put them together again.
func Searchable(v observable.Value) (text string, ok bool) {
	switch v.Kind() {
	case observable.URL:
		host, ok := observable.Host(v)
		return host.Text(), ok
	case observable.Domain, observable.IP, observable.Email, observable.File, observable.Cert, observable.JARM, observable.JA3, observable.JA3S, observable.JA4, observable.Imphash:
		return v.Text(), true
	}
	return "", false
}
