// Files both ways, and the clock.
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

// The path of a request (malloc) and its mode; NULL if there is none.
static char *parse(const uint8_t *body, size_t length, mode_t *mode) {
  const uint8_t *at = body;
  struct field field;
  char *path = NULL;
  while (next_field(&at, body + length, &field)) {
    if (field.tag == FIELD_PATH && !path) path = field_text(&field);
    if (field.tag == FIELD_MODE) *mode = field_number(&field) & 07777;
  }
  return path;
}

static void make_parents(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
}

void put_start(uint32_t id, const uint8_t *body, size_t length) {
  enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
  mode_t mode = 0644;
  char *path = parse(body, length, &mode);
  if (!path) return send_error(id, EINVAL, STAGE_PROTOCOL, "the path is missing or malformed");
  int fd = open(path, FLAGS, mode);
  if (fd < 0 && errno == ENOENT) {
    make_parents(path);
    fd = open(path, FLAGS, mode);
  }
  // open() took the mode only for a new file, less the umask.
  if (fd < 0 || fchmod(fd, mode)) send_error(id, errno, STAGE_FILE, path);
  struct request *request = fd < 0 ? NULL : request_add(id, KIND_PUT);
  if (request)
    request->file = fd;
  else if (fd >= 0)
    close(fd);
  free(path);
}

void put_data(struct request *request, const uint8_t *bytes, size_t length) {
  uint32_t credit = length;
  while (length) {
    ssize_t count = write(request->file, bytes, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      send_error(request->id, errno, STAGE_FILE, "write");
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
  char *path = parse(body, length, &mode);
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
      struct file_body file = {.mode = status.st_mode & 07777, .size = status.st_size};
      request->file = fd;
      request->file_credit = 256 * 1024;
      send_frame(FRAME_FILE, id, 0, &file, sizeof file);
      fd = -1;
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
    send_error(request->id, errno, STAGE_FILE, "read");
    request_end(request);
  }
}

static void set_clock(uint64_t nanoseconds) {
  struct timespec host = {nanoseconds / 1000000000, nanoseconds % 1000000000}, guest;
  clock_gettime(CLOCK_REALTIME, &guest);
  int64_t off = (int64_t)(guest.tv_sec - host.tv_sec) * 1000;
  off += (guest.tv_nsec - host.tv_nsec) / 1000000;
  // A step that no one needs can upset timers: leave a clock that is right alone.
  if (off > 100 || off < -100) clock_settime(CLOCK_REALTIME, &host);
}

void synchronise(const uint8_t *body, size_t length) {
  const uint8_t *at = body;
  struct field field;
  while (next_field(&at, body + length, &field)) {
    if (field.tag == FIELD_TIME && field.length == 8) set_clock(field_number(&field));
    if (field.tag == FIELD_SEED && field.length <= 64) {
      struct {
        int bits, size;
        uint8_t bytes[64];
      } pool = {.bits = field.length * 8, .size = field.length};
      memcpy(pool.bytes, field.bytes, field.length);
      int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
      if (fd < 0) continue;
      ioctl(fd, RNDADDENTROPY, &pool);
      ioctl(fd, RNDRESEEDCRNG);
      close(fd);
    }
  }
}
