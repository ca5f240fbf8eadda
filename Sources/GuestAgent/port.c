// Frames over the port. Input is searched for frames of this session, so that what an earlier boot
// was sent, or any other noise, is passed over. Output is gathered and written once a round.
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

enum {
  OUT_SIZE = 512 * 1024,
  OUT_DATA_LIMIT = 64 * 1024,    // above it no stream is read
  OUT_INPUT_LIMIT = 256 * 1024,  // above it no frame is taken: answers would not fit
};

uint32_t session;
static int port = -1;
static uint8_t in[HEADER_SIZE + MAX_BODY + CHUNK];
static size_t in_start, in_end;
static uint8_t out[OUT_SIZE];
static size_t out_start, out_end;

void port_use(int fd) { port = fd; }
bool port_is_open(void) { return port >= 0; }
bool port_has_output(void) { return out_end > out_start; }
bool port_has_room(void) { return out_end - out_start < OUT_DATA_LIMIT; }
bool port_wants_input(void) { return out_end - out_start < OUT_INPUT_LIMIT; }

void port_drop(void) { in_start = in_end = out_start = out_end = 0; }

static uint32_t check_of(const void *header) {
  const uint8_t *bytes = header;
  uint32_t hash = 2166136261u;
  for (int i = 0; i < HEADER_SIZE - 4; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

// The next frame of this session at or after in_start. False when more input is needed.
static bool find_frame(struct header *header) {
  while (in_end - in_start >= HEADER_SIZE) {
    memcpy(header, in + in_start, HEADER_SIZE);
    if (header->magic == MAGIC && header->session == session && header->length <= MAX_BODY &&
        header->check == check_of(header))
      return in_end - in_start >= HEADER_SIZE + header->length;
    const uint8_t *next = memchr(in + in_start + 1, MAGIC & 0xff, in_end - in_start - 1);
    in_start = next ? (size_t)(next - in) : in_end;
  }
  return false;
}

static void handle_input(void) {
  struct header header;
  while (port_wants_input() && find_frame(&header)) {
    const uint8_t *body = in + in_start + HEADER_SIZE;
    in_start += HEADER_SIZE + header.length;
    handle_frame(&header, body);
  }
  if (in_start == in_end) in_start = in_end = 0;
}

bool port_read(void) {
  handle_input();  // what was left when the output was full
  while (port_wants_input()) {
    if (in_start > 0 && sizeof in - in_end < 4096) {
      memmove(in, in + in_start, in_end - in_start);
      in_end -= in_start;
      in_start = 0;
    }
    ssize_t count = read(port, in + in_end, sizeof in - in_end);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    in_end += count;
    handle_input();
  }
  return true;
}

void port_flush(void) {
  while (out_start < out_end) {
    ssize_t count = write(port, out + out_start, out_end - out_start);
    if (count <= 0) return;
    out_start += count;
  }
  out_start = out_end = 0;
}

static uint8_t *reserve(size_t size) {
  if (OUT_SIZE - out_end < size && out_start > 0) {
    memmove(out, out + out_start, out_end - out_start);
    out_end -= out_start;
    out_start = 0;
  }
  return OUT_SIZE - out_end >= size ? out + out_end : NULL;
}

static void write_header(uint8_t *at, uint8_t type, uint32_t request, uint8_t stream,
                         size_t length) {
  struct header header = {.magic = MAGIC,
                          .session = session,
                          .request = request,
                          .type = type,
                          .stream = stream,
                          .length = length};
  header.check = check_of(&header);
  memcpy(at, &header, HEADER_SIZE);
  out_end += HEADER_SIZE + length;
}

void send_frame(uint8_t type, uint32_t request, uint8_t stream, const void *body, size_t length) {
  uint8_t *at = reserve(HEADER_SIZE + length);
  if (!at) return;  // cannot be: the limits above leave room for every answer
  if (length) memcpy(at + HEADER_SIZE, body, length);
  write_header(at, type, request, stream, length);
}

void send_error(uint32_t request, int code, enum stage stage, const char *text) {
  uint8_t body[sizeof(struct error_body) + 256];
  struct error_body error = {code, stage};
  size_t length = strnlen(text, 256);
  memcpy(body, &error, sizeof error);
  memcpy(body + sizeof error, text, length);
  send_frame(FRAME_ERROR, request, 0, body, sizeof error + length);
}

uint8_t *data_buffer(void) {
  uint8_t *at = reserve(HEADER_SIZE + CHUNK);
  return at ? at + HEADER_SIZE : NULL;
}

void send_data(uint32_t request, uint8_t stream, size_t length) {
  write_header(out + out_end, FRAME_DATA, request, stream, length);
}

void send_hello(void) {
  struct hello hello = {.version = PROTOCOL_VERSION, .is_init = is_init, .began = init_began};
  if (!has_timer) hello.flags = HELLO_NO_TIMER;
  struct utsname names;
  // GRND_INSECURE: waiting for entropy would hold the boot, and the number need only be another.
  while (session == 0 || session == UINT32_MAX)
    if (getrandom(&session, sizeof session, 4) != sizeof session) session = (uint32_t)now() | 1;
  hello.uptime = uptime();
  read_text("/proc/sys/kernel/random/boot_id", hello.boot_id, sizeof hello.boot_id);
  uname(&names);
  strncpy(hello.release, names.release, sizeof hello.release - 1);
  send_frame(FRAME_HELLO, 0, 0, &hello, sizeof hello);
  port_flush();
}

bool next_field(const uint8_t **at, const uint8_t *end, struct field *field) {
  if (end - *at < 8) return false;
  memcpy(&field->tag, *at, 4);
  memcpy(&field->length, *at + 4, 4);
  if ((size_t)(end - *at) - 8 < field->length) return false;
  field->bytes = *at + 8;
  *at += 8 + field->length;
  return true;
}

uint64_t field_number(const struct field *field) {
  uint64_t number = 0;
  memcpy(&number, field->bytes, field->length < 8 ? field->length : 8);
  return number;
}
