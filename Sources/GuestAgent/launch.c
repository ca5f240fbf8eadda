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
  const struct user *user = launch->found;
  if (user && (setgroups(user->group_count, user->groups) || setgid(user->groups[0]) ||
               setuid(user->uid)))
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

static bool overrides(const char *change, const char *entry) {
  size_t length = strcspn(change, "=");
  return !strncmp(change, entry, length) && entry[length] == '=';
}

// Puts "NAME=value" into the environment, or takes "NAME" out of it. Takes `change`, which is
// malloc'd; the array has room for it.
static void change_environment(char **environment, char *change) {
  size_t count = 0;
  while (environment[count]) count++;
  for (size_t i = 0; i < count; i++)
    if (overrides(change, environment[i])) {
      free(environment[i]);
      environment[i--] = environment[--count];
      environment[count] = NULL;
    }
  if (strchr(change, '=')) {
    environment[count] = change;
    environment[count + 1] = NULL;
  } else {
    free(change);
  }
}

// What every field but those of the environment says.
static int parse_fields(struct launch *launch, const uint8_t *body, const uint8_t *end) {
  struct field field;
  size_t argument = 0;
  for (const uint8_t *at = body; next_field(&at, end, &field);) {
    char **into = NULL;
    switch (field.tag) {
      case FIELD_ARGUMENT: into = &launch->arguments[argument++]; break;
      case FIELD_FOLDER: into = &launch->folder; break;
      case FIELD_USER: into = &launch->user; break;
      case FIELD_TIMEOUT: launch->timeout = field_number(&field); continue;
      case FIELD_FLAGS: launch->flags = field_number(&field); continue;
      case FIELD_WINDOW: launch->window = field_number(&field); continue;
      case FIELD_ENVIRONMENT: continue;
      default:
        if (field.tag & FIELD_OPTIONAL) continue;
        return ENOTSUP;
    }
    free(*into);
    if (!(*into = field_text(&field))) return EINVAL;
  }
  return 0;
}

// Reads the request into `launch`, with everything malloc'd; an errno, or 0. A user that is not known
// leaves `found` empty.
int launch_parse(struct launch *launch, const uint8_t *body, size_t length) {
  const uint8_t *at = body, *end = body + length;
  struct field field;
  size_t arguments = 0, changes = 0, inherited = 0;
  while (environ[inherited]) inherited++;
  while (next_field(&at, end, &field))
    arguments += field.tag == FIELD_ARGUMENT, changes += field.tag == FIELD_ENVIRONMENT;
  if (at != end || !arguments) return EINVAL;
  launch->arguments = calloc(arguments + 1, sizeof(char *));
  launch->environment = calloc(inherited + MAX_SURROUNDINGS + changes + 1, sizeof(char *));
  if (!launch->arguments || !launch->environment) return ENOMEM;
  for (size_t i = 0; i < inherited; i++)
    if (!(launch->environment[i] = strdup(environ[i]))) return ENOMEM;
  int code = parse_fields(launch, body, end);
  if (code) return code;
  if (launch->user && (launch->found = user_find(launch->user)))
    for (int i = 0; i < MAX_SURROUNDINGS && launch->found->surroundings[i]; i++) {
      change_environment(launch->environment, launch->found->surroundings[i]);
      launch->found->surroundings[i] = NULL;
    }
  for (at = body; next_field(&at, end, &field);) {
    if (field.tag != FIELD_ENVIRONMENT) continue;
    char *change = field_text(&field);
    if (!change) return EINVAL;
    change_environment(launch->environment, change);
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
  user_release(launch->found);
}
