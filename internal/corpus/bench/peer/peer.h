// What the peers of the corpus benchmark share: reading generated rows, the
// encoding of values, and answers. The command line is the same for each:
//
//   PEER build  ROWS DB      store ROWS in DB
//   PEER lookup DB QUERIES   links of subjects, as fast as possible
//   PEER heavy  DB QUERIES   links that lead to objects
//
// QUERIES holds rows of which only one side counts. "speed NUMBER" goes to
// standard output, then one line "answer ..." a query.
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KIND_DOMAIN = 1, KIND_IP = 2, MAX_TEXT = 1024, MAX_KEY = 2 * MAX_TEXT + 16 };

struct value {
	uint8_t kind;
	uint16_t len;
	char text[MAX_TEXT];
};

struct row {
	struct value subject, object;
	uint8_t relation;
	uint32_t first, last, count;
};

static void fail(const char *what) {
	fprintf(stderr, "peer: %s\n", what);
	exit(1);
}

static void get(FILE *in, void *to, size_t n) {
	if (fread(to, 1, n, in) != n)
		fail("rows are cut short");
}

static void get_value(FILE *in, struct value *v) {
	get(in, &v->kind, 1);
	get(in, &v->len, 2);
	if (v->len >= MAX_TEXT)
		fail("value too long");
	get(in, v->text, v->len);
	v->text[v->len] = 0;
}

static bool get_row(FILE *in, struct row *r) {
	int c = getc(in);
	if (c == EOF)
		return false;
	r->relation = (uint8_t)c;
	get_value(in, &r->subject);
	get_value(in, &r->object);
	get(in, &r->first, 4);
	get(in, &r->last, 4);
	get(in, &r->count, 4);
	return true;
}

// put_value encodes a value as clew does: kind, then labels from the right or
// the raw address. Returns the number of bytes.
static size_t put_value(uint8_t *to, const struct value *v) {
	uint8_t *at = to;
	*at++ = v->kind;
	if (v->kind == KIND_IP) {
		if (inet_pton(AF_INET, v->text, at + 1) == 1)
			*at = 4;
		else if (inet_pton(AF_INET6, v->text, at + 1) == 1)
			*at = 16;
		else
			fail("bad address");
		return (size_t)(2 + *at);
	}
	size_t end = v->len;
	for (size_t i = v->len; i-- > 0;) {
		if (v->text[i] != '.')
			continue;
		memcpy(at, v->text + i + 1, end - i - 1);
		at += end - i - 1;
		*at++ = 1;
		end = i;
	}
	memcpy(at, v->text, end);
	at += end;
	*at++ = 0;
	return (size_t)(at - to);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// answer is what a query's links come to; hash covers relation and other end.
struct answer {
	uint64_t links, count, hash;
	uint32_t first, last;
};

static void begin(struct answer *a) {
	*a = (struct answer){.hash = 14695981039346656037u, .first = UINT32_MAX};
}

static void add(struct answer *a, uint32_t first, uint32_t last, uint64_t count) {
	a->links++;
	a->count += count;
	if (first < a->first)
		a->first = first;
	if (last > a->last)
		a->last = last;
}

static void hash(struct answer *a, const uint8_t *data, size_t len) {
	for (size_t i = 0; i < len; i++)
		a->hash = (a->hash ^ data[i]) * 1099511628211u;
}

static int by_value(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// The engine of a peer. Where want_hash is false only links, count, first and
// last are wanted: every row has to be read, no text built.
static void engine_build(FILE *rows, const char *db);
static void engine_open(const char *db);
static void engine_lookup(const struct value *subject, bool want_hash, struct answer *a);
static void engine_heavy(const struct value *object, uint8_t relation, bool want_hash, struct answer *a);

static void query(const struct row *r, bool heavy, bool want_hash, struct answer *a) {
	begin(a);
	if (heavy)
		engine_heavy(&r->object, r->relation, want_hash, a);
	else
		engine_lookup(&r->subject, want_hash, a);
}

// pass runs all queries once: microseconds of the median lookup, or rows per
// second over all heavy objects.
static double pass(const struct row *rows, size_t n, bool heavy, double *times) {
	uint64_t links = 0;
	double start = now();
	for (size_t i = 0; i < n; i++) {
		struct answer a;
		double t = now();
		query(&rows[i], heavy, false, &a);
		times[i] = (now() - t) * 1e6;
		links += a.links;
	}
	double all = now() - start;
	qsort(times, n, sizeof *times, by_value);
	return heavy ? (double)links / all : times[n / 2];
}

static int ask(const char *db, const char *queries, bool heavy) {
	FILE *in = fopen(queries, "rb");
	if (!in)
		fail("cannot open queries");
	size_t n = 0, size = 0;
	struct row *rows = NULL, r;
	while (get_row(in, &r)) {
		if (n == size)
			rows = realloc(rows, (size = 2 * size + 64) * sizeof r);
		rows[n++] = r;
	}
	if (n == 0)
		fail("no queries");
	engine_open(db);
	double *times = malloc(n * sizeof *times);
	pass(rows, n, heavy, times); // untimed
	printf("speed %.4f\n", pass(rows, n, heavy, times));
	for (size_t i = 0; i < n; i++) {
		struct answer a;
		query(&rows[i], heavy, true, &a);
		printf("answer %llu %llu %u %u %016llx\n", (unsigned long long)a.links, (unsigned long long)a.count,
		       a.first, a.last, (unsigned long long)a.hash);
	}
	return 0;
}

int main(int argc, char **argv) {
	if (argc == 4 && !strcmp(argv[1], "build")) {
		FILE *in = fopen(argv[2], "rb");
		if (!in)
			fail("cannot open rows");
		double start = now();
		engine_build(in, argv[3]);
		printf("speed %.4f\n", now() - start);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "lookup"))
		return ask(argv[2], argv[3], false);
	if (argc == 4 && !strcmp(argv[1], "heavy"))
		return ask(argv[2], argv[3], true);
	fail("usage: build ROWS DB | lookup DB QUERIES | heavy DB QUERIES");
}
