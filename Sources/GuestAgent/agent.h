// What the agent's files share. One thread, one poll loop, no stdio.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

#define NEVER UINT64_MAX
uint64_t now(void);  // nanoseconds, monotonic

extern bool is_init;
extern bool has_timer;

// boot.c
void boot(void);
int open_port(const char *path, bool replace);  // waits until there is one; -1 with errno
void say(const char *what, const char *why);
size_t read_text(const char *path, char *text, size_t size);  // NUL-terminated, trimmed
const char *command_line_next(const char *from, const char *key, char *value, size_t size);

// detach.c
void settle(void);
void replace_others(void);
void detach(void);

// network.c
void network_up(void);

// port.c: frames in and out
extern uint32_t session;
void port_use(int fd);
bool port_is_open(void);
bool port_wants_input(void);
bool port_has_output(void);
bool port_has_room(void);  // for a chunk of stream data
bool port_read(void);      // false when the host is not there
void port_flush(void);
void port_drop(void);
void send_hello(void);
extern uint64_t init_began;  // of uptime(); 0 when not init
uint64_t uptime(void);       // nanoseconds since the kernel started
void send_frame(uint8_t type, uint32_t request, uint8_t stream, const void *body, size_t length);
void send_error(uint32_t request, int code, enum stage stage, const char *text);
uint8_t *data_buffer(void);  // CHUNK bytes to fill before send_data
void send_data(uint32_t request, uint8_t stream, size_t length);

// Fields of a request's body.
struct field {
  uint32_t tag, length;
  const uint8_t *bytes;
};
bool next_field(const uint8_t **at, const uint8_t *end, struct field *field);
uint64_t field_number(const struct field *field);
char *field_text(const struct field *field);  // malloc; NULL if it holds a NUL byte

// request.c: what is under way
enum kind { KIND_EXEC, KIND_PUT, KIND_GET, KIND_LIST };
struct output {
  int fd;           // -1 when closed
  int64_t credit;   // bytes the host will take
  int64_t remains;  // after the exit: bytes that were in the pipe, -1 before
};
struct request {
  uint32_t id;
  enum kind kind;
  // KIND_EXEC
  pid_t pid;
  int input;  // -1 when closed
  uint8_t *queue;
  size_t queue_start, queue_end;
  bool queue_closed;
  struct output output[2];
  uint64_t started, ended, deadline;
  bool exited, timed_out;
  int status;
  // KIND_PUT, KIND_GET
  int file;
  char *path;           // malloc; for errors
  char *temporary;      // KIND_PUT: malloc; where it is until it is whole, NULL if written in place
  char *target;         // malloc; what it then replaces
  int64_t file_credit;  // KIND_LIST too
  void *folder;         // KIND_LIST: a DIR
};
extern struct request *requests[MAX_REQUESTS];
extern size_t request_count;
struct request *request_find(uint32_t id);
struct request *request_add(uint32_t id, enum kind kind);
void request_end(struct request *request);
void requests_abandon(void);  // the host is gone
void handle_frame(const struct header *header, const uint8_t *body);

// exec.c
void exec_start(uint32_t id, const uint8_t *body, size_t length);
void exec_input(struct request *request, const uint8_t *bytes, size_t length);
void exec_write(struct request *request);
void exec_read(struct request *request, int index);
void exec_reaped(pid_t pid, int status);
void exec_signal(struct request *request, int number);
uint64_t exec_deadlines(uint64_t time);  // acts on those that passed; the next one
size_t exec_running(void);
void child_defaults(void);

// timer.c
void timer_set(void);
bool timer_fires(void);  // looks for 0.25 s at most, without sleeping

// clock.c
void synchronise(const uint8_t *body, size_t length);

// file.c, tree.c
char *parse_path(const uint8_t *body, size_t length, mode_t *mode);  // malloc; NULL if there is none
void make_parents(char *path);
void put_start(uint32_t id, const uint8_t *body, size_t length);
void put_data(struct request *request, const uint8_t *bytes, size_t length);
void put_close(struct request *request);
void get_start(uint32_t id, const uint8_t *body, size_t length);
void get_read(struct request *request);
void list_start(uint32_t id, const uint8_t *body, size_t length);
void list_read(struct request *request);
void stat_path(uint32_t id, const uint8_t *body, size_t length);
void make_path(uint32_t id, const uint8_t *body, size_t length);

// power.c
void shell_prepare(void);
bool shell_reaped(pid_t pid);
void power_request(enum power power);
void power_farewell(void);
bool power_is_leaving(void);
uint64_t power_step(uint64_t time, bool has_children);  // may not return; the next deadline
