/* Answers from libtlsh, a line each, to compare with:
     hash N\n<N bytes>     the digest of the bytes, or "none"
     distance HASH HASH    totalDiff, the length counted in
   Build: g++ -O2 -o peer peer.cc -ltlsh */
#include <cstdio>
#include <cstdlib>
#include <tlsh.h>

int main() {
  char line[1024], a[512], b[512];
  while (fgets(line, sizeof line, stdin)) {
    size_t n;
    if (sscanf(line, "hash %zu", &n) == 1) {
      unsigned char *data = (unsigned char *)malloc(n + 1);
      if (!data || fread(data, 1, n, stdin) != n) return 1;
      Tlsh t;
      t.final(data, n);
      free(data);
      const char *digest = t.getHash();
      puts(digest && *digest ? digest : "none");
    } else if (sscanf(line, "distance %511s %511s", a, b) == 2) {
      Tlsh s, t;
      if (s.fromTlshStr(a) != 0 || t.fromTlshStr(b) != 0) return 1;
      printf("%d\n", s.totalDiff(&t, true));
    } else {
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}
