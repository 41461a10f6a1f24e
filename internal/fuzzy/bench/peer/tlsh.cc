/* libtlsh's distance in a loop over parsed digests: for each line of the second
   file, all lines of the first. Prints "query digest distance" up to the third
   argument, and "time query nanoseconds". Build: g++ -O2 -o tlsh tlsh.cc -ltlsh */
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <tlsh.h>
#include <vector>

static Tlsh *read_array(const char *name, size_t *n) {
  std::ifstream in(name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  *n = lines.size();
  Tlsh *all = new Tlsh[lines.size()];
  for (size_t i = 0; i < lines.size(); i++)
    if (all[i].fromTlshStr(lines[i].c_str() + 2) != 0) exit(1);
  return all;
}

int main(int argc, char **argv) {
  if (argc != 4) return 1;
  size_t n, queries;
  Tlsh *all = read_array(argv[1], &n), *asked = read_array(argv[2], &queries);
  int within = atoi(argv[3]);
  std::vector<int> distance(n);
  for (size_t q = 0; q < queries; q++) {
    auto from = std::chrono::steady_clock::now();
    for (size_t i = 0; i < n; i++) distance[i] = all[i].totalDiff(&asked[q]);
    auto took = std::chrono::steady_clock::now() - from;
    for (size_t i = 0; i < n; i++)
      if (distance[i] <= within) printf("%zu %zu %d\n", q, i, distance[i]);
    printf("time %zu %lld\n", q, (long long)std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  return 0;
}
