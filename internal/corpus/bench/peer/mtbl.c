// mtbl as dnstable uses it: one sorted table with an entry for each direction,
// built by the sorter with a merge function, compressed with zstd.
#include "peer.h"

#include <mtbl.h>

static struct mtbl_reader *reader;

static size_t put_window(uint8_t *to, uint64_t first, uint64_t last, uint64_t count) {
	size_t n = mtbl_varint_encode64(to, first);
	n += mtbl_varint_encode64(to + n, last - first);
	return n + mtbl_varint_encode64(to + n, count);
}

static void get_window(const uint8_t *from, uint64_t *first, uint64_t *last, uint64_t *count) {
	size_t n = mtbl_varint_decode64(from, first);
	n += mtbl_varint_decode64(from + n, last);
	*last += *first;
	mtbl_varint_decode64(from + n, count);
}

static void merge(void *clos, const uint8_t *key, size_t len_key, const uint8_t *val0, size_t len_val0,
                  const uint8_t *val1, size_t len_val1, uint8_t **merged, size_t *len_merged) {
	(void)clos, (void)key, (void)len_key, (void)len_val0, (void)len_val1;
	uint64_t first0, last0, count0, first1, last1, count1;
	get_window(val0, &first0, &last0, &count0);
	get_window(val1, &first1, &last1, &count1);
	*merged = malloc(30);
	*len_merged = put_window(*merged, first0 < first1 ? first0 : first1, last0 > last1 ? last0 : last1, count0 + count1);
}

static void engine_build(FILE *rows, const char *db) {
	struct mtbl_sorter_options *so = mtbl_sorter_options_init();
	mtbl_sorter_options_set_merge_func(so, merge, NULL);
	mtbl_sorter_options_set_max_memory(so, (size_t)512 << 20);
	char *temporary = strdup(db);
	*strrchr(temporary, '/') = 0;
	mtbl_sorter_options_set_temp_dir(so, temporary);
	struct mtbl_sorter *sorter = mtbl_sorter_init(so);

	struct row r;
	uint8_t subject[MAX_KEY], object[MAX_KEY], key[2 * MAX_KEY], window[30];
	while (get_row(rows, &r)) {
		size_t s = put_value(subject, &r.subject), o = put_value(object, &r.object);
		size_t w = put_window(window, r.first, r.last, r.count);
		key[0] = 'f';
		memcpy(key + 1, subject, s);
		key[1 + s] = r.relation;
		memcpy(key + 2 + s, object, o);
		if (mtbl_sorter_add(sorter, key, 2 + s + o, window, w) != mtbl_res_success)
			fail("mtbl_sorter_add");
		key[0] = 'r';
		memcpy(key + 1, object, o);
		key[1 + o] = r.relation;
		memcpy(key + 2 + o, subject, s);
		if (mtbl_sorter_add(sorter, key, 2 + s + o, window, w) != mtbl_res_success)
			fail("mtbl_sorter_add");
	}
	struct mtbl_writer_options *wo = mtbl_writer_options_init();
	mtbl_writer_options_set_compression(wo, MTBL_COMPRESSION_ZSTD);
	struct mtbl_writer *writer = mtbl_writer_init(db, wo);
	if (!writer || mtbl_sorter_write(sorter, writer) != mtbl_res_success)
		fail("mtbl_sorter_write");
	mtbl_sorter_destroy(&sorter);
	mtbl_writer_destroy(&writer);
}

static void engine_open(const char *db) {
	reader = mtbl_reader_init(db, NULL);
	if (!reader)
		fail("cannot open table");
}

static void scan(const uint8_t *prefix, size_t len_prefix, size_t skip, bool want_hash, struct answer *a) {
	struct mtbl_iter *it = mtbl_source_get_prefix(mtbl_reader_source(reader), prefix, len_prefix);
	const uint8_t *key, *val;
	size_t len_key, len_val;
	while (it && mtbl_iter_next(it, &key, &len_key, &val, &len_val) == mtbl_res_success) {
		uint64_t first, last, count;
		get_window(val, &first, &last, &count);
		add(a, (uint32_t)first, (uint32_t)last, count);
		if (want_hash)
			hash(a, key + skip, len_key - skip);
	}
	mtbl_iter_destroy(&it);
}

static void engine_lookup(const struct value *subject, bool want_hash, struct answer *a) {
	uint8_t prefix[MAX_KEY] = {'f'};
	size_t n = 1 + put_value(prefix + 1, subject);
	scan(prefix, n, n, want_hash, a);
}

static void engine_heavy(const struct value *object, uint8_t relation, bool want_hash, struct answer *a) {
	uint8_t prefix[MAX_KEY] = {'r'};
	size_t n = 1 + put_value(prefix + 1, object);
	prefix[n] = relation;
	scan(prefix, n + 1, n, want_hash, a);
}
