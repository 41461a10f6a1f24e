/* libfuzzy's compare in a loop: for each line of the second file, all lines of
   the first. Prints "query digest score" for scores above 0, and "time query
   nanoseconds". Build: gcc -O2 -o ssdeep ssdeep.c -lfuzzy */
#define _GNU_SOURCE
#include <fuzzy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char **read_lines(const char *name, size_t *n) {
  FILE *f = fopen(name, "r");
  char **lines = NULL, *line = NULL;
  size_t cap = 0, size = 0;
  *n = 0;
  if (!f) exit(1);
  for (ssize_t len; (len = getline(&line, &size, f)) > 0;) {
    line[len - 1] = 0;
    if (*n == cap) lines = realloc(lines, (cap = cap * 2 + 1024) * sizeof *lines);
    lines[(*n)++] = strdup(line);
  }
  return lines;
}

int main(int argc, char **argv) {
  size_t n, queries;
  if (argc != 3) return 1;
  char **all = read_lines(argv[1], &n), **asked = read_lines(argv[2], &queries);
  int *scores = malloc(n * sizeof *scores);
  for (size_t q = 0; q < queries; q++) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; i < n; i++) scores[i] = fuzzy_compare(all[i], asked[q]);
    clock_gettime(CLOCK_MONOTONIC, &to);
    for (size_t i = 0; i < n; i++)
      if (scores[i] > 0) printf("%zu %zu %d\n", q, i, scores[i]);
    printf("time %zu %lld\n", q, (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec);
  }
  return 0;
}
