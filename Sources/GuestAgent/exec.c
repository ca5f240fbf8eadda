// Programs under way: fed and read by pipes, ended by signals and time-outs.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"

enum { STUCK_SECONDS = 2, DEFAULT_WINDOW = 256 * 1024 };

// A pipe whose end `mine` (0 or 1) stays here, not blocking; the other goes to the child.
static bool make_pipe(int mine, int *own, int *childs) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return false;
  fcntl(ends[mine], F_SETFL, O_NONBLOCK);
  *own = ends[mine];
  *childs = ends[1 - mine];
  return true;
}

static bool make_streams(struct request *request, struct launch *launch, int null) {
  uint32_t flags = launch->flags;
  launch->fds[0] = launch->fds[1] = launch->fds[2] = null;
  if (flags & EXEC_INPUT && !make_pipe(1, &request->input, &launch->fds[0])) return false;
  if (!(flags & EXEC_NO_OUTPUT) && !make_pipe(0, &request->output[0].fd, &launch->fds[1]))
    return false;
  if (flags & EXEC_MERGE) launch->fds[2] = launch->fds[1];
  if (!(flags & (EXEC_NO_ERROR | EXEC_MERGE)) &&
      !make_pipe(0, &request->output[1].fd, &launch->fds[2]))
    return false;
  return true;
}

void exec_start(uint32_t id, const uint8_t *body, size_t length) {
  static int null = -1;
  struct launch launch = {.window = DEFAULT_WINDOW};
  if (null < 0) null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int code = launch_parse(&launch, body, length);
  if (code) {
    send_error(id, code, STAGE_PROTOCOL, "the request is malformed");
  } else if (launch.user && !launch.found) {
    send_error(id, ENOENT, STAGE_USER, launch.user);
  } else {
    struct request *request = request_add(id, KIND_EXEC);
    if (request) {
      request->started = now();
      if (!make_streams(request, &launch, null)) {
        launch.code = errno;
        launch.stage = STAGE_START;
      } else {
        request->pid = launch_spawn(&launch);
      }
      for (int i = 0; i < 3; i++)
        if (launch.fds[i] != null && !(i == 2 && launch.fds[2] == launch.fds[1]))
          close(launch.fds[i]);
      request->output[0].credit = request->output[1].credit = launch.window;
      if (launch.timeout) request->deadline = request->started + launch.timeout * 1000000;
      if (launch.code) {
        if (request->pid > 0) waitpid(request->pid, NULL, 0);
        const char *text = launch.stage == STAGE_FOLDER ? launch.folder : launch.arguments[0];
        send_error(id, launch.code, launch.stage,
                   launch.stage == STAGE_USER ? launch.user : text);
        request_end(request);
      } else if (launch.flags & EXEC_REPORT_START) {
        send_frame(FRAME_STARTED, id, 0, &request->pid, 4);
      }
    }
  }
  launch_release(&launch);
}

void exec_input(struct request *request, const uint8_t *bytes, size_t length) {
  uint32_t credit = length;
  if (request->input < 0)  // the program closed it: let the host's writer go on
    return send_frame(FRAME_CREDIT, request->id, STREAM_INPUT, &credit, 4);
  if (!request->queue && !(request->queue = malloc(INPUT_WINDOW))) length = SIZE_MAX;
  if (request->queue_end - request->queue_start + length > INPUT_WINDOW || length == SIZE_MAX) {
    close(request->input);
    request->input = -1;
    return;
  }
  if (request->queue_end + length > INPUT_WINDOW) {
    request->queue_end -= request->queue_start;
    memmove(request->queue, request->queue + request->queue_start, request->queue_end);
    request->queue_start = 0;
  }
  memcpy(request->queue + request->queue_end, bytes, length);
  request->queue_end += length;
  exec_write(request);
}

