// What Swift's Glibc module leaves out: epoll, eventfd, ppoll and prctl.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

void events_name_thread(const char *name);

// Sleeps until `descriptor` is readable, at most `nanoseconds`; for ever if that is negative.
void events_sleep(int descriptor, int64_t nanoseconds);
