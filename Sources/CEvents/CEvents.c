#define _GNU_SOURCE
#include "CEvents.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <locale.h>
#include <wchar.h>

void events_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void events_sharpen_timers(void) { prctl(PR_SET_TIMERSLACK, 1); }

int events_sleep(int first, int second, bool wants_room, int64_t nanoseconds) {
  struct pollfd poll[] = {
      {.fd = first, .events = POLLIN},
      {.fd = second, .events = POLLIN | (wants_room ? POLLOUT : 0)},
  };
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  if (ppoll(poll, 2, nanoseconds < 0 ? NULL : &time, NULL) <= 0) return 0;
  return (poll[0].revents ? EVENTS_FIRST : 0) | (poll[1].revents ? EVENTS_SECOND : 0);
}

int events_await(int epoll, struct epoll_event *events, int room, int64_t nanoseconds) {
  // epoll_wait counts in milliseconds, and epoll_pwait2 is not in all kernels.
  if (nanoseconds > 0) {
    struct pollfd poll = {.fd = epoll, .events = POLLIN};
    struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    if (ppoll(&poll, 1, &time, NULL) <= 0) return 0;
  }
  int count = epoll_wait(epoll, events, room, nanoseconds < 0 ? -1 : 0);
  return count < 0 ? 0 : count;
}

int events_columns(unsigned int scalar) {
  // The program's own locale is C, by which wcwidth(3) knows ASCII alone.
  static locale_t locale;
  if (locale == 0) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
  if (locale == 0) return 1;
  locale_t before = uselocale(locale);
  int width = wcwidth((wchar_t)scalar);
  uselocale(before);
  return width;
}
