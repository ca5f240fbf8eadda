#define _GNU_SOURCE
#include "CEvents.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

void events_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void events_sleep(int descriptor, int64_t nanoseconds) {
  struct pollfd poll = {.fd = descriptor, .events = POLLIN};
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  ppoll(&poll, 1, nanoseconds < 0 ? NULL : &time, NULL);
}
