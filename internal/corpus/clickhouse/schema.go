package clickhouse

import "fmt"

// The tables. Everything is written into incoming, which keeps nothing: the
// views beside it turn each block into rows of both directions and into a sketch
// of the populations. Rows of one link and import merge in the background as
// minimum, maximum and sum; what several imports said is merged when it is read,
// so that an import can be taken back. import is 0 for what belongs to none.
//
// Keys (subject, object, about) are those of package valuekey: their order is
// that of results, the names below a domain and the addresses of a prefix are
// ranges. An unknown first is the greatest Int64, an unknown last the smallest,
// which minimum and maximum then pass over. A count is kept in two halves of 32
// bits, whose sums cannot wrap.
//
// All statements are of the SQL that 18.16 and today's servers share.
const (
	incoming       = "incoming"
	linksBySubject = "links_by_subject"
	linksByObject  = "links_by_object"
	populations    = "populations"
	importsTable   = "imports"
	totalsTable    = "totals"
	answersTable   = "answers"
)

// table is one that keeps rows.
type table struct {
	name, columns, engine string
	shard                 string // what decides the server of a row in a cluster
}

// importsPerPartition is how many numbers of imports (see Store.number) share a
// partition: those of 30 days.
const importsPerPartition = 30 * 24 * 3600 * 1000 << randomBits

// granularity is how many rows one mark of a table of links stands for. A question
// reads that many at least, and unpacking the states of the usual 8192 takes
// longer than all else of it; a mark takes some 70 bytes of the server's memory.
const granularity = 512

const linkColumns = `subject String, relation UInt8, object String, import UInt64,
  first AggregateFunction(min, Int64), last AggregateFunction(max, Int64),
  high AggregateFunction(sum, UInt64), low AggregateFunction(sum, UInt64),
  sources AggregateFunction(groupUniqArray, String), evidence AggregateFunction(groupUniqArray, String)`

func tables() []table {
	partition := fmt.Sprintf(" PARTITION BY intDiv(import, %d)", int64(importsPerPartition))
	marks := fmt.Sprintf(" SETTINGS index_granularity = %d", granularity)
	return []table{
		{linksBySubject, linkColumns, "AggregatingMergeTree()" + partition + " ORDER BY (subject, relation, object, import)" + marks, "cityHash64(subject)"},
		{linksByObject, linkColumns, "AggregatingMergeTree()" + partition + " ORDER BY (object, relation, subject, import)" + marks, "cityHash64(object)"},
		{
			populations, "relation UInt8, import UInt64, subjects AggregateFunction(uniq, String), links AggregateFunction(uniq, String, String)",
			"AggregatingMergeTree()" + partition + " ORDER BY (relation, import)", "relation",
		},
		{importsTable, "id String, number UInt64, state UInt8, entry String", "MergeTree() ORDER BY (id, number)", "cityHash64(id)"},
		{
			totalsTable, "object String, relation UInt8, source String, as_of Int64, n UInt64, seq UInt64",
			"ReplacingMergeTree(seq) ORDER BY (object, relation, source, as_of)", "cityHash64(object)",
		},
		{
			answersTable, "about String, source String, at Int64, until Int64, detail String, seq UInt64",
			"ReplacingMergeTree(seq) ORDER BY (about, source, at)", "cityHash64(about)",
		},
	}
}

const incomingColumns = `subject String, relation UInt8, object String, import UInt64, first_seen Int64, last_seen Int64,
  count_high UInt64, count_low UInt64, source String, digest String`

const intoLinks = `SELECT subject, relation, object, import, minState(first_seen) AS first, maxState(last_seen) AS last,
  sumState(count_high) AS high, sumState(count_low) AS low, groupUniqArrayState(source) AS sources, groupUniqArrayState(digest) AS evidence
  FROM %s.incoming GROUP BY subject, relation, object, import`

const intoPopulations = `SELECT relation, import, uniqState(subject) AS subjects, uniqState(subject, object) AS links
  FROM %s.incoming GROUP BY relation, import`

// localSuffix ends the names of the tables of one server in a cluster.
const localSuffix = "_local"

// Statements returns what makes the tables of a corpus on one server, each
// statement leaving alone what is there. In a cluster every server needs them.
func (o Options) Statements() []string {
	all := []string{
		"CREATE DATABASE IF NOT EXISTS " + o.Database,
		fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s (version UInt32) ENGINE = MergeTree() ORDER BY version", o.Database, versionTable),
	}
	for _, t := range tables() {
		if o.Cluster == "" {
			all = append(all, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s (%s) ENGINE = %s", o.Database, t.name, t.columns, t.engine))
			continue
		}
		local := t.name + localSuffix
		all = append(all,
			fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s (%s) ENGINE = %s", o.Database, local, t.columns, t.engine),
			fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s (%s) ENGINE = Distributed(%s, %s, %s, %s)", o.Database, t.name, t.columns, o.Cluster, o.Database, local, t.shard))
	}
	all = append(all, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s (%s) ENGINE = Null", o.Database, incoming, incomingColumns))
	for _, view := range []struct{ to, query string }{{linksBySubject, intoLinks}, {linksByObject, intoLinks}, {populations, intoPopulations}} {
		all = append(all, fmt.Sprintf("CREATE MATERIALIZED VIEW IF NOT EXISTS %[1]s.to_%[2]s TO %[1]s.%[2]s AS %[3]s", o.Database, view.to, fmt.Sprintf(view.query, o.Database)))
	}
	return all
}
