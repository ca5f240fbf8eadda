// What init does before anything else: file systems, modules, names, and the port.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

static const char port_name[] = "org.vmscript.agent";
static char command_line[4096];

void say(const char *what, const char *why) {
  char line[512] = "vmscript-agent: ";
  strncat(line, what, 200);
  strcat(line, ": ");
  strncat(line, why, 200);
  strcat(line, "\n");
  if (write(2, line, strlen(line)) < 0) return;
}

size_t read_text(const char *path, char *text, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t count = 0;
  while (fd >= 0 && length < size - 1 && (count = read(fd, text + length, size - 1 - length)) > 0)
    length += count;
  if (fd >= 0) close(fd);
  while (length && (text[length - 1] == '\n' || text[length - 1] == ' ')) length--;
  text[length] = 0;
  return length;
}

// The value of the first word after `from` (NULL: of the line) that begins with `key`; where to go
// on from, or NULL.
const char *command_line_next(const char *from, const char *key, char *value, size_t size) {
  const char *at = from ? from : command_line;
  size_t length = strlen(key);
  while (*at) {
    size_t word = strcspn(at, " ");
    if (word >= length && !memcmp(at, key, length) && word - length < size) {
      memcpy(value, at + length, word - length);
      value[word - length] = 0;
      return at + word;
    }
    at += word + strspn(at + word, " ");
  }
  return NULL;
}

static void mount_all(void) {
  mkdir("/dev", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
  // Nothing is open yet when the initramfs has no /dev/console.
  int console = open("/dev/console", O_RDWR | O_NOCTTY);
  if (console < 0) console = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++)
    if (i != console) dup2(console, i);
  if (console > 2) close(console);
  static const struct {
    const char *type, *path, *options;
    mode_t mode;
  } mounts[] = {
      {"proc", "/proc", NULL, 0555},
      {"sysfs", "/sys", NULL, 0555},
      {"tmpfs", "/run", "mode=755", 0755},
      {"tmpfs", "/tmp", "mode=1777", 0777},
      {"devpts", "/dev/pts", "mode=620,ptmxmode=666", 0755},
      {"tmpfs", "/dev/shm", "mode=1777", 0777},
  };
  for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
    mkdir(mounts[i].path, mounts[i].mode);
    if (mount(mounts[i].type, mounts[i].path, mounts[i].type, MS_NOSUID | MS_NODEV,
              mounts[i].options))
      say(mounts[i].path, strerror(errno));
  }
}

static bool has_entry(const char *path, const char *prefix) {
  DIR *folder = opendir(path);
  struct dirent *entry;
  bool found = false;
  while (folder && !found && (entry = readdir(folder)))
    found = entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix));
  if (folder) closedir(folder);
  return found;
}

// Is there a device on the bus whose files `vendor` (NULL: any) and `device` say this?
static bool has_device(const char *bus, const char *vendor, const char *device) {
  DIR *folder = opendir(bus);
  struct dirent *entry;
  bool found = false;
  while (folder && !found && (entry = readdir(folder))) {
    char path[400], text[16];
    if (entry->d_name[0] == '.') continue;
    strcat(strcat(strcpy(path, bus), entry->d_name), "/device");
    read_text(path, text, sizeof text);
    if (strcmp(text, device)) continue;
    strcpy(strrchr(path, '/'), "/vendor");
    read_text(path, text, sizeof text);
    found = !vendor || !strcmp(text, vendor);
  }
  if (folder) closedir(folder);
  return found;
}

// A line is "CONDITION PATH": a module is loaded only where there is something for it to drive,
// since each costs milliseconds of the boot.
static bool applies(const char *condition) {
  if (!strcmp(condition, "pci")) return has_entry("/sys/bus/pci/devices", "");
  if (!strcmp(condition, "mmio")) return has_entry("/sys/bus/platform/devices", "LNRO0005");
  if (!strcmp(condition, "fwcfg")) return has_entry("/sys/bus/acpi/devices", "QEMU0002");
  if (!strcmp(condition, "efi")) return !access("/sys/firmware/efi", F_OK);
  if (!strcmp(condition, "pvpanic-pci"))
    return has_device("/sys/bus/pci/devices/", "0x1b36", "0x0011");
  if (!strncmp(condition, "virtio:", 7))
    return has_device("/sys/bus/virtio/devices/", NULL, condition + 7);
  return true;
}

