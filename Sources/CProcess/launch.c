#define _GNU_SOURCE
#include "CProcess.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct failure {
  int stage;
  int error;
};

static _Noreturn void fail(int report, int stage) {
  struct failure failure = {stage, errno};
  ssize_t written = write(report, &failure, sizeof failure);
  (void)written;  // the parent is gone then
  _exit(127);
}

/// The child between fork and exec: async-signal-safe calls only, all signals blocked.
static _Noreturn void become(const struct process_plan *plan, int report, pid_t parent) {
  int count = plan->descriptor_count;
  if (plan->own_group && setpgid(0, 0) != 0) fail(report, process_stage_group);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(report, process_stage_group);
  if (getppid() != parent) _exit(127);  // it died before the prctl

  // The guardian knows of this child before it can do anything, and until then does not see the
  // end of its socket, of which this child holds a copy: so no death of the parent is too early.
  pid_t target = plan->own_group ? -getpid() : getpid();
  errno = guardian_send(plan->guardian, guardian_add_target, target, NULL);
  if (errno != 0) fail(report, process_stage_guardian);
  close(plan->guardian);

  // First all sources above the range of targets, then each into its place: none overwrites another.
  int above = fcntl(report, F_DUPFD_CLOEXEC, count);
  if (above < 0) fail(report, process_stage_descriptors);
  report = above;
  int *sources = (int *)plan->descriptors;  // this process's own copy
  for (int i = 0; i < count; i++) {
    if (sources[i] >= count) continue;
    sources[i] = fcntl(sources[i], F_DUPFD_CLOEXEC, count);
    if (sources[i] < 0) fail(report, process_stage_descriptors);
  }
  for (int i = 0; i < count; i++)
    if (dup2(sources[i], i) < 0) fail(report, process_stage_descriptors);
  process_close_from(count, report);

  if (plan->directory && chdir(plan->directory) != 0) fail(report, process_stage_directory);
  if (process_descriptor_limit_changed) setrlimit(RLIMIT_NOFILE, &process_descriptor_limit);
  process_reset_signals();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(plan->path, plan->arguments, plan->environment);
  fail(report, process_stage_exec);
}

struct waiter {
  pid_t pid;
  int notice;
};

static void *await_end(void *argument) {
  struct waiter waiter = *(struct waiter *)argument;
  free(argument);
  siginfo_t info;
  // WNOWAIT leaves the child unreaped, so that its pid and group stay ours to signal.
  while (waitid(P_PID, waiter.pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  eventfd_write(waiter.notice, 1);
  close(waiter.notice);
  return NULL;
}

/// For hosts whose seccomp filter refuses pidfd_open: an eventfd set by a thread that waits.
/// Returns the eventfd, or -1.
static int notice_by_thread(pid_t pid) {
  int notice = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (notice < 0) return -1;
  struct waiter *waiter = malloc(sizeof *waiter);
  *waiter = (struct waiter){pid, fcntl(notice, F_DUPFD_CLOEXEC, 3)};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  sigset_t before;
  process_block_signals(&before);  // the thread inherits the mask
  pthread_t thread;
  int error = waiter->notice < 0 ? errno : pthread_create(&thread, &attributes, await_end, waiter);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (error == 0) return notice;
  if (waiter->notice >= 0) close(waiter->notice);
  free(waiter);
  close(notice);
  errno = error;
  return -1;
}

static void undo(const struct process_plan *plan, pid_t pid) {
  pid_t target = plan->own_group ? -pid : pid;
  kill(target, SIGKILL);
  guardian_send(plan->guardian, guardian_remove_target, target, NULL);
  process_reap(pid);
}

void process_launch(const struct process_plan *plan, struct process_birth *birth) {
  *birth = (struct process_birth){-1, -1, process_stage_none, 0};
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    birth->stage = process_stage_descriptors;
    birth->error = errno;
    return;
  }
  pid_t parent = getpid();
  sigset_t before;
  process_block_signals(&before);
  pid_t pid = fork();
  if (pid == 0) {
    close(report[0]);
    become(plan, report[1], parent);
  }
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (pid < 0) {
    close(report[0]);
    birth->stage = process_stage_fork;
    birth->error = error;
    return;
  }

  // Ends when exec has closed the child's copy.
  struct failure failure;
  ssize_t count;
  do count = read(report[0], &failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  close(report[0]);
  if (count == sizeof failure) {
    undo(plan, pid);
    birth->stage = failure.stage;
    birth->error = failure.error;
    return;
  }

  int notice = plan->use_pidfd ? pidfd_open(pid, 0) : -1;
  if (notice < 0) notice = notice_by_thread(pid);
  if (notice < 0) {
    birth->stage = process_stage_notice;
    birth->error = errno;
    undo(plan, pid);
    return;
  }
  birth->pid = pid;
  birth->notice = notice;
}

int process_reap(pid_t pid) {
  int status;
  pid_t reaped;
  do reaped = waitpid(pid, &status, 0);
  while (reaped < 0 && errno == EINTR);
  if (reaped != pid) return 256;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