void exec_write(struct request *request) {
  uint32_t credit = 0;
  bool broken = false;
  while (request->input >= 0 && request->queue_end > request->queue_start && !broken) {
    ssize_t count = write(request->input, request->queue + request->queue_start,
                          request->queue_end - request->queue_start);
    if (count < 0 && errno == EAGAIN) break;
    broken = count < 0;
    if (broken) count = request->queue_end - request->queue_start;
    request->queue_start += count;
    credit += count;
  }
  if (request->queue_start == request->queue_end) request->queue_start = request->queue_end = 0;
  if (request->input >= 0 && (broken || (request->queue_closed && !request->queue_end))) {
    close(request->input);
    request->input = -1;
  }
  if (credit) send_frame(FRAME_CREDIT, request->id, STREAM_INPUT, &credit, 4);
}

static void finish_if_drained(struct request *request) {
  if (!request->exited || request->output[0].remains > 0 || request->output[1].remains > 0) return;
  struct exit_body body = {.signalled = WIFSIGNALED(request->status),
                           .code = WIFSIGNALED(request->status) ? WTERMSIG(request->status)
                                                                : WEXITSTATUS(request->status),
                           .timed_out = request->timed_out,
                           .nanoseconds = request->ended - request->started};
  send_frame(FRAME_EXIT, request->id, 0, &body, sizeof body);
  request_end(request);
}

// After the exit only what was in the pipe then is read, be there credit for it or not: another
// process may hold the pipe and fill it for ever, and a host that does not read must learn of the
// exit all the same.
void exec_read(struct request *request, int index) {
  struct output *output = &request->output[index];
  int64_t limit = request->exited ? output->remains : output->credit;
  if (limit > CHUNK) limit = CHUNK;
  uint8_t *buffer = output->fd >= 0 && limit > 0 && port_has_room() ? data_buffer() : NULL;
  if (buffer) {
    ssize_t count = read(output->fd, buffer, limit);
    if (count > 0) {
      send_data(request->id, STREAM_OUTPUT + index, count);
      output->credit -= count;
      if (request->exited) output->remains -= count;
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      close(output->fd);
      output->fd = -1;
      output->remains = 0;
    } else if (request->exited) {
      output->remains = 0;
    }
  }
  finish_if_drained(request);
}

void exec_reaped(pid_t pid, int status) {
  for (size_t i = 0; i < request_count; i++) {
    struct request *request = requests[i];
    if (request->kind != KIND_EXEC || request->pid != pid || request->exited) continue;
    request->exited = true;
    request->ended = now();
    request->status = status;
    request->deadline = NEVER;
    for (int n = 0; n < 2; n++) {
      int count = 0;
      if (request->output[n].fd >= 0) ioctl(request->output[n].fd, FIONREAD, &count);
      request->output[n].remains = count;
    }
    return finish_if_drained(request);
  }
}

// A shell with job control gives each of its jobs a process group: all groups of the session go. Two
// rounds, since a program may make one in the middle of the first; one that makes a session of its
// own, as a daemon does, is let go.
static void kill_session(pid_t leader) {
  kill(-leader, SIGKILL);
  for (int round = 0; round < 2; round++) {
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
      pid_t pid = atoi(entry->d_name);
      if (pid <= 1 || pid == leader || getsid(pid) != leader) continue;
      pid_t group = getpgid(pid);
      if (group > 1 && group != leader) kill(-group, SIGKILL);
    }
    if (folder) closedir(folder);
  }
}

void exec_signal(struct request *request, int number) {
  if (request->exited || number < 0 || number > 64) return;
  if (number == SIGKILL)
    kill_session(request->pid);
  else
    kill(-request->pid, number);
}

uint64_t exec_deadlines(uint64_t time) {
  uint64_t next = NEVER;
  for (size_t i = 0; i < request_count; i++) {
    struct request *request = requests[i];
    if (request->deadline <= time && request->timed_out) {
      send_error(request->id, ETIMEDOUT, STAGE_STUCK, "killed, and it does not die");
      request_end(request);
      i--;
      continue;
    }
    if (request->deadline <= time) {
      request->timed_out = true;
      request->deadline = time + STUCK_SECONDS * 1000000000ull;
      exec_signal(request, SIGKILL);
    }
    if (request->deadline < next) next = request->deadline;
  }
  return next;
}

size_t exec_running(void) {
  size_t count = 0;
  for (size_t i = 0; i < request_count; i++) count += requests[i]->kind == KIND_EXEC;
  return count;
}
