#define _GNU_SOURCE
#include "CProcess.h"
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct message {
  int request;
  pid_t target;
  char path[PATH_MAX];
};

int guardian_send(int socket, enum guardian_request request, pid_t target, const char *path) {
  struct message message = {.request = request, .target = target};
  size_t length = path ? strlen(path) : 0;
  if (length >= sizeof message.path) return ENAMETOOLONG;
  if (path) memcpy(message.path, path, length);
  length += offsetof(struct message, path) + 1;
  ssize_t sent;
  do sent = send(socket, &message, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

int guardian_send_terminal(int socket, int terminal, const struct termios *mode) {
  struct message message = {.request = guardian_keep_terminal};
  memcpy(message.path, mode, sizeof *mode);
  struct iovec part = {&message, offsetof(struct message, path) + sizeof *mode};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr header = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &terminal, sizeof(int));
  ssize_t sent;
  do sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

// The guardian's own: one process has one set. It may allocate: glibc keeps malloc usable in the
// child of a process with threads.
static pid_t *targets;
static size_t target_count;
static char **directories;
static size_t directory_count;
static int terminal = -1;
static struct termios terminal_mode;

static void add_target(pid_t target) {
  pid_t *larger = realloc(targets, (target_count + 1) * sizeof *targets);
  if (!larger) return;
  targets = larger;
  targets[target_count++] = target;
}

static void remove_target(pid_t target) {
  for (size_t i = 0; i < target_count; i++)
    if (targets[i] == target) targets[i--] = targets[--target_count];
}

static void add_directory(const char *path) {
  char **larger = realloc(directories, (directory_count + 1) * sizeof *directories);
  if (!larger) return;
  directories = larger;
  if ((directories[directory_count] = strdup(path))) directory_count++;
}

static void remove_directory(const char *path) {
  for (size_t i = 0; i < directory_count; i++) {
    if (strcmp(directories[i], path) != 0) continue;
    free(directories[i]);
    directories[i--] = directories[--directory_count];
  }
}

/// Whether `entry` of /proc is a process that is listed, by itself or by its group, and runs. One
/// that is dead and waits for its new parent to reap it does not: that parent may take its time.
static bool is_running_target(const char *entry) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", entry);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  char *rest = strrchr(text, ')');  // the name before may hold anything (proc(5))
  char state;
  pid_t parent, group;
  if (!rest || sscanf(rest + 1, " %c %d %d", &state, &parent, &group) != 3) return false;
  if (state == 'Z' || state == 'X') return false;
  for (size_t i = 0; i < target_count; i++)
    if (targets[i] == -group || targets[i] == atoi(entry)) return true;
  return false;
}

static bool any_target_runs(void) {
  DIR *processes = opendir("/proc");
  if (!processes) return false;
  bool found = false;
  struct dirent *entry;
  while (!found && (entry = readdir(processes)))
    found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_running_target(entry->d_name);
  closedir(processes);
  return found;
}

/// Kills what is listed and waits until it is gone, since it may still write to the directories:
/// two seconds at most, for what hangs in the kernel cannot be helped.
static void kill_targets(void) {
  for (int round = 0; round < 1000; round++) {
    for (size_t i = 0; i < target_count; i++)
      if (kill(targets[i], SIGKILL) != 0) targets[i--] = targets[--target_count];
    if (target_count == 0 || !any_target_runs()) return;
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  }
}

static void forget_terminal(void) {
  if (terminal >= 0) close(terminal);
  terminal = -1;
}

static void keep_terminal(struct msghdr *header, const struct message *message) {
  struct cmsghdr *rights = CMSG_FIRSTHDR(header);
  if (!rights || rights->cmsg_type != SCM_RIGHTS) return;
  forget_terminal();
  memcpy(&terminal, CMSG_DATA(rights), sizeof(int));
  memcpy(&terminal_mode, message->path, sizeof terminal_mode);
}

static _Noreturn void guard(int socket) {
  struct message message;
  for (;;) {
    struct iovec part = {&message, sizeof message - 1};
    union {
      struct cmsghdr header;
      char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control};
    ssize_t count = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    ((char *)&message)[count] = 0;
    switch (message.request) {
    case guardian_add_target: add_target(message.target); break;
    case guardian_remove_target: remove_target(message.target); break;
    case guardian_add_directory: add_directory(message.path); break;
    case guardian_remove_directory: remove_directory(message.path); break;
    case guardian_keep_terminal: keep_terminal(&header, &message); break;
    case guardian_forget_terminal: forget_terminal(); break;
    }
  }
  // It is not the guardian's controlling terminal, so nothing stops it for this (tty_check_change of
  // Linux).
  if (terminal >= 0) tcsetattr(terminal, TCSANOW, &terminal_mode);
  kill_targets();
  for (size_t i = 0; i < directory_count; i++) process_remove_tree(directories[i]);
  _exit(0);
}

pid_t guardian_start(int socket, int ours) {
  sigset_t before;
  process_block_signals(&before);
  pid_t pid = fork();
  if (pid != 0) {
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -error : pid;
  }
  close(ours);
  setsid();  // no terminal's keys, and no signal to the run's group, reach it
  prctl(PR_SET_NAME, "vmscript-guard");
  if (socket < 3) socket = fcntl(socket, F_DUPFD, 3);
  int null = open("/dev/null", O_RDWR);
  for (int number = 0; number < 3; number++) dup2(null, number);
  dup2(socket, 3);
  process_close_from(4, -1);
  if (chdir("/") != 0) _exit(1);  // it holds no file system busy
  process_reset_signals();
  static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  guard(3);
}
