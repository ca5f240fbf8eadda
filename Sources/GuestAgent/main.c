// The agent: init of vmscript's default guest, or a program in another:
// vmscript-agent [--detach] [--replace] [PORT].
// docs/agent.md says what it speaks.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

bool is_init;
bool has_timer = true;
uint64_t init_began;
static bool has_children = true;

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

uint64_t uptime(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void reap(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    has_children = !(pid < 0 && errno == ECHILD);
    if (pid <= 0) return;
    if (!shell_reaped(pid)) exec_reaped(pid, status);
  }
}

// busybox's poweroff, reboot and halt tell init by these signals.
static void handle_signals(int fd) {
  struct signalfd_siginfo info;
  while (read(fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) continue;
    if (!is_init) _exit(0);
    if (info.ssi_signo == SIGUSR2) power_request(POWER_OFF);
    if (info.ssi_signo == SIGTERM) power_request(POWER_REBOOT);
    if (info.ssi_signo == SIGUSR1) power_request(POWER_HALT);
  }
  reap();
}

static int open_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  if (is_init) sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// What each entry of the poll list stands for.
struct source {
  struct request *request;
  int output;  // 0, 1: that output; -1: the input; -2: a file or a drained exit, always ready
};
static struct pollfd polls[2 + 3 * MAX_REQUESTS];
static struct source sources[2 + 3 * MAX_REQUESTS];
static size_t poll_count;

static void add(int fd, short events, struct request *request, int output) {
  polls[poll_count] = (struct pollfd){.fd = fd, .events = events};
  sources[poll_count++] = (struct source){request, output};
}

// True if something can be done at once.
static bool list_requests(void) {
  bool ready = false, room = port_has_room();
  for (size_t i = 0; i < request_count; i++) {
    struct request *request = requests[i];
    if (request->kind != KIND_EXEC && room && request->file_credit > 0) {
      add(-1, 0, request, -2);
      ready = true;
    }
    if (request->kind != KIND_EXEC) continue;
    if (request->input >= 0 && request->queue_end > 0) add(request->input, POLLOUT, request, -1);
    for (int n = 0; n < 2; n++) {
      struct output *output = &request->output[n];
      if (output->fd < 0 || !room) continue;
      if (request->exited && output->remains > 0) {
        add(-1, 0, request, n);
        ready = true;
      } else if (!request->exited && output->credit > 0) {
        add(output->fd, POLLIN, request, n);
      }
    }
  }
  return ready;
}

static void serve(const struct source *source, short events) {
  // An earlier source of this round may have ended the request.
  bool lives = false;
  for (size_t i = 0; i < request_count && !lives; i++) lives = requests[i] == source->request;
  if (!lives) return;
  if (source->output == -2 && source->request->kind == KIND_LIST)
    list_read(source->request);
  else if (source->output == -2)
    get_read(source->request);
  else if (source->output == -1)
    exec_write(source->request);
  else if (events || source->request->exited)
    exec_read(source->request, source->output);
}

static int milliseconds(uint64_t deadline, uint64_t time) {
  if (deadline == NEVER) return -1;
  if (deadline <= time) return 0;
  uint64_t left = (deadline - time + 999999) / 1000000;
  return left > 1000000 ? 1000000 : left;
}

static void run(int port, int signals) {
  bool connected = true;
  uint64_t retry = NEVER;
  for (;;) {
    uint64_t time = now(), next = exec_deadlines(time), power;
    if (connected) port_flush();
    power = power_step(time, has_children);
    if (connected) port_flush();
    if (power < next) next = power;
    if (retry < next) next = retry;
    poll_count = 0;
    add(signals, POLLIN, NULL, 0);
    short events = (port_wants_input() ? POLLIN : 0) | (port_has_output() ? POLLOUT : 0);
    add(connected ? port : -1, events, NULL, 0);
    bool ready = list_requests();
    poll(polls, poll_count, ready ? 0 : milliseconds(next, time));
    size_t count = poll_count;
    for (size_t i = 2; i < count; i++)
      if (sources[i].output < -1 || polls[i].revents || polls[i].fd < 0)
        serve(&sources[i], polls[i].revents);
    if (connected && polls[1].revents & (POLLIN | POLLHUP)) {
      bool there = port_read();
      if (!there || polls[1].revents & POLLHUP) {
        // The host closed its end. A port has no event for its return: look now and then.
        connected = false;
        port_drop();
        requests_abandon();
        retry = now() + 20000000;
      }
    } else if (!connected && now() >= retry) {
      struct pollfd look = {.fd = port, .events = POLLOUT};
      retry = now() + 250000000;
      if (poll(&look, 1, 0) == 1 && !(look.revents & POLLHUP)) {
        connected = true;
        retry = NEVER;
        session = 0;
        send_hello();
      }
    }
    if (polls[0].revents) handle_signals(signals);
  }
}

int main(int count, char **arguments) {
  const char *path = NULL;
  bool detaches = false, replaces = false;
  is_init = getpid() == 1;
  if (is_init) init_began = uptime();
  for (int i = 1; i < count && !is_init; i++) {
    if (!strcmp(arguments[i], "--detach"))
      detaches = true;
    else if (!strcmp(arguments[i], "--replace"))
      replaces = true;
    else
      path = arguments[i];
  }
  if (is_init)
    boot();
  else
    settle();
  int port = open_port(path, replaces);
  if (port < 0 && !is_init) {
    say(path ? path : "org.vmscript.agent", strerror(errno));
    return 1;
  }
  if (detaches) detach();
  int signals = open_signals();
  port_use(port);
  if (is_init) {
    shell_prepare();
    has_timer = timer_fires();
  }
  if (port >= 0) send_hello();
  run(port, signals);
}
