// Files both ways.
#include <errno.h>
#include <fcntl.h>
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

void put_start(uint32_t id, const uint8_t *body, size_t length) {
  enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
  mode_t mode = 0644;
  char *path = parse_path(body, length, &mode);
  if (!path) return send_error(id, EINVAL, STAGE_PROTOCOL, "the path is missing or malformed");
  int fd = open(path, FLAGS, mode);
  if (fd < 0 && errno == ENOENT) {
    make_parents(path);
    fd = open(path, FLAGS, mode);
  }
  // open() took the mode only for a new file, less the umask.
  if (fd < 0 || fchmod(fd, mode)) send_error(id, errno, STAGE_FILE, path);
  struct request *request = fd < 0 ? NULL : request_add(id, KIND_PUT);
  if (request) {
    request->file = fd;
    request->path = path;
    return;
  }
  if (fd >= 0) close(fd);
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
  send_frame(FRAME_DONE, request->id, 0, NULL, 0);
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
