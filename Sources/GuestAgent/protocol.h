// The agent's protocol: docs/agent.md describes it, Sources/Guests/Frame.swift is the other side.
#pragma once
#include <stdint.h>

enum {
  PROTOCOL_VERSION = 2,
  MAGIC = 0x31534d56,        // "VMS1", little-endian like every number here
  HEADER_SIZE = 24,
  MAX_BODY = 256 * 1024,     // of any frame
  CHUNK = 32 * 1024 - HEADER_SIZE,  // data in one frame: virtio_console takes 32 KiB a write
  INPUT_WINDOW = 128 * 1024, // bytes of a request's input that may be on their way
  MAX_REQUESTS = 1024,
};

struct header {
  uint32_t magic, session, request;
  uint8_t type, stream;
  uint16_t flags;
  uint32_t length, check;  // check: FNV-1a of the 20 bytes before it
};
_Static_assert(sizeof(struct header) == HEADER_SIZE, "the header has no padding");

enum frame_type {
  // Both ways.
  FRAME_DATA = 1,
  FRAME_CLOSE = 2,
  FRAME_CREDIT = 3,
  // From the host.
  FRAME_WELCOME = 16,
  FRAME_EXEC = 17,
  FRAME_SIGNAL = 18,
  FRAME_PUT = 19,
  FRAME_GET = 20,
  FRAME_SYNC = 21,
  FRAME_PING = 22,
  FRAME_POWER = 23,
  FRAME_FAREWELL = 24,
  FRAME_STAT = 25,
  FRAME_LIST = 26,
  FRAME_MAKE = 27,
  // From the agent.
  FRAME_HELLO = 64,
  FRAME_STARTED = 65,
  FRAME_EXIT = 66,
  FRAME_ERROR = 67,
  FRAME_DONE = 68,
  FRAME_FILE = 69,
  FRAME_LEAVING = 70,
  FRAME_GOING = 71,
};

enum stream { STREAM_INPUT = 0, STREAM_OUTPUT = 1, STREAM_ERROR = 2 };

// A request's body is a list of fields: tag, length, bytes. Unknown tags with this bit set are
// skipped, others refused.
enum { FIELD_OPTIONAL = 0x80000000 };
enum field_tag {
  FIELD_ARGUMENT = 1,
  FIELD_ENVIRONMENT = 2,  // "NAME=value", or "NAME" to remove it
  FIELD_FOLDER = 3,
  FIELD_USER = 4,
  FIELD_TIMEOUT = 5,  // u64 milliseconds
  FIELD_FLAGS = 6,    // u32, enum exec_flags
  FIELD_WINDOW = 7,   // u32 bytes of credit for each output at the start
  FIELD_PATH = 8,
  FIELD_MODE = 9,  // u32
  FIELD_TIME = 10, // u64 nanoseconds since 1970
  FIELD_SEED = 11,
  FIELD_TARGET = 12, // of a symbolic link
};

enum exec_flags {
  EXEC_INPUT = 1,         // standard input is a stream; else /dev/null
  EXEC_NO_OUTPUT = 2,     // standard output is /dev/null
  EXEC_NO_ERROR = 4,      // standard error is /dev/null
  EXEC_MERGE = 8,         // standard error goes where standard output goes
  EXEC_REPORT_START = 16, // a STARTED frame is wanted
};

enum power { POWER_OFF = 0, POWER_REBOOT = 1, POWER_HALT = 2 };

// Body of HELLO, of fixed size: see "After a reboot" in docs/agent.md.
struct hello {
  uint16_t version, flags;  // enum hello_flags
  uint32_t is_init;
  uint64_t uptime;  // nanoseconds since the kernel started
  char boot_id[40];
  char release[64];
  uint64_t began;  // nanoseconds from the kernel's start to init's; 0: the agent is not init
};

enum hello_flags {
  HELLO_NO_TIMER = 1,  // the kernel found none: nothing that waits for time goes on
};

struct exit_body {
  uint32_t signalled, code, timed_out, reserved;
  uint64_t nanoseconds;
};

struct error_body {
  uint32_t code, stage;  // errno; enum stage; then text
};
enum stage {
  STAGE_PROTOCOL = 0,
  STAGE_START = 1,   // the program could not be started
  STAGE_FOLDER = 2,  // its working folder could not be entered
  STAGE_USER = 3,    // its user is not known or cannot be had
  STAGE_FILE = 4,
  STAGE_STUCK = 5,   // killed for its time-out, and not dead
  STAGE_LEAVING = 6, // the guest is going down
};

struct file_body {
  uint32_t mode, reserved;  // mode with the type, as stat(2) has it
  uint64_t size;
};

// What a list's data is made of; the name and a symbolic link's target follow. Data of one frame is
// whole entries.
struct entry_body {
  uint32_t mode;
  uint16_t name, target;  // lengths
  uint64_t size;
};
