package clickhouse_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/corpus/clickhousetest"
	"clew/internal/database/versiontest"
	"clew/internal/observable"
	"clew/internal/observation"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
)

func TestVersions(t *testing.T) {
	k := &keeper{address: clickhousetest.Start(t, 1)[0]}
	versiontest.Run(t, versiontest.Engine[*clickhouse.Store]{
		Place: k.place, Open: k.open, Run: k.run, Version: k.version, Advance: k.advance, Shape: k.shape, Dump: k.dump,
	}, versiontest.Store[*clickhouse.Store]{Fill: fillVersion, Holds: holdsVersion, Newer: clickhouse.ErrNewer})
}

// A keeper looks into the databases of a server by hand.
type keeper struct {
	address string
	made    int
}

func (k *keeper) place(*testing.T) string {
	k.made++
	return fmt.Sprintf("corpus_%d", k.made)
}

func (k *keeper) open(t *testing.T, database string) (*clickhouse.Store, error) {
	return clickhouse.Open(t.Context(), clickhouse.Options{Addresses: []string{k.address}, Database: database})
}

func (k *keeper) by(t *testing.T, do func(driver.Conn) error) {
	t.Helper()
	conn, err := driver.Open(&driver.Options{Addr: []string{k.address}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // of a test
	if err := do(conn); err != nil {
		t.Fatal(err)
	}
}

// In the texts the database is called this.
const anyDatabase = "{db}"

func (k *keeper) run(t *testing.T, database, statements string) {
	t.Helper()
	k.by(t, func(conn driver.Conn) error {
		for statement := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(statements, anyDatabase, database)), ";\n") {
			if err := conn.Exec(t.Context(), strings.TrimSuffix(statement, ";")); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
}

// texts are the rows of a query of one column.
func (k *keeper) texts(t *testing.T, form string, args ...any) (all []string) {
	t.Helper()
	k.by(t, func(conn driver.Conn) error {
		rows, err := conn.Query(t.Context(), fmt.Sprintf(form, args...))
		if err != nil {
			return fmt.Errorf(form+": %w", append(args, err)...)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			all = append(all, text)
		}
		return rows.Close()
	})
	return all
}

// version is 1 for tables without a mark.
func (k *keeper) version(t *testing.T, database string) (n int) {
	t.Helper()
	switch tables := k.texts(t, "SELECT name FROM system.tables WHERE database = '%s'", database); {
	case len(tables) == 0:
		return 0
	case !slices.Contains(tables, "corpus_version"):
		return 1
	}
	for _, text := range k.texts(t, "SELECT toString(max(version)) FROM %s.corpus_version", database) {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (k *keeper) advance(t *testing.T, database string, to int) {
	t.Helper()
	k.run(t, database, fmt.Sprintf(`DROP TABLE {db}.corpus_version;
CREATE TABLE {db}.corpus_version (version UInt32) ENGINE = MergeTree() ORDER BY version;
INSERT INTO {db}.corpus_version SELECT %d;
`, to))
}

// granularity is how densely a table is marked: a matter of speed, which a table keeps
// from when it was made.
var granularity = regexp.MustCompile(` SETTINGS index_granularity = \d+`)

func (k *keeper) created(t *testing.T, database string) (all []string) {
	t.Helper()
	for _, name := range k.texts(t, "SELECT name FROM system.tables WHERE database = '%s' AND name NOT LIKE '.inner%%' ORDER BY engine = 'MaterializedView', name", database) {
		for _, text := range k.texts(t, "SHOW CREATE TABLE %s.%s", database, name) {
			text = strings.Join(strings.Fields(text), " ")
			all = append(all, strings.ReplaceAll(text, database+".", anyDatabase+"."))
		}
	}
	return all
}

func (k *keeper) shape(t *testing.T, database string) []string {
	t.Helper()
	all := k.created(t, database)
	for i, text := range all {
		all[i] = granularity.ReplaceAllString(text, "")
	}
	return all
}

// dump makes the links of what came in, as the views made them of it; every link has
// one source and one digest at most.
func (k *keeper) dump(t *testing.T, database string) string {
	t.Helper()
	all := append([]string{"CREATE DATABASE " + anyDatabase}, k.created(t, database)...)
	rows := func(into, columns, query string) {
		for _, row := range k.texts(t, query, database) {
			all = append(all, fmt.Sprintf("INSERT INTO %s.%s (%s) SELECT %s", anyDatabase, into, columns, row))
		}
	}
	rows("incoming", "subject, relation, object, import, first_seen, last_seen, count_high, count_low, source, digest",
		`SELECT concat('unhex(\'', hex(subject), '\'), ', toString(relation), ', unhex(\'', hex(object), '\'), ', toString(import), ', ', toString(minMerge(first)), ', ',
			toString(maxMerge(last)), ', ', toString(sumMerge(high)), ', ', toString(sumMerge(low)), ', unhex(\'', hex(arrayElement(groupUniqArrayMerge(sources), 1)), '\'), unhex(\'',
			hex(arrayElement(groupUniqArrayMerge(evidence), 1)), '\')') FROM %s.links_by_subject GROUP BY subject, relation, object, import ORDER BY subject, relation, object, import`)
	rows("imports", "id, number, state, entry", `SELECT concat('unhex(\'', hex(id), '\'), ', toString(number), ', ', toString(state), ', unhex(\'', hex(entry), '\')') FROM %s.imports ORDER BY number, state`)
	rows("totals", "object, relation, source, as_of, n, seq", `SELECT concat('unhex(\'', hex(object), '\'), ', toString(relation), ', unhex(\'', hex(source), '\'), ', toString(as_of), ', ', toString(n), ', ', toString(seq)) FROM %s.totals ORDER BY seq`)
	rows("answers", "about, source, at, until, detail, seq", `SELECT concat('unhex(\'', hex(about), '\'), unhex(\'', hex(source), '\'), ', toString(at), ', ', toString(until), ', unhex(\'', hex(detail), '\'), ', toString(seq)) FROM %s.answers ORDER BY seq`)
	if k.version(t, database) > 1 {
		rows("corpus_version", "version", `SELECT toString(max(version)) FROM %s.corpus_version`)
	}
	return strings.Join(all, ";\n") + ";\n"
}

var (
	versionsDay  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	versionsSeen = observation.Observation{
		Subject: observable.Must(observable.Domain, "put.example"), Relation: observation.ResolvesTo, Object: observable.Must(observable.IP, "2001:db8::7"),
		Window: observation.Window{First: versionsDay, Last: versionsDay.AddDate(0, 1, 0)}, Count: 5 << 32, Source: "crtsh", Evidence: "sha256:" + hex.EncodeToString(make([]byte, 32)),
	}
	versionsTotal  = corpus.Total{Relation: observation.ResolvesTo, Object: observable.Must(observable.IP, "198.51.100.1"), N: 4711, Source: "shodan", AsOf: versionsDay}
	versionsAnswer = corpus.Answer{Source: "crtsh", About: observable.Must(observable.Domain, "put.example"), At: versionsDay, Until: versionsDay.AddDate(0, 0, 1), Detail: []byte("{\"it's\": \"\\\\\"}")}
)

// loaded loads one observation as an import.
func loaded(t *testing.T, s *clickhouse.Store, id, name, address string) {
	t.Helper()
	l, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add(resolves(name, address)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Commit(corpus.Import{ID: id, Name: "pdns", At: versionsDay}); err != nil {
		t.Fatal(err)
	}
}

func fillVersion(t *testing.T, s *clickhouse.Store) {
	t.Helper()
	loaded(t, s, "kept", "kept.example", "198.51.100.1")
	loaded(t, s, "removed", "removed.example", "198.51.100.1")
	if err := s.RemoveImport(t.Context(), "removed"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), []observation.Observation{versionsSeen}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutTotals(t.Context(), []corpus.Total{versionsTotal}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAnswers(t.Context(), []corpus.Answer{versionsAnswer}); err != nil {
		t.Fatal(err)
	}
}

func holdsVersion(t *testing.T, s *clickhouse.Store) {
	t.Helper()
	same := func(what string, want, got any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(observable.Value{})); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", what, err, diff)
		}
	}
	address := versionsTotal.Object
	names := func() (all []string) {
		links, _, err := s.Subjects(t.Context(), observation.ResolvesTo, address, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			all = append(all, fmt.Sprint(l.Subject, " ", l.Count, " ", l.Sources))
		}
		return all
	}
	same("of an import", []string{"kept.example 2 [pdns]"}, names(), nil)
	links, _, err := s.Objects(t.Context(), versionsSeen.Subject, 0)
	same("what was put", []corpus.Link{{
		Subject: versionsSeen.Subject, Relation: versionsSeen.Relation, Object: versionsSeen.Object, Window: versionsSeen.Window,
		Count: versionsSeen.Count, Sources: []string{"crtsh"}, Evidence: []string{versionsSeen.Evidence},
	}}, links, err)
	totals, err := s.Totals(t.Context(), observation.ResolvesTo, address)
	same("totals", []corpus.Total{versionsTotal}, totals, err)
	answers, err := s.Answers(t.Context(), versionsAnswer.About)
	same("answers", []corpus.Answer{versionsAnswer}, answers, err)
	imports, err := s.Imports(t.Context())
	if err != nil || len(imports) != 1 || imports[0].ID != "kept" || !imports[0].At.Equal(versionsDay) || imports[0].Kept != 1 {
		t.Errorf("imports: %+v, %v", imports, err)
	}
	population, err := s.Population(t.Context(), observation.ResolvesTo)
	same("population", corpus.Population{Subjects: 2, Links: 2}, population, err)

	loaded(t, s, "after", "after.example", "198.51.100.1")
	same("it goes on", []string{"after.example 2 [pdns]", "kept.example 2 [pdns]"}, names(), nil)
	if err := s.RemoveImport(t.Context(), "after"); err != nil {
		t.Error(err)
	}
	same("and lets go", []string{"kept.example 2 [pdns]"}, names(), nil)
}

// What is opened for reading alone is not brought forward, and read all the same; and
// tables that somebody dropped come back when that is asked for, not at every start.
func TestForwardOnlyWhereAsked(t *testing.T) {
	k := &keeper{address: clickhousetest.Start(t, 1)[0]}
	database := k.place(t)
	text, err := os.ReadFile(filepath.Join("testdata", "versions", "1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	k.run(t, database, string(text))
	opts := clickhouse.Options{Addresses: []string{k.address}, Database: database, ReadOnly: true}
	opened := func() error {
		s, err := clickhouse.Open(t.Context(), opts)
		if err != nil {
			return err
		}
		_, err = s.Answers(t.Context(), versionsAnswer.About)
		return errors.Join(err, s.Close())
	}
	if err := opened(); err != nil || k.version(t, database) != 1 {
		t.Errorf("read only: %v, version %d", err, k.version(t, database))
	}
	opts.ReadOnly = false
	if err := opened(); err != nil || k.version(t, database) != 2 {
		t.Errorf("opened: %v, version %d", err, k.version(t, database))
	}
	k.run(t, database, "DROP TABLE {db}.answers;\n")
	if err := opened(); err == nil {
		t.Error("a table was made anew that somebody dropped")
	}
	opts.Remake = true
	if err := opened(); err != nil {
		t.Errorf("made anew: %v", err)
	}
	k.advance(t, database, 999)
	if err := opened(); !errors.Is(err, clickhouse.ErrNewer) {
		t.Errorf("made anew by an earlier clew: %v", err)
	}
	// Whoever died between making the table of versions and saying one is made good for.
	k.run(t, database, "DROP TABLE {db}.corpus_version;\nCREATE TABLE {db}.corpus_version (version UInt32) ENGINE = MergeTree() ORDER BY version;\n")
	opts.Remake = false
	if err := opened(); err != nil || k.version(t, database) != 2 {
		t.Errorf("broken off: %v, version %d", err, k.version(t, database))
	}
}

// Once the tables are there, who may make none works in them.
func TestWhoMayMakeNoTables(t *testing.T) {
	k := &keeper{address: clickhousetest.Start(t, 1)[0]}
	database := k.place(t)
	opts := clickhouse.Options{Addresses: []string{k.address}, Database: database, User: clickhousetest.Worker}
	const says = "clew corpus init"
	if _, err := clickhouse.Open(t.Context(), opts); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("without tables: %v", err)
	}
	if tables := k.texts(t, "SELECT name FROM system.tables WHERE database = '%s'", database); len(tables) > 0 {
		t.Errorf("they made %v", tables)
	}
	owner, err := k.open(t, database)
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := clickhouse.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	fillVersion(t, s)
	holdsVersion(t, s)
	if err := s.Flush(t.Context()); !errors.Is(err, corpus.ErrForbidden) || !strings.Contains(err.Error(), says) {
		t.Errorf("they swept: %v", err)
	}
	worker, err := driver.Open(&driver.Options{Addr: []string{k.address}, Auth: driver.Auth{Username: clickhousetest.Worker}})
	if err != nil {
		t.Fatal(err)
	}
	defer worker.Close() //nolint:errcheck // of a test
	for _, statement := range []string{"DROP TABLE %s.answers", "CREATE TABLE %s.more (n UInt8) ENGINE = Memory", "ALTER TABLE %s.answers ADD COLUMN more UInt8", "TRUNCATE TABLE %s.answers"} {
		if err := worker.Exec(t.Context(), fmt.Sprintf(statement, database)); err == nil || !strings.Contains(err.Error(), "prohibited") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
