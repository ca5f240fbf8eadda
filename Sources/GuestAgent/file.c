// Files both ways.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>  // rename
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

// The path of a request (malloc) and its mode; NULL if there is none.
char *parse_path(const uint8_t *body, size_t length, mode_t *mode) {
  const uint8_t *at = body;
  struct field field;
  char *path = NULL;
  while (next_field(&at, body + length, &field)) {
    if (field.tag == FIELD_PATH && !path) path = field_text(&field);
    if (field.tag == FIELD_MODE) *mode = field_number(&field) & 07777;
  }
  return path;
}

void make_parents(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
}

// Of a file that is there, the path without links, if it can be replaced by another: no device, and nothing
// that is mounted. NULL with errno.
static char *replaceable(const char *path, struct statx *status) {
  if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, status)) return NULL;
  if (S_ISREG(status->stx_mode) && !(status->stx_attributes & STATX_ATTR_MOUNT_ROOT))
    return realpath(path, NULL);
  errno = EINVAL;
  return NULL;
}

// "FOLDER/.vmscript-REQUEST", of the folder that has `target`.
static char *name_beside(const char *target, uint32_t id) {
  static const char prefix[] = ".vmscript-";
  const char *slash = strrchr(target, '/');
  size_t length = slash ? slash + 1 - target : 0;
  char *name = malloc(length + sizeof prefix + 8);
  if (!name) return NULL;
  memcpy(name, target, length);
  char *at = stpcpy(name + length, prefix);
  for (int shift = 28; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[id >> shift & 15];
  *at = 0;
  return name;
}

// A file beside the one that it replaces when it is whole. -1 with errno if that cannot be, as in /proc.
static int open_beside(const char *path, uint32_t id, char **temporary, char **target) {
  struct stat link;
  struct statx old = {.stx_mask = 0};
  bool is_new = lstat(path, &link) && errno == ENOENT;
  *target = is_new ? strdup(path) : replaceable(path, &old);
  *temporary = *target ? name_beside(*target, id) : NULL;
  int fd = *temporary
      ? open(*temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
  // Whose it was it stays. A file system without owners has none to keep.
  if (fd >= 0 && !is_new && fchown(fd, old.stx_uid, old.stx_gid)) errno = 0;
  if (fd >= 0) return fd;
  int code = errno;
  free(*temporary);
  free(*target);
  *temporary = *target = NULL;
  errno = code;
  return -1;
}

static int open_put(const char *path, uint32_t id, mode_t mode, char **temporary, char **target) {
  int fd = open_beside(path, id, temporary, target);
  // A full disk is no reason to empty what is there.
  if (fd >= 0 || errno == ENOSPC || errno == EDQUOT) return fd;
  return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode);
}

void put_start(uint32_t id, const uint8_t *body, size_t length) {
  mode_t mode = 0644;
  char *temporary = NULL, *target = NULL;
  char *path = parse_path(body, length, &mode);
  if (!path) return send_error(id, EINVAL, STAGE_PROTOCOL, "the path is missing or malformed");
  int fd = open_put(path, id, mode, &temporary, &target);
  if (fd < 0 && errno == ENOENT) {
    make_parents(path);
    fd = open_put(path, id, mode, &temporary, &target);
  }
  // open() took the mode only for a new file, less the umask. What is written in place may have none to set.
  if (fd < 0 || (temporary && fchmod(fd, mode))) send_error(id, errno, STAGE_FILE, path);
  struct request *request = fd < 0 ? NULL : request_add(id, KIND_PUT);
  if (request) {
    request->file = fd;
    request->path = path;
    request->temporary = temporary;
    request->target = target;
    return;
  }
  if (fd >= 0) close(fd);
  if (temporary) unlink(temporary);
  free(temporary);
  free(target);
  free(path);
}

void put_data(struct request *request, const uint8_t *bytes, size_t length) {
  uint32_t credit = length;
  while (length) {
    ssize_t count = write(request->file, bytes, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      send_error(request->id, errno, STAGE_FILE, request->path);
      return request_end(request);
    }
    bytes += count;
    length -= count;
  }
  send_frame(FRAME_CREDIT, request->id, STREAM_INPUT, &credit, 4);
}

void put_close(struct request *request) {
  if (request->temporary && rename(request->temporary, request->target)) {
    send_error(request->id, errno, STAGE_FILE, request->path);
  } else {
    free(request->temporary);
    request->temporary = NULL;
    send_frame(FRAME_DONE, request->id, 0, NULL, 0);
  }
  request_end(request);
}

void get_start(uint32_t id, const uint8_t *body, size_t length) {
  mode_t mode = 0;
  char *path = parse_path(body, length, &mode);
  struct stat status;
  if (!path) return send_error(id, EINVAL, STAGE_PROTOCOL, "the path is missing or malformed");
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat(fd, &status)) {
    send_error(id, errno, STAGE_FILE, path);
  } else if (!S_ISREG(status.st_mode)) {
    send_error(id, S_ISDIR(status.st_mode) ? EISDIR : EINVAL, STAGE_FILE, path);
  } else {
    struct request *request = request_add(id, KIND_GET);
    if (request) {
      struct file_body file = {.mode = status.st_mode, .size = status.st_size};
      request->file = fd;
      request->file_credit = 256 * 1024;
      request->path = path;
      send_frame(FRAME_FILE, id, 0, &file, sizeof file);
      return;
    }
  }
  if (fd >= 0) close(fd);
  free(path);
}

void get_read(struct request *request) {
  size_t limit = request->file_credit < CHUNK ? request->file_credit : CHUNK;
  uint8_t *buffer = port_has_room() ? data_buffer() : NULL;
  if (!buffer || request->file_credit <= 0) return;
  ssize_t count = read(request->file, buffer, limit);
  if (count > 0) {
    send_data(request->id, STREAM_OUTPUT, count);
    request->file_credit -= count;
  } else if (count == 0) {
    send_frame(FRAME_DONE, request->id, 0, NULL, 0);
    request_end(request);
  } else if (errno != EINTR) {
    send_error(request->id, errno, STAGE_FILE, request->path);
    request_end(request);
  }
}
