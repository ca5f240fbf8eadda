// What whole folders need beside their files: what is at a path, what is in a folder, folders and links.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

static void refuse(uint32_t id) {
  send_error(id, EINVAL, STAGE_PROTOCOL, "the path is missing or malformed");
}

// What is at the end of the path, links followed.
void stat_path(uint32_t id, const uint8_t *body, size_t length) {
  mode_t mode;
  char *path = parse_path(body, length, &mode);
  struct stat status;
  if (!path) return refuse(id);
  if (stat(path, &status)) {
    send_error(id, errno, STAGE_FILE, path);
  } else {
    struct file_body file = {.mode = status.st_mode, .size = status.st_size};
    send_frame(FRAME_FILE, id, 0, &file, sizeof file);
    send_frame(FRAME_DONE, id, 0, NULL, 0);
  }
  free(path);
}

void list_start(uint32_t id, const uint8_t *body, size_t length) {
  mode_t mode;
  char *path = parse_path(body, length, &mode);
  if (!path) return refuse(id);
  DIR *folder = opendir(path);
  struct request *request = NULL;
  if (!folder)
    send_error(id, errno, STAGE_FILE, path);
  else if ((request = request_add(id, KIND_LIST))) {
    request->folder = folder;
    request->file_credit = 256 * 1024;
  } else {
    closedir(folder);
  }
  free(path);
}

// Writes one entry to `at`, which has room for the longest; its length, 0 if it has vanished.
static size_t describe(uint8_t *at, int folder, const char *name) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW)) return 0;
  struct entry_body entry = {.mode = status.st_mode, .size = status.st_size};
  size_t length = sizeof entry;
  entry.name = strlen(name);
  memcpy(at + length, name, entry.name);
  length += entry.name;
  if (S_ISLNK(status.st_mode)) {
    ssize_t count = readlinkat(folder, name, (char *)at + length, PATH_MAX);
    if (count < 0) return 0;
    entry.target = count;
    length += count;
  }
  memcpy(at, &entry, sizeof entry);
  return length;
}

// As much as a frame takes.
void list_read(struct request *request) {
  enum { LONGEST = sizeof(struct entry_body) + NAME_MAX + 1 + PATH_MAX };
  DIR *folder = request->folder;
  uint8_t *buffer = port_has_room() ? data_buffer() : NULL;
  if (!buffer || request->file_credit <= 0) return;
  size_t length = 0;
  struct dirent *entry = NULL;
  errno = 0;
  while (length + LONGEST <= CHUNK && (entry = readdir(folder))) {
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      length += describe(buffer + length, dirfd(folder), entry->d_name);
    errno = 0;
  }
  int code = entry ? 0 : errno;
  if (length) send_data(request->id, STREAM_OUTPUT, length);
  request->file_credit -= length;
  if (code)
    send_error(request->id, code, STAGE_FILE, "readdir");
  else if (!entry)
    send_frame(FRAME_DONE, request->id, 0, NULL, 0);
  if (code || !entry) request_end(request);
}

static char *find_target(const uint8_t *body, size_t length) {
  struct field field;
  for (const uint8_t *at = body; next_field(&at, body + length, &field);)
    if (field.tag == FIELD_TARGET) return field_text(&field);
  return NULL;
}

static int make_link(const char *target, const char *path) {
  struct stat status;
  if (!lstat(path, &status) && !S_ISDIR(status.st_mode)) unlink(path);
  return symlink(target, path);
}

// A folder may be there already, or a link to one, and stays as it is.
static int make_folder(const char *path, mode_t mode) {
  struct stat status;
  if (!mkdir(path, 0700)) return chmod(path, mode);
  if (errno != EEXIST || stat(path, &status)) return -1;
  return S_ISDIR(status.st_mode) ? 0 : (errno = ENOTDIR, -1);
}

// A symbolic link if there is a target, else a folder; with the folders above it.
void make_path(uint32_t id, const uint8_t *body, size_t length) {
  mode_t mode = 0755;
  char *path = parse_path(body, length, &mode), *target = find_target(body, length);
  if (!path) {
    refuse(id);
  } else {
    make_parents(path);
    if (target ? make_link(target, path) : make_folder(path, mode))
      send_error(id, errno, STAGE_FILE, path);
    else
      send_frame(FRAME_DONE, id, 0, NULL, 0);
  }
  free(path);
  free(target);
}
