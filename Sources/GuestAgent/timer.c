// Whether the kernel has a timer. One that measured its only timer while the host was starved has none
// (docs/guest.md), and whoever waits for time in such a guest waits for ever: so nothing here waits.
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent.h"

enum {
  MILLISECOND = 1000000,
  PATIENCE = 250 * MILLISECOND,
  MOST_LOOKS = 1 << 16,  // where no timer ticks, the clock may stand still too
};

static int timer = -1;

// Early in the boot, when the first three descriptors are taken: by the time of the hello it has fired, and costs nothing.
void timer_set(void) {
  struct itimerspec soon = {.it_value.tv_nsec = MILLISECOND};
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer >= 0) timerfd_settime(timer, 0, &soon, NULL);
}

bool timer_fires(void) {
  uint64_t count, last = now(), spent = 0;
  bool fired = timer < 0;  // a kernel that cannot be asked so
  for (int look = 0; !fired && spent < PATIENCE && look < MOST_LOOKS; look++) {
    fired = read(timer, &count, sizeof count) == sizeof count;
    uint64_t time = now(), passed = time - last;
    // The host may have held up the whole machine, and its timers with it.
    spent += passed < MILLISECOND ? passed : MILLISECOND;
    last = time;
  }
  if (timer >= 0) close(timer);
  timer = -1;
  return fired;
}
