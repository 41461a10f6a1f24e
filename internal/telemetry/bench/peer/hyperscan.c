/* Looks for the literals of a list in files with Hyperscan and prints the lines
 * that hold one, the seconds of compiling and the seconds of scanning.
 * Usage: hyperscan LIST FILE...   One thread, 4 MiB blocks cut at line breaks. */
#define _GNU_SOURCE
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { block_size = 4 << 20 };

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct seen {
	const char *block;
	size_t line; /* end of the last line counted */
	size_t size;
	unsigned long lines;
};

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
	struct seen *s = context;
	(void)id, (void)from, (void)flags;
	if (to <= s->line)
		return 0;
	const char *end = memchr(s->block + to - 1, '\n', s->size - to + 1);
	s->line = end ? (size_t)(end - s->block) + 1 : s->size;
	s->lines++;
	return 0;
}

static void die(const char *why) {
	fprintf(stderr, "hyperscan: %s\n", why);
	exit(1);
}

int main(int argc, char **argv) {
	if (argc < 3)
		die("usage: hyperscan LIST FILE...");
	FILE *list = fopen(argv[1], "r");
	if (!list)
		die("no list");
	size_t count = 0, room = 1 << 20;
	const char **texts = malloc(room * sizeof *texts);
	size_t *sizes = malloc(room * sizeof *sizes);
	unsigned *ids = calloc(room, sizeof *ids), *flags = calloc(room, sizeof *flags);
	char *line = NULL;
	size_t capacity = 0;
	for (ssize_t n; count < room && (n = getline(&line, &capacity, list)) > 0; count++) {
		texts[count] = strndup(line, (size_t)n - 1);
		sizes[count] = (size_t)n - 1;
		ids[count] = (unsigned)count;
	}
	double start = now();
	hs_database_t *db;
	hs_compile_error_t *error;
	if (hs_compile_lit_multi(texts, flags, ids, sizes, (unsigned)count, HS_MODE_BLOCK, NULL, &db, &error) != HS_SUCCESS)
		die(error->message);
	hs_scratch_t *scratch = NULL;
	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
		die("no scratch");
	double compiled = now();
	char *block = malloc(block_size);
	unsigned long lines = 0;
	for (int i = 2; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		if (!file)
			die(argv[i]);
		size_t kept = 0;
		for (size_t n; (n = fread(block + kept, 1, block_size - kept, file)) > 0;) {
			size_t have = kept + n;
			const char *last = memrchr(block, '\n', have);
			size_t cut = last ? (size_t)(last - block) + 1 : have;
			struct seen s = {block, 0, cut, 0};
			if (hs_scan(db, block, (unsigned)cut, 0, scratch, found, &s) != HS_SUCCESS)
				die("scan");
			lines += s.lines;
			kept = have - cut;
			memmove(block, block + cut, kept);
		}
		fclose(file);
	}
	printf("%lu %.3f %.3f\n", lines, compiled - start, now() - compiled);
	return 0;
}
