// Keeps Lua's longjmp out of Swift frames: a Swift function says by its result what should happen,
// and only the C frame below it raises or yields. Also the few library functions that must know of
// waits: pcall, xpcall, require and the coroutine functions.
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct lua_State lua_State;

// What a Swift function returns instead of a count of results.
enum { BRIDGE_RAISE = -1, BRIDGE_YIELD = -2 };

// A Swift object as a full userdata.
typedef struct {
  void *object;      // Unmanaged, retained
  bool uncatchable;  // an error that pcall passes on
} bridge_box;

typedef struct {
  // Runs function `id`; the error to raise, or the results, are on the top of the stack.
  int (*call)(lua_State *L, int id);
  // Goes on after a wait.
  int (*resume)(lua_State *L);
  // The wait that was just begun cannot be carried outward; the next `resume` raises this.
  void (*refuse)(lua_State *L);
  // A handler raised the error on the top while the task was unwound by an uncatchable one, which is
  // to stand in its place.
  void (*replace)(lua_State *L);
  // An interrupt was asked for; BRIDGE_RAISE with the error on the stack, or 0.
  int (*interrupted)(lua_State *L);
  // Drops the reference that a box holds.
  void (*release)(void *object);
  // Memory ran out under a Swift frame: does not return.
  void (*out_of_memory)(void);
} bridge_host;

// A new state with the standard library, the functions below and the interrupt hook.
lua_State *bridge_new_state(const bridge_host *host);

// Replaces `require` by one in which the body of a module may wait. Swift function `begin` is given a
// module's name and returns true if its load begins now, false if this task is loading it already,
// nil if another task was, and it has waited for that. `end` is given the name when a load has ended.
void bridge_install_require(lua_State *L, int begin, int end);

// Pushes Swift function `id`.
void bridge_push_function(lua_State *L, int id);

// Pushes a new userdata for `object` (already retained) with the metatable on the top of the
// stack, which it pops.
void bridge_push_box(lua_State *L, void *object, bool uncatchable);

// Sets __index and __gc in the metatable on the top of the stack: methods from the table at
// `methods`, anything else by Swift function `fallback`.
void bridge_set_index(lua_State *L, int methods, int fallback);

// Pushes a string of the first `length` bytes of a block of malloc's, which it takes: a long one is not
// copied.
void bridge_push_block(lua_State *L, void *block, size_t length);

// The box at `index`, or NULL if the value there is none.
bridge_box *bridge_to_box(lua_State *L, int index);

// Pops an object and pushes a file of Lua's for the open descriptor; closing it returns what the
// object's method `finish` returns. False, with nothing pushed, if there is no memory for it.
bool bridge_push_stream(lua_State *L, int descriptor, const char *mode);

// Pushes onto L the C function that runs a task's body under a message handler. Resumed with
// handler, body, arguments…; ends with true, results… or false, error.
void bridge_push_task_body(lua_State *L);

// lua_resume; `task` is the base coroutine of the task, which is not to yield by coroutine.yield.
int bridge_resume(lua_State *task, lua_State *from, int arguments, int *results);

// The task in which coroutine.running says that it is the main one; NULL for none.
void bridge_set_main(lua_State *task);

// lua_pcallk without a continuation.
int bridge_pcall(lua_State *L, int arguments, int results, int handler);

// Whether there is a pcall, an xpcall or a coroutine.resume among the thread's frames.
bool bridge_catches(lua_State *L);

// Which unwinding by an uncatchable error the running task is in: 0 for none. What a catcher finds
// changed since it began is not for it to catch.
void bridge_set_unwinding(unsigned number);

// Pushes a function (handler, f, arguments…) that returns true, results… or false, error: it catches
// every error, and is for vmscript's own Lua.
void bridge_push_catch_all(lua_State *L);

// Makes a running script look for an interrupt soon. From any thread.
void bridge_interrupt(void);
