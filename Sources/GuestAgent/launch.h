#pragma once
#include "agent.h"

struct launch {
  char **arguments, **environment, *folder, *user;
  uint32_t flags, window;
  uint64_t timeout;  // milliseconds, 0 is none
  uid_t uid;
  gid_t gid;
  int fds[3];
  volatile int code;  // the child's errno: vfork shares memory
  volatile enum stage stage;
};

int launch_parse(struct launch *launch, const uint8_t *body, size_t length);  // an errno, or 0
bool launch_find_user(struct launch *launch);
pid_t launch_spawn(struct launch *launch);  // `code` says whether it went well
void launch_release(struct launch *launch);
