/* Answers from libfuzzy, a line each, to compare with:
     hash N\n<N bytes>     the hash of the bytes
     score HASH HASH       fuzzy_compare
   Build: gcc -O2 -o peer peer.c -lfuzzy */
#include <fuzzy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char line[1024], a[512], b[512], result[FUZZY_MAX_RESULT];
  while (fgets(line, sizeof line, stdin)) {
    size_t n;
    if (sscanf(line, "hash %zu", &n) == 1) {
      unsigned char *data = malloc(n + 1);
      if (!data || fread(data, 1, n, stdin) != n) return 1;
      if (fuzzy_hash_buf(data, n, result) != 0) return 1;
      free(data);
      puts(result);
    } else if (sscanf(line, "score %511s %511s", a, b) == 2) {
      printf("%d\n", fuzzy_compare(a, b));
    } else {
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}
