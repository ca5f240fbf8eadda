// Interfaces as the kernel's command line has them. The kernel's own ioctls: no program is run.
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/route.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"

struct address6 {
  struct in6_addr address;
  uint32_t prefix;
  int index;
};

static bool find_interface(const char *mac, char *name) {
  DIR *folder = opendir("/sys/class/net");
  struct dirent *entry;
  bool found = false;
  while (folder && !found && (entry = readdir(folder))) {
    char path[300] = "/sys/class/net/", address[64];
    if (entry->d_name[0] == '.' || strlen(entry->d_name) >= IFNAMSIZ) continue;
    strcat(strcat(path, entry->d_name), "/address");
    read_text(path, address, sizeof address);
    if ((found = !strcasecmp(address, mac))) strcpy(name, entry->d_name);
  }
  if (folder) closedir(folder);
  return found;
}

static void up(int fd, const char *name) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  if (ioctl(fd, SIOCGIFFLAGS, &request)) return;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &request)) say(name, strerror(errno));
}

static void set_address(int fd, const char *name, char *address) {
  struct ifreq request = {0};
  struct sockaddr_in *inet = (struct sockaddr_in *)&request.ifr_addr;
  char *slash = strchr(address, '/');
  int prefix = slash ? atoi(slash + 1) : 32;
  if (slash) *slash = 0;
  strcpy(request.ifr_name, name);
  if (strchr(address, ':')) {
    int fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct address6 request6 = {.prefix = slash ? prefix : 128};
    ioctl(fd, SIOCGIFINDEX, &request);
    request6.index = request.ifr_ifindex;
    if (inet_pton(AF_INET6, address, &request6.address) != 1)
      say(address, "not an address");
    else if (ioctl(fd6, SIOCSIFADDR, &request6))
      say(address, strerror(errno));
    close(fd6);
    return;
  }
  inet->sin_family = AF_INET;
  if (inet_pton(AF_INET, address, &inet->sin_addr) != 1 || prefix < 0 || prefix > 32)
    return say(address, "not an address");
  if (ioctl(fd, SIOCSIFADDR, &request)) return say(address, strerror(errno));
  inet->sin_addr.s_addr = prefix ? htonl(~0u << (32 - prefix)) : 0;
  if (ioctl(fd, SIOCSIFNETMASK, &request)) say(address, strerror(errno));
}

static void set_gateway(int fd, const char *gateway) {
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  struct sockaddr_in *inet = (struct sockaddr_in *)&route.rt_gateway;
  inet->sin_family = route.rt_dst.sa_family = route.rt_genmask.sa_family = AF_INET;
  inet_pton(AF_INET, gateway, &inet->sin_addr);
  if (ioctl(fd, SIOCADDRT, &route)) say("default route", strerror(errno));
}

// "MAC,ADDRESS/PREFIX,NAME": the address and the name may be empty.
static void configure(int fd, char *value, const char *gateway) {
  char *mac = strsep(&value, ","), *address = strsep(&value, ","), *name = strsep(&value, ",");
  struct ifreq request = {0};
  if (!find_interface(mac, request.ifr_name)) return say(mac, "no such interface");
  if (name && *name && strlen(name) < IFNAMSIZ) {
    strcpy(request.ifr_newname, name);
    if (ioctl(fd, SIOCSIFNAME, &request))
      say(name, strerror(errno));
    else
      strcpy(request.ifr_name, name);
  }
  up(fd, request.ifr_name);
  if (address && *address) set_address(fd, request.ifr_name, address);
  if (gateway) set_gateway(fd, gateway);
}

void network_up(void) {
  char value[256];
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  up(fd, "lo");
  const char *at = NULL;
  while ((at = command_line_next(at, "vmscript.net=", value, sizeof value)))
    configure(fd, value, NULL);
  if (command_line_next(NULL, "vmscript.usernet=", value, sizeof value - 32)) {
    // QEMU's user-mode network as vmscript sets it up: .2 is the host, .3 the name server.
    strcat(value, ",10.42.0.10/24");
    configure(fd, value, "10.42.0.2");
  }
  close(fd);
}
