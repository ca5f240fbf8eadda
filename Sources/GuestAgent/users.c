// Who a program is to run as: from /etc/passwd and /etc/group, since a static program cannot ask what
// else a system may get its users from.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

enum { MAX_DATABASE = 16 * 1024 * 1024 };

// A file's text, malloc'd and NUL-terminated; NULL if it cannot be had.
static char *load(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t size = 0, room = 0;
  char *text = NULL;
  ssize_t count = 1;
  while (fd >= 0 && count > 0 && size < MAX_DATABASE) {
    if (room - size < 4096) {
      char *more = realloc(text, room += 65536);
      if (!more) break;
      text = more;
    }
    if ((count = read(fd, text + size, room - size - 1)) > 0) size += count;
  }
  if (fd >= 0) close(fd);
  if (text) text[size] = 0;
  return text;
}

static bool is_number(const char *text, unsigned long *number) {
  char *end;
  *number = strtoul(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end;
}

static void surround(struct user *user, const char *name, const char *value) {
  int at = 0;
  while (user->surroundings[at]) at++;
  char *text = malloc(strlen(name) + strlen(value) + 1);
  if (text) user->surroundings[at] = strcat(strcpy(text, name), value);
}

// Fills `user` from the line of /etc/passwd that has this name, or else this number.
static char *find_entry(struct user *user, const char *wanted, char *database) {
  unsigned long number, uid, gid;
  bool by_number = is_number(wanted, &number);
  char *rest;
  for (char *line = strtok_r(database, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char *field[7] = {0};
    for (int i = 0; i < 7; i++) field[i] = strsep(&line, ":");
    if (!field[3] || !is_number(field[2], &uid) || !is_number(field[3], &gid)) continue;
    if (strcmp(field[0], wanted) && !(by_number && uid == number)) continue;
    user->uid = uid;
    user->groups[0] = gid;
    surround(user, "HOME=", field[5] && *field[5] ? field[5] : "/");
    surround(user, "USER=", field[0]);
    surround(user, "LOGNAME=", field[0]);
    surround(user, "SHELL=", field[6] && *field[6] ? field[6] : "/bin/sh");
    return field[0];
  }
  return NULL;
}

// The groups that have the name among their members.
static void add_groups(struct user *user, const char *name) {
  char *database = load("/etc/group"), *rest;
  if (!database) return;
  for (char *line = strtok_r(database, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    strsep(&line, ":"), strsep(&line, ":");
    char *number = strsep(&line, ":"), *member;
    unsigned long gid;
    if (!number || !is_number(number, &gid) || gid == user->groups[0]) continue;
    while ((member = strsep(&line, ",")))
      if (!strcmp(member, name) && user->group_count < MAX_GROUPS)
        user->groups[user->group_count++] = gid;
  }
  free(database);
}

struct user *user_find(const char *name) {
  struct user *user = calloc(1, sizeof *user);
  char *database = load("/etc/passwd");
  unsigned long number;
  char *found = user && database ? find_entry(user, name, database) : NULL;
  if (found) {
    user->group_count = 1;
    add_groups(user, found);
  } else if (user && is_number(name, &number)) {
    // A number that nobody has is a user all the same, with itself as its group.
    user->uid = user->groups[0] = number;
    user->group_count = 1;
    surround(user, "HOME=", "/");
    surround(user, "USER=", name);
    surround(user, "LOGNAME=", name);
  } else {
    user_release(user);
    user = NULL;
  }
  free(database);
  return user;
}

void user_release(struct user *user) {
  for (int i = 0; user && i < MAX_SURROUNDINGS; i++) free(user->surroundings[i]);
  free(user);
}
