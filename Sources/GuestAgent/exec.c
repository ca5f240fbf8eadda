// Programs: started by vfork, fed and read by pipes, ended by signals and time-outs.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

extern char **environ;
enum { STUCK_SECONDS = 2, DEFAULT_WINDOW = 256 * 1024 };

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

// What a program expects to find, whoever starts it: no signal blocked or ignored.
void child_defaults(void) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (!is_init) {  // init needs no protection from the OOM killer
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "0", 1) == 1) close(fd);
  }
}

static const char *search_path(char **environment) {
  for (; *environment; environment++)
    if (!strncmp(*environment, "PATH=", 5)) return *environment + 5;
  return "/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin";
}

// As execvpe does, but that a file which is no program is an error, not a shell script.
static int execute(struct launch *launch) {
  const char *name = launch->arguments[0];
  int code = ENOENT;
  if (strchr(name, '/') || !*name) {
    execve(name, launch->arguments, launch->environment);
    return errno;
  }
  for (const char *at = search_path(launch->environment);; at++) {
    size_t length = strcspn(at, ":");
    char path[4096];
    if (length + strlen(name) + 2 <= sizeof path) {
      memcpy(path, at, length);
      path[length] = '/';
      strcpy(path + length + (length ? 1 : 0), name);
      execve(path, launch->arguments, launch->environment);
      if (errno != ENOENT && errno != ENOTDIR) code = errno;
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return code;
    }
    at += length;
    if (!*at) return code;
  }
}

static int fail(struct launch *launch, enum stage stage) {
  launch->stage = stage;
  return errno;
}

static int in_child(struct launch *launch) {
  setsid();
  for (int i = 0; i < 3; i++)
    if (dup2(launch->fds[i], i) < 0) return fail(launch, STAGE_START);
  if (launch->user && (setgroups(1, &launch->gid) || setgid(launch->gid) || setuid(launch->uid)))
    return fail(launch, STAGE_USER);
  if (launch->folder && chdir(launch->folder)) return fail(launch, STAGE_FOLDER);
  child_defaults();
  launch->stage = STAGE_START;
  return execute(launch);
}

static __attribute__((noinline)) pid_t spawn(struct launch *launch) {
  pid_t pid = vfork();
  if (pid == 0) {
    launch->code = in_child(launch);
    _exit(127);
  }
  if (pid < 0) {
    launch->code = errno;
    launch->stage = STAGE_START;
  }
  return pid;
}

// By name or number from /etc/passwd; a number that is not there has itself as group.
static bool find_user(struct launch *launch) {
  static char text[65536];
  const char *user = launch->user;
  char *rest, *end;
  unsigned long number = strtoul(user, &end, 10);
  bool numeric = *user && !*end;
  read_text("/etc/passwd", text, sizeof text);
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char *name = strsep(&line, ":"), *password = strsep(&line, ":");
    char *uid = strsep(&line, ":"), *gid = strsep(&line, ":");
    if (!password || !uid || !gid) continue;
    if (strcmp(name, user) && !(numeric && strtoul(uid, NULL, 10) == number)) continue;
    launch->uid = strtoul(uid, NULL, 10);
    launch->gid = strtoul(gid, NULL, 10);
    return true;
  }
  launch->uid = launch->gid = number;
  return numeric;
}

static bool overrides(const char *change, const char *entry) {
  size_t length = strcspn(change, "=");
  return !strncmp(change, entry, length) && entry[length] == '=';
}

// Reads the request into `launch`, with everything malloc'd; an errno, or 0.
static int parse(struct launch *launch, const uint8_t *body, size_t length) {
  const uint8_t *at = body, *end = body + length;
  struct field field;
  size_t arguments = 0, changes = 0, inherited = 0;
  while (environ[inherited]) inherited++;
  while (next_field(&at, end, &field))
    arguments += field.tag == FIELD_ARGUMENT, changes += field.tag == FIELD_ENVIRONMENT;
  if (at != end || !arguments) return EINVAL;
  launch->arguments = calloc(arguments + 1, sizeof(char *));
  launch->environment = calloc(inherited + changes + 1, sizeof(char *));
  if (!launch->arguments || !launch->environment) return ENOMEM;
  size_t argument = 0, variable = 0;
  for (size_t i = 0; i < inherited; i++)
    if (!(launch->environment[variable++] = strdup(environ[i]))) return ENOMEM;
  for (at = body; next_field(&at, end, &field);) {
    char **into = NULL;
    switch (field.tag) {
      case FIELD_ARGUMENT: into = &launch->arguments[argument++]; break;
      case FIELD_FOLDER: into = &launch->folder; break;
      case FIELD_USER: into = &launch->user; break;
      case FIELD_TIMEOUT: launch->timeout = field_number(&field); continue;
      case FIELD_FLAGS: launch->flags = field_number(&field); continue;
      case FIELD_WINDOW: launch->window = field_number(&field); continue;
      case FIELD_ENVIRONMENT: {
        char *change = field_text(&field);
        if (!change) return EINVAL;
        for (size_t i = 0; i < variable; i++)
          if (overrides(change, launch->environment[i])) {
            free(launch->environment[i]);
            launch->environment[i--] = launch->environment[--variable];
            launch->environment[variable] = NULL;
          }
        if (strchr(change, '='))
          launch->environment[variable++] = change;
        else
          free(change);
        continue;
      }
      default:
        if (field.tag & FIELD_OPTIONAL) continue;
        return ENOTSUP;
    }
    free(*into);
    if (!(*into = field_text(&field))) return EINVAL;
  }
  return 0;
}

static void release(struct launch *launch) {
  for (char **text = launch->arguments; text && *text; text++) free(*text);
  for (char **text = launch->environment; text && *text; text++) free(*text);
  free(launch->arguments);
  free(launch->environment);
  free(launch->folder);
  free(launch->user);
}

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
  int code = parse(&launch, body, length);
  if (code) {
    send_error(id, code, STAGE_PROTOCOL, "the request is malformed");
  } else if (launch.user && !find_user(&launch)) {
    send_error(id, ENOENT, STAGE_USER, launch.user);
  } else {
    struct request *request = request_add(id, KIND_EXEC);
    if (request) {
      request->started = now();
      if (!make_streams(request, &launch, null)) {
        launch.code = errno;
        launch.stage = STAGE_START;
      } else {
        request->pid = spawn(&launch);
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
  release(&launch);
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

void exec_signal(struct request *request, int number) {
  if (request->kind == KIND_EXEC && !request->exited && number >= 0 && number <= 64)
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
      kill(-request->pid, SIGKILL);
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
