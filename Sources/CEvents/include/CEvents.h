// What Swift's Glibc module leaves out: epoll, eventfd, ppoll and prctl.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

void events_name_thread(const char *name);

#define EVENTS_FIRST 1
#define EVENTS_SECOND 2

// Sleeps until one of two descriptors is readable (the second writable too, if wanted), at most
// `nanoseconds`; for ever if that is negative. Returns which are. A negative descriptor is none.
int events_sleep(int first, int second, bool wants_room, int64_t nanoseconds);
