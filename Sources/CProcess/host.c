#define _GNU_SOURCE
#include "CProcess.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

struct rlimit process_descriptor_limit;
bool process_descriptor_limit_changed;

void process_prepare(void) {
  struct sigaction action;
  // An ignored SIGCHLD, which a parent may leave behind, makes the kernel reap children by itself
  // (wait(2)): their exit status would be lost and their pids be free for others.
  sigaction(SIGCHLD, NULL, &action);
  if (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT)) signal(SIGCHLD, SIG_DFL);
  sigaction(SIGPIPE, NULL, &action);
  if (action.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);

  if (process_descriptor_limit_changed) return;
  if (getrlimit(RLIMIT_NOFILE, &process_descriptor_limit) != 0) return;
  struct rlimit raised = process_descriptor_limit;
  raised.rlim_cur = raised.rlim_max < 65536 ? raised.rlim_max : 65536;
  if (raised.rlim_cur <= process_descriptor_limit.rlim_cur) return;
  process_descriptor_limit_changed = setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

char *const *process_environment(void) { return environ; }

int process_pipe(int numbers[2]) { return pipe2(numbers, O_CLOEXEC) == 0 ? 0 : errno; }

void process_close_from(int first, int keep) {
  if (keep < first) keep = first - 1;
  bool done = (keep <= first || close_range(first, keep - 1, 0) == 0) &&
              close_range(keep + 1, ~0U, 0) == 0;
  if (done) return;
  // Linux before 5.9, or a filter that refuses it.
  struct rlimit limit;
  rlim_t end = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 65536;
  if (end > 1048576) end = 1048576;
  for (int number = first; number < (int)end; number++)
    if (number != keep) close(number);
}

void process_reset_signals(void) {
  // The system call itself: glibc refuses signals 32 and 33, which it uses between threads, and
  // they too may have been ignored by whoever started us. All zero is SIG_DFL (rt_sigaction(2)).
  unsigned long action[4] = {0};
  for (int number = 1; number <= 64; number++)
    syscall(SYS_rt_sigaction, number, action, NULL, sizeof(long));
}

void process_block_signals(sigset_t *before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, before);
}

static int caught;

static void catch(int number) {
  int error = errno;
  unsigned char byte = number;
  ssize_t written = write(caught, &byte, 1);
  (void)written;  // full: the supervisor has plenty to read already
  errno = error;
}

static void install(int number) {
  struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};
  sigfillset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

void signals_catch(const int *signals, int count, int descriptor) {
  caught = descriptor;
  // A careless parent may have left them blocked (a blocked mask is inherited); it is enough that
  // this one thread takes them.
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  for (int i = 0; i < count; i++) {
    struct sigaction action;
    sigaction(signals[i], NULL, &action);
    bool always = signals[i] == SIGTERM || signals[i] == SIGCONT;
    if (always || action.sa_handler != SIG_IGN) install(signals[i]);
  }
}

void signals_add(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  install(number);
}

void signals_stop(void) {
  // SIGTSTP and not SIGSTOP: the kernel discards it in an orphaned process group, where nobody
  // could continue us (signal(7)). Sent to this thread, it has stopped us before the call returns.
  struct sigaction before, action = {.sa_handler = SIG_DFL};
  sigaction(SIGTSTP, &action, &before);
  sigset_t set, mask;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &set, &mask);
  pthread_kill(pthread_self(), SIGTSTP);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  sigaction(SIGTSTP, &before, NULL);
}
