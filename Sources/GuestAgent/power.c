// The console's shell, and the guest's end: let commands report their exit, end everything, tell
// the host and hear that it has read so, then power off.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "agent.h"

enum { MILLISECOND = 1000000 };
enum {
  SETTLE = 100 * MILLISECOND,       // for the command that asked for the end to report its exit
  TERMINATE = 500 * MILLISECOND,    // between SIGTERM and SIGKILL
  KILL = 500 * MILLISECOND,         // and to give up
};
static const uint64_t farewell_wait = 2000ull * MILLISECOND;

static enum { RUNNING, SETTLING, TERMINATING, KILLING, LEAVING } state;
static enum power way;
static uint64_t state_deadline = NEVER;
static bool farewell;
#define SHELL_DELAY (200ull * MILLISECOND)
static pid_t shell = -1;
static uint64_t shell_started, shell_due = NEVER;

// The console's terminal: /dev/console itself gives no job control.
static char tty[300];

static void shell_child(void) {
  setsid();
  int fd = open(tty, O_RDWR);
  if (fd < 0) _exit(1);
  ioctl(fd, TIOCSCTTY, 1);
  for (int i = 0; i < 3; i++) dup2(fd, i);
  if (fd > 2) close(fd);
  child_defaults();
  char *arguments[] = {"-sh", NULL};
  if (chdir("/root")) _exit(1);
  execv("/bin/sh", arguments);
  _exit(1);
}

// Holds the terminal open, so that what is typed before the shell is there waits for it. The shell
// itself comes a little later, out of the way of the first command.
void shell_prepare(void) {
  char consoles[256];
  read_text("/sys/class/tty/console/active", consoles, sizeof consoles);
  if (!consoles[0]) return;
  char *last = strrchr(consoles, ' ');
  strcpy(tty, "/dev/");
  strcat(tty, last ? last + 1 : consoles);
  if (open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) < 0) say(tty, strerror(errno));
  shell_due = now() + SHELL_DELAY;
}

static void shell_start(void) {
  shell_started = now();
  shell_due = NEVER;
  shell = fork();
  if (shell == 0) shell_child();
}

bool shell_reaped(pid_t pid) {
  if (pid != shell) return false;
  shell = -1;
  // One that ends at once (no such terminal) must not be started in a busy loop.
  shell_due = now() + (now() - shell_started < 1000ull * MILLISECOND ? 1000ull * MILLISECOND : 0);
  return true;
}

static void enter(int next, uint64_t wait) {
  state = next;
  state_deadline = now() + wait;
}

void power_request(enum power power) {
  if (state != RUNNING) return;
  way = power;
  if (is_init) {
    // Before the exit of the command that asked for it: who waits for the agent then shall not find
    // the one that goes.
    uint32_t body = power;
    send_frame(FRAME_GOING, 0, 0, &body, 4);
    return enter(SETTLING, SETTLE);
  }
  // On somebody else's system: by its own means.
  char *programs[] = {"poweroff", "reboot", "halt"};
  char *arguments[] = {programs[power], NULL};
  if (fork() == 0) {
    child_defaults();
    execvp(arguments[0], arguments);
    _exit(127);
  }
}

void power_farewell(void) { farewell = true; }
bool power_is_leaving(void) { return state != RUNNING; }

static void leave(void) {
  static const int how[] = {RB_POWER_OFF, RB_AUTOBOOT, RB_HALT_SYSTEM};
  sync();
  reboot(how[way]);
  say("reboot", "refused by the kernel");
  for (;;) pause();
}

uint64_t power_step(uint64_t time, bool has_children) {
  bool due = time >= state_deadline;
  if (state == RUNNING) {
    if (time >= shell_due) shell_start();
    return shell_due;
  }
  if (state == SETTLING && (due || !exec_running())) {
    // An interactive shell ignores SIGTERM.
    if (shell > 0) kill(-shell, SIGKILL);
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    enter(TERMINATING, TERMINATE);
  }
  if (state == TERMINATING && time >= state_deadline) {
    kill(-1, SIGKILL);
    enter(KILLING, KILL);
  }
  if ((state == TERMINATING || state == KILLING) && (!has_children || time >= state_deadline)) {
    uint32_t body = way;
    send_frame(FRAME_LEAVING, 0, 0, &body, 4);
    enter(LEAVING, farewell_wait);
  }
  if (state == LEAVING && (farewell || time >= state_deadline || !port_is_open())) leave();
  return state_deadline;
}
