// The agent as a program in somebody else's system: what it makes of its surroundings, and how it
// leaves who started it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

static bool write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;
  if (fd >= 0) close(fd);
  return done;
}

// A service's surroundings are not those of a person who logs in: programs run as from init's shell.
void settle(void) {
  static const char *const service[] = {"NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM",
                                        "SYSTEMD_EXEC_PID", "LISTEN_FDS", "LISTEN_PID",
                                        "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"};
  for (size_t i = 0; i < sizeof service / sizeof *service; i++) unsetenv(service[i]);
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
  setenv("HOME", "/root", 0);
  setenv("USER", "root", 0);
  setenv("LOGNAME", "root", 0);
  setenv("SHELL", "/bin/sh", 0);
  setenv("TERM", "linux", 0);
  umask(022);
  if (chdir("/")) say("/", strerror(errno));
  if (!write_text("/proc/self/oom_score_adj", "-1000")) say("oom_score_adj", strerror(errno));
}

// Ends other agents: they hold the port. Only such as were made by this project are named so.
void replace_others(void) {
  DIR *folder = opendir("/proc");
  struct dirent *entry;
  while (folder && (entry = readdir(folder))) {
    char path[300] = "/proc/", program[400];
    pid_t pid = atoi(entry->d_name);
    if (pid <= 1 || pid == getpid()) continue;
    ssize_t length = readlink(strcat(strcat(path, entry->d_name), "/exe"), program, 399);
    if (length <= 0) continue;
    program[length] = 0;
    char *name = strrchr(program, '/');
    if (name && !strncmp(name + 1, "vmscript-agent", 14)) kill(pid, SIGKILL);
  }
  if (folder) closedir(folder);
}

// Goes on in a process of its own, with its file removed. Out of the service's control group, which
// is ended with the service: a command may well restart that.
void detach(void) {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  pid_t child = fork();
  if (child > 0) _exit(0);
  if (child < 0) {
    say("fork", strerror(errno));
    _exit(1);
  }
  setsid();
  if (length > 0) {
    path[length] = 0;
    unlink(path);
  }
  if (!write_text("/sys/fs/cgroup/cgroup.procs", "0")) {
    write_text("/sys/fs/cgroup/systemd/cgroup.procs", "0");
    write_text("/sys/fs/cgroup/unified/cgroup.procs", "0");
  }
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(null, i);
  if (null > 2) close(null);
}
