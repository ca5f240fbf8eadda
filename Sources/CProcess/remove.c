#define _GNU_SOURCE
#include "CProcess.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { deepest = 100 };

static int remove_at(int parent, const char *name, dev_t device, int depth);

/// Removes what is in the directory, whose descriptor it closes. No memory is allocated: the
/// guardian runs this in a process that was forked from one with several threads.
static int empty(int directory, dev_t device, int depth) {
  int error = 0;
  bool progress = true;
  while (progress && error == 0) {
    progress = false;
    // From the start again after each pass: what readdir shows of a directory that is changed
    // meanwhile is not defined.
    lseek(directory, 0, SEEK_SET);
    char buffer[4096] __attribute__((aligned(8)));
    ssize_t count;
    while ((count = getdents64(directory, buffer, sizeof buffer)) > 0) {
      for (ssize_t at = 0; at < count;) {
        struct dirent64 *entry = (struct dirent64 *)(buffer + at);
        at += entry->d_reclen;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int code = remove_at(directory, entry->d_name, device, depth + 1);
        if (code == 0) progress = true;
        else error = code;
      }
    }
  }
  close(directory);
  return error;
}

static int remove_at(int parent, const char *name, dev_t device, int depth) {
  if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;
  if (depth > deepest) return ELOOP;
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return errno == ENOENT ? 0 : errno;
  struct stat status;
  if (fstat(directory, &status) != 0 || (depth > 0 && status.st_dev != device)) {
    close(directory);
    return EBUSY;
  }
  int error = empty(directory, status.st_dev, depth);
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return error != 0 ? error : errno;
}

int process_remove_tree(const char *path) { return remove_at(AT_FDCWD, path, 0, 0); }
