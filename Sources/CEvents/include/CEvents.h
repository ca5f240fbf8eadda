// What Swift's Glibc module leaves out: epoll, eventfd and prctl.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline void events_name_thread(const char *name) { prctl(PR_SET_NAME, name); }
