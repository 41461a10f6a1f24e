// SQLite as one would: a table clustered by subject, a covering index by
// object, duplicates merged by an upsert. Nothing is synced while loading.
#include "peer.h"

#include <sqlite3.h>

static sqlite3 *db;
static sqlite3_stmt *lookup, *heavy;

static void check(int code, int want) {
	if (code != want)
		fail(sqlite3_errmsg(db));
}

static void run(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK); }

static sqlite3_stmt *prepare(const char *sql) {
	sqlite3_stmt *s;
	check(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	return s;
}

static void engine_build(FILE *rows, const char *path) {
	check(sqlite3_open(path, &db), SQLITE_OK);
	run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;"
	    "CREATE TABLE link(s BLOB, r INT, o BLOB, first INT, last INT, n INT, PRIMARY KEY(s, r, o)) WITHOUT ROWID;"
	    "CREATE INDEX reverse ON link(o, r, s, first, last, n)");
	sqlite3_stmt *put = prepare("INSERT INTO link VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
	                            "first = min(first, excluded.first), last = max(last, excluded.last), n = n + excluded.n");
	struct row r;
	uint8_t subject[MAX_KEY], object[MAX_KEY];
	run("BEGIN");
	for (int in_batch = 0; get_row(rows, &r); in_batch++) {
		if (in_batch == 100000) {
			run("COMMIT; BEGIN");
			in_batch = 0;
		}
		sqlite3_bind_blob(put, 1, subject, (int)put_value(subject, &r.subject), SQLITE_STATIC);
		sqlite3_bind_int(put, 2, r.relation);
		sqlite3_bind_blob(put, 3, object, (int)put_value(object, &r.object), SQLITE_STATIC);
		sqlite3_bind_int64(put, 4, r.first);
		sqlite3_bind_int64(put, 5, r.last);
		sqlite3_bind_int64(put, 6, r.count);
		check(sqlite3_step(put), SQLITE_DONE);
		sqlite3_reset(put);
	}
	run("COMMIT");
	sqlite3_finalize(put);
	check(sqlite3_close(db), SQLITE_OK);
}

static void engine_open(const char *path) {
	check(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	run("PRAGMA cache_size=-65536; PRAGMA mmap_size=17179869184");
	lookup = prepare("SELECT first, last, n, r, o FROM link WHERE s = ? ORDER BY r, o");
	heavy = prepare("SELECT first, last, n, r, s FROM link WHERE o = ? AND r = ? ORDER BY s");
}

static void scan(sqlite3_stmt *s, bool want_hash, struct answer *a) {
	int code;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		add(a, (uint32_t)sqlite3_column_int64(s, 0), (uint32_t)sqlite3_column_int64(s, 1), (uint64_t)sqlite3_column_int64(s, 2));
		if (want_hash) {
			uint8_t relation = (uint8_t)sqlite3_column_int(s, 3);
			hash(a, &relation, 1);
			const uint8_t *other = sqlite3_column_blob(s, 4);
			hash(a, other, (size_t)sqlite3_column_bytes(s, 4));
		}
	}
	check(code, SQLITE_DONE);
	sqlite3_reset(s);
}

static void engine_lookup(const struct value *subject, bool want_hash, struct answer *a) {
	uint8_t key[MAX_KEY];
	sqlite3_bind_blob(lookup, 1, key, (int)put_value(key, subject), SQLITE_STATIC);
	scan(lookup, want_hash, a);
}

static void engine_heavy(const struct value *object, uint8_t relation, bool want_hash, struct answer *a) {
	uint8_t key[MAX_KEY];
	sqlite3_bind_blob(heavy, 1, key, (int)put_value(key, object), SQLITE_STATIC);
	sqlite3_bind_int(heavy, 2, relation);
	scan(heavy, want_hash, a);
}
