// What an exec request asks for, and the child that does it.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

extern char **environ;

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

__attribute__((noinline)) pid_t launch_spawn(struct launch *launch) {
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
bool launch_find_user(struct launch *launch) {
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
int launch_parse(struct launch *launch, const uint8_t *body, size_t length) {
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

void launch_release(struct launch *launch) {
  for (char **text = launch->arguments; text && *text; text++) free(*text);
  for (char **text = launch->environment; text && *text; text++) free(*text);
  free(launch->arguments);
  free(launch->environment);
  free(launch->folder);
  free(launch->user);
}
