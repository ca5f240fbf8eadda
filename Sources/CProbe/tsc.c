#define _GNU_SOURCE
#include <time.h>

#include "CProbe.h"

#ifdef __x86_64__
#include <x86intrin.h>

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// One reading of both clocks, the closest together of several: a preempted one is thrown away.
static void read_both(uint64_t *ns, uint64_t *ticks) {
  uint64_t best = UINT64_MAX;
  for (int i = 0; i < 16; i++) {
    uint64_t before = now(), tick = __rdtsc(), after = now();
    if (after - before < best) {
      best = after - before;
      *ns = before + (after - before) / 2;
      *ticks = tick;
    }
  }
}

uint64_t probe_tsc_kilohertz(void) {
  uint64_t ns0, ticks0, ns1, ticks1;
  read_both(&ns0, &ticks0);
  struct timespec pause = {0, 5000000};
  nanosleep(&pause, 0);
  read_both(&ns1, &ticks1);
  if (ns1 <= ns0 || ticks1 <= ticks0) return 0;
  return (uint64_t)((double)(ticks1 - ticks0) * 1e6 / (double)(ns1 - ns0) + 0.5);
}
#else
uint64_t probe_tsc_kilohertz(void) { return 0; }
#endif
