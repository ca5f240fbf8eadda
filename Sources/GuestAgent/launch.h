#pragma once
#include "agent.h"

enum { MAX_GROUPS = 256, MAX_SURROUNDINGS = 4 };
struct user {
  uid_t uid;
  gid_t groups[MAX_GROUPS];  // the first is the primary one
  size_t group_count;
  char *surroundings[MAX_SURROUNDINGS];  // HOME=…, USER=…, LOGNAME=…, SHELL=…
};
struct user *user_find(const char *name);  // malloc; NULL if there is none
void user_release(struct user *user);

struct launch {
  char **arguments, **environment, *folder, *user;
  uint32_t flags, window;
  uint64_t timeout;  // milliseconds, 0 is none
  struct user *found;  // who `user` is
  int fds[3];
  volatile int code;  // the child's errno: vfork shares memory
  volatile enum stage stage;
};

int launch_parse(struct launch *launch, const uint8_t *body, size_t length);  // an errno, or 0
pid_t launch_spawn(struct launch *launch);  // `code` says whether it went well
void launch_release(struct launch *launch);
