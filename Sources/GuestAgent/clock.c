// The clock and the random generator, as the host says.
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

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