static void load_modules(void) {
  static char list[8192];
  char *rest;
  read_text("/etc/vmscript/modules", list, sizeof list);
  for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char *condition = strsep(&line, " ");
    if (!line || !applies(condition)) continue;
    int fd = open(line, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
      say(line, strerror(errno));
    if (fd >= 0) close(fd);
  }
  // The folder is there with the firmware, the file system with its module.
  mount("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

// "TAG,TYPE,ACCESS,FOLDER" for each directory of the host's.
static void mount_shares(void) {
  char value[400];
  const char *at = NULL;
  while ((at = command_line_next(at, "vmscript.share=", value, sizeof value))) {
    char *folder = value;
    char *tag = strsep(&folder, ","), *type = strsep(&folder, ","), *access = strsep(&folder, ",");
    if (!folder || *folder != '/') continue;
    for (char *slash = folder + 1; (slash = strchr(slash, '/')); slash++) {
      *slash = 0;
      mkdir(folder, 0755);
      *slash = '/';
    }
    mkdir(folder, 0755);
    unsigned long flags = MS_NODEV | (strcmp(access, "ro") ? 0 : MS_RDONLY);
    // Large messages: each one costs an exit to QEMU.
    const char *options =
        strcmp(type, "9p") ? NULL : "trans=virtio,version=9p2000.L,msize=262144";
    if (mount(tag, folder, type, flags, options)) say(folder, strerror(errno));
  }
}

void boot(void) {
  char name[256];
  umask(022);
  mount_all();
  timer_set();
  read_text("/proc/cmdline", command_line, sizeof command_line);
  load_modules();
  mount_shares();
  if (command_line_next(NULL, "vmscript.name=", name, sizeof name) && *name)
    sethostname(name, strlen(name));
  network_up();
  setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin", 1);
  setenv("HOME", "/root", 1);
  setenv("USER", "root", 1);
  setenv("SHELL", "/bin/sh", 1);
  setenv("TERM", "linux", 1);
  unsetenv("BOOT_IMAGE");
}

// -1 with errno ENOENT if there is no such port, EBUSY if another program has it.
static int try_open(void) {
  DIR *folder = opendir("/sys/class/virtio-ports");
  struct dirent *entry;
  int fd = -1, code = ENOENT;
  while (folder && fd < 0 && (entry = readdir(folder))) {
    char path[400] = "/sys/class/virtio-ports/", name[64], device[300] = "/dev/";
    strcat(strcat(path, entry->d_name), "/name");
    if (entry->d_name[0] == '.' || !read_text(path, name, sizeof name)) continue;
    if (strcmp(name, port_name)) continue;
    fd = open(strcat(device, entry->d_name), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) code = errno;
  }
  if (folder) closedir(folder);
  errno = code;
  return fd;
}

// The driver names its ports some time after it is loaded, and says so by an event.
int open_port(const char *path, bool replace) {
  if (path) return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
  int events =
      socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  int fd = -1, code = ENOENT;
  if (bind(events, (struct sockaddr *)&address, sizeof address)) say("uevents", strerror(errno));
  uint64_t end = now() + 5000000000ull;
  while ((fd = try_open()) < 0 && (code = errno, now() < end)) {
    struct pollfd poller = {.fd = events, .events = POLLIN};
    char event[4096];
    if (code == EBUSY && !replace) break;
    if (code == EBUSY) replace_others();
    poll(&poller, 1, code == EBUSY ? 20 : 500);
    while (recv(events, event, sizeof event, 0) > 0) {}
  }
  close(events);
  errno = code;
  return fd;
}
