package clickhouse_test

import (
	"fmt"
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/clickhouse"
	"clew/internal/corpus/clickhousetest"
	"clew/internal/corpus/corpustest"
)

// open opens a database on one server, or on all of a cluster.
func open(t *testing.T, database string, addresses ...string) *clickhouse.Store {
	t.Helper()
	var store *clickhouse.Store
	for _, address := range addresses {
		opts := clickhouse.Options{Addresses: []string{address}, Database: database}
		if len(addresses) > 1 {
			opts.Cluster = clickhousetest.Cluster
		}
		var err error
		if store != nil {
			if err = store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if store, err = clickhouse.Open(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// TestConformance runs each claim in a database of its own.
func TestConformance(t *testing.T) {
	addresses := clickhousetest.Start(t, 1)
	n := 0
	corpustest.RunRemote(t, func(t *testing.T) corpus.Store {
		n++
		return open(t, fmt.Sprintf("corpus_%d", n), addresses...)
	})
}
