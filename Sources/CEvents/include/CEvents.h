// What Swift's Glibc module leaves out: epoll, eventfd, ppoll and prctl.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

void events_name_thread(const char *name);

// Lets the calling thread's timers be as exact as the kernel can; by default they may be 50 us late.
void events_sharpen_timers(void);

#define EVENTS_FIRST 1
#define EVENTS_SECOND 2

// Sleeps until one of two descriptors is readable (the second writable too, if wanted), at most
// `nanoseconds`; for ever if that is negative. Returns which are. A negative descriptor is none.
int events_sleep(int first, int second, bool wants_room, int64_t nanoseconds);

// epoll_wait with a time-out in nanoseconds, for ever if that is negative. Returns how many events.
int events_await(int epoll, struct epoll_event *events, int room, int64_t nanoseconds);
/// How many columns of a terminal a character of Unicode takes: 0, 1 or 2; -1 for none that is shown.
int events_columns(unsigned int scalar);

