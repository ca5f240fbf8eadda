#include "CArchive.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// libarchive's public functions, declared here so that its headers are not needed to build.
// Names, types and values as in archive.h and archive_entry.h of libarchive 3.
struct archive;
struct archive_entry;
enum { ARCHIVE_EOF = 1, ARCHIVE_OK = 0, ARCHIVE_WARN = -20 };

#define FUNCTIONS(F)                                                                              \
  F(struct archive *, archive_read_new, (void))                                                   \
  F(int, archive_read_support_filter_all, (struct archive *))                                     \
  F(int, archive_read_support_format_ar, (struct archive *))                                      \
  F(int, archive_read_support_format_tar, (struct archive *))                                     \
  F(int, archive_read_support_format_raw, (struct archive *))                                     \
  F(int, archive_read_open_memory, (struct archive *, const void *, size_t))                      \
  F(int, archive_read_next_header, (struct archive *, struct archive_entry **))                   \
  F(ssize_t, archive_read_data, (struct archive *, void *, size_t))                               \
  F(int, archive_read_free, (struct archive *))                                                   \
  F(struct archive *, archive_write_new, (void))                                                  \
  F(int, archive_write_set_format_cpio_newc, (struct archive *))                                  \
  F(int, archive_write_open_filename, (struct archive *, const char *))                           \
  F(int, archive_write_header, (struct archive *, struct archive_entry *))                        \
  F(ssize_t, archive_write_data, (struct archive *, const void *, size_t))                        \
  F(int, archive_write_close, (struct archive *))                                                 \
  F(int, archive_write_free, (struct archive *))                                                  \
  F(const char *, archive_error_string, (struct archive *))                                       \
  F(struct archive_entry *, archive_entry_new, (void))                                            \
  F(void, archive_entry_free, (struct archive_entry *))                                           \
  F(const char *, archive_entry_pathname, (struct archive_entry *))                               \
  F(const char *, archive_entry_pathname_utf8, (struct archive_entry *))                          \
  F(const char *, archive_entry_symlink, (struct archive_entry *))                                \
  F(const char *, archive_entry_hardlink, (struct archive_entry *))                               \
  F(mode_t, archive_entry_mode, (struct archive_entry *))                                         \
  F(void, archive_entry_set_pathname, (struct archive_entry *, const char *))                     \
  F(void, archive_entry_set_mode, (struct archive_entry *, mode_t))                               \
  F(void, archive_entry_set_nlink, (struct archive_entry *, unsigned))                            \
  F(void, archive_entry_set_size, (struct archive_entry *, int64_t))                              \
  F(void, archive_entry_set_mtime, (struct archive_entry *, time_t, long))                        \
  F(void, archive_entry_set_symlink, (struct archive_entry *, const char *))

#define DECLARE(type, name, arguments) static type(*name) arguments;
FUNCTIONS(DECLARE)

struct carchive {
  struct archive *archive;
  bool writes;
};

const char *carchive_load(void) {
  static void *library;
  static const char *failure;
  if (library || failure) return failure;
  library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
  if (!library) return failure = strdup(dlerror());
#define LOAD(type, name, arguments) \
  if (!(name = (type(*) arguments)dlsym(library, #name))) failure = "libarchive lacks " #name;
  FUNCTIONS(LOAD)
  return failure;
}

static carchive *wrap(struct archive *archive, bool writes) {
  carchive *wrapped = archive ? malloc(sizeof *wrapped) : NULL;
  if (wrapped) *wrapped = (carchive){archive, writes};
  return wrapped;
}

carchive *carchive_open(const void *bytes, size_t size, enum carchive_format format) {
  carchive *wrapped = wrap(archive_read_new(), false);
  if (!wrapped) return NULL;
  archive_read_support_filter_all(wrapped->archive);
  if (format == CARCHIVE_AR) archive_read_support_format_ar(wrapped->archive);
  if (format == CARCHIVE_TAR) archive_read_support_format_tar(wrapped->archive);
  if (format == CARCHIVE_RAW) archive_read_support_format_raw(wrapped->archive);
  if (archive_read_open_memory(wrapped->archive, bytes, size) == ARCHIVE_OK) return wrapped;
  carchive_close(wrapped);
  return NULL;
}

int carchive_next(carchive *archive, struct carchive_entry *found) {
  struct archive_entry *entry;
  int code = archive_read_next_header(archive->archive, &entry);
  if (code == ARCHIVE_EOF) return 0;
  if (code < ARCHIVE_WARN) return -1;
  found->name = archive_entry_pathname(entry);
  // NULL for what the locale, always C here, cannot spell.
  if (!found->name) found->name = archive_entry_pathname_utf8(entry);
  found->mode = archive_entry_mode(entry);
  found->link = S_ISLNK(found->mode) ? archive_entry_symlink(entry) : NULL;
  found->same_file = archive_entry_hardlink(entry);
  return found->name ? 1 : -1;
}

ssize_t carchive_read(carchive *archive, void *into, size_t size) {
  return archive_read_data(archive->archive, into, size);
}

carchive *carchive_create(const char *path) {
  carchive *wrapped = wrap(archive_write_new(), true);
  if (!wrapped) return NULL;
  archive_write_set_format_cpio_newc(wrapped->archive);
  if (archive_write_open_filename(wrapped->archive, path) == ARCHIVE_OK) return wrapped;
  carchive_close(wrapped);
  return NULL;
}

bool carchive_add(
    carchive *archive, const char *path, mode_t mode, const void *bytes, size_t size) {
  struct archive_entry *entry = archive_entry_new();
  bool is_link = S_ISLNK(mode), done = false;
  if (!entry) return false;
  archive_entry_set_pathname(entry, path);
  archive_entry_set_mode(entry, mode);
  archive_entry_set_nlink(entry, 1);
  archive_entry_set_size(entry, is_link ? 0 : (int64_t)size);
  archive_entry_set_mtime(entry, 0, 0);  // the same inputs give the same bytes
  char *target = is_link ? strndup(bytes, size) : NULL;
  if (target) archive_entry_set_symlink(entry, target);
  if (archive_write_header(archive->archive, entry) >= ARCHIVE_WARN)
    done = is_link || !size ||
           archive_write_data(archive->archive, bytes, size) == (ssize_t)size;
  free(target);
  archive_entry_free(entry);
  return done;
}

const char *carchive_error(carchive *archive) {
  const char *text = archive ? archive_error_string(archive->archive) : NULL;
  return text ? text : "";
}

bool carchive_close(carchive *archive) {
  bool done = true;
  if (archive->writes) done = archive_write_close(archive->archive) == ARCHIVE_OK;
  if (archive->writes)
    archive_write_free(archive->archive);
  else
    archive_read_free(archive->archive);
  free(archive);
  return done;
}
