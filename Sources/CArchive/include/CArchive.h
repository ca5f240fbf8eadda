// The little of libarchive that the default guest needs, loaded on first use: linked, it would add
// 1.3 ms to each start of the program.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Loads the library. NULL, or what the dynamic linker said.
const char *carchive_load(void);

enum carchive_format { CARCHIVE_AR, CARCHIVE_TAR, CARCHIVE_RAW };  // raw: one compressed file

typedef struct carchive carchive;

// Reads `bytes`, which must stay, whatever they are compressed with. NULL if that cannot be.
carchive *carchive_open(const void *bytes, size_t size, enum carchive_format format);

// What an archive has; the texts last until the next call.
struct carchive_entry {
  const char *name;
  const char *link;       // where a symbolic link leads, else NULL
  const char *same_file;  // the entry before whose file this is another name of, else NULL
  mode_t mode;            // with the kind of file
};

// 1 and an entry, 0 at the end, -1 on failure.
int carchive_next(carchive *archive, struct carchive_entry *entry);
// Bytes of the entry; 0 at its end, -1 on failure.
ssize_t carchive_read(carchive *archive, void *into, size_t size);

// Writes a cpio archive of the kind that the kernel unpacks (newc). NULL if that cannot be.
carchive *carchive_create(const char *path);
// `mode` has the kind of file too; `bytes` are a link's target or a file's contents.
bool carchive_add(
    carchive *archive, const char *path, mode_t mode, const void *bytes, size_t size);

// The last failure, "" if there is none.
const char *carchive_error(carchive *archive);
// False when what was written could not be finished.
bool carchive_close(carchive *archive);
