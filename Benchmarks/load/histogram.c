#include "load.h"

void record(struct histogram *h, uint64_t ns) {
  int shift = ns < 128 ? 0 : 63 - __builtin_clzll(ns) - 6;
  h->count[(uint64_t)shift * 64 + (ns >> shift)]++;
  h->total++;
  if (ns > h->max) h->max = ns;
}

double percentile_us(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
  for (size_t i = 0; i < sizeof h->count / sizeof *h->count; i++) {
    seen += h->count[i];
    if (seen <= wanted) continue;
    int shift = i < 128 ? 0 : (int)(i / 64) - 1;
    return (double)((i - (uint64_t)shift * 64) << shift) / 1000;
  }
  return (double)h->max / 1000;
}
