#include "CLuaBridge.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bridge_host host;
static lua_State *current_task;      // base coroutine of the task that runs
static lua_State *main_task;         // base coroutine of the main task
static bool in_swift = true;         // a Swift frame is the innermost
static atomic_bool interrupt_wanted;
static unsigned unwinding;           // see bridge_set_unwinding
static lua_State *closing;           // coroutine that coroutine.close ends at its yield
static char wait_token;              // what a wait yields
static char close_token;             // what it ends that coroutine by
static char trace_mark;              // key of the traces of coroutines that failed
static char box_mark;                // key that marks the metatables of boxes

// Instructions between two looks at the interrupt flag: some 50 µs.
enum { HOOK_INTERVAL = 10000 };

// ---- calls ----

static int go_on(lua_State *L, int status, lua_KContext context);

static int obey(lua_State *L, int result) {
  in_swift = false;
  if (result == BRIDGE_RAISE) return lua_error(L);
  if (result == BRIDGE_YIELD) {
    lua_pushlightuserdata(L, &wait_token);
    return lua_yieldk(L, 1, 0, go_on);
  }
  return result;
}

static int go_on(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  in_swift = true;
  return obey(L, host.resume(L));
}

static int call_swift(lua_State *L) {
  in_swift = true;
  return obey(L, host.call(L, (int)lua_tointeger(L, lua_upvalueindex(1))));
}

void bridge_push_function(lua_State *L, int id) {
  lua_pushinteger(L, id);
  lua_pushcclosure(L, call_swift, 1);
}

int bridge_resume(lua_State *task, lua_State *from, int arguments, int *results) {
  lua_State *outer = current_task;
  current_task = task;
  in_swift = false;
  int status = lua_resume(task, from, arguments, results);
  in_swift = true;
  current_task = outer;
  return status;
}

void bridge_set_main(lua_State *task) { main_task = task; }

int bridge_pcall(lua_State *L, int arguments, int results, int handler) {
  in_swift = false;
  int status = lua_pcall(L, arguments, results, handler);
  in_swift = true;
  return status;
}

// ---- boxes ----

void bridge_push_box(lua_State *L, void *object, bool uncatchable) {
  bridge_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->object = object;
  box->uncatchable = uncatchable;
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

bridge_box *bridge_to_box(lua_State *L, int index) {
  void *data = lua_touserdata(L, index);
  if (!data || lua_islightuserdata(L, index) || !lua_getmetatable(L, index)) return NULL;
  bool is_box = lua_rawgetp(L, -1, &box_mark) == LUA_TBOOLEAN;
  lua_pop(L, 2);
  return is_box ? data : NULL;
}

static int collect_box(lua_State *L) {
  bridge_box *box = bridge_to_box(L, 1);
  if (box && box->object) {
    bool outer = in_swift;
    in_swift = true;
    host.release(box->object);
    in_swift = outer;
    box->object = NULL;
  }
  return 0;
}

static int index_box(lua_State *L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  return call_swift(L);
}

void bridge_set_index(lua_State *L, int methods, int fallback) {
  methods = lua_absindex(L, methods);
  lua_pushinteger(L, fallback);
  lua_pushvalue(L, methods);
  lua_pushcclosure(L, index_box, 2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, collect_box);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, true);
  lua_rawsetp(L, -2, &box_mark);
}

// ---- io.popen's streams: files of Lua's whose child is an object of the host's ----

static int close_stream(lua_State *L) {
  bool outer = in_swift;
  fclose(((luaL_Stream *)lua_touserdata(L, 1))->f);
  lua_getiuservalue(L, 1, 1);
  lua_getfield(L, -1, "finish");
  lua_insert(L, -2);
  lua_call(L, 1, 3);
  in_swift = outer;
  return 3;
}

bool bridge_push_stream(lua_State *L, int descriptor, const char *mode) {
  luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 1);
  stream->closef = NULL;
  luaL_setmetatable(L, LUA_FILEHANDLE);
  stream->f = fdopen(descriptor, mode);
  if (!stream->f) {
    lua_pop(L, 2);
    return false;
  }
  stream->closef = close_stream;
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, 1);
  return true;
}

// ---- errors that pass whoever catches ----

void bridge_set_unwinding(unsigned number) { unwinding = number; }

static bool is_uncatchable(lua_State *L, int index) {
  if (lua_touserdata(L, index) == &close_token) return true;
  bridge_box *box = bridge_to_box(L, index);
  return box && box->uncatchable;
}

// Whether the error on the top goes on, past one who began to catch at `entry`, a value of `unwinding`.
// If a handler raised it while the task was unwound by an uncatchable one, that one takes its place.
static bool passes(lua_State *L, unsigned entry) {
  if (is_uncatchable(L, -1)) return true;
  if (unwinding == entry) return false;
  in_swift = true;
  host.replace(L);
  in_swift = false;
  return true;
}

// ---- pcall and xpcall: as the standard ones, but an uncatchable error goes on ----
//
// Their continuations' context: `unwinding` when they began, and the number of values on the stack
// that are no results.

enum { SKIP_BITS = 2, SKIP = 3 };

static lua_KContext context_of(int flags) { return (lua_KContext)unwinding << SKIP_BITS | flags; }

static int end_pcall(lua_State *L, int status, lua_KContext context) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)(context & SKIP);
  if (passes(L, context >> SKIP_BITS)) return lua_error(L);
  lua_pushboolean(L, false);
  lua_insert(L, -2);
  return 2;
}

static int catch_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, true);
  lua_insert(L, 1);
  lua_KContext context = context_of(0);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, context, end_pcall);
  return end_pcall(L, status, context);
}

// The script's message handler, except that an uncatchable error stays what it is.
static int handle_message(lua_State *L) {
  if (is_uncatchable(L, 1)) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static int catch_xpcall(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, handle_message, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, true);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);  // f, handler, true, f, arguments…
  lua_KContext context = context_of(2);
  int status = lua_pcallk(L, lua_gettop(L) - 4, LUA_MULTRET, 2, context, end_pcall);
  return end_pcall(L, status, context);
}

// catch_all(handler, f, …): the one that catches everything, for vmscript's own Lua.
static int end_catch_all(lua_State *L, int status, lua_KContext context) {
  (void)context;
  bool ended = status == LUA_OK || status == LUA_YIELD;
  if (ended) {
    lua_pushboolean(L, true);
    lua_replace(L, 1);
    return lua_gettop(L);
  }
  lua_pushboolean(L, false);
  lua_insert(L, -2);
  return 2;
}

static int catch_all(lua_State *L) {
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, end_catch_all);
  return end_catch_all(L, status, 0);
}

void bridge_push_catch_all(lua_State *L) { lua_pushcfunction(L, catch_all); }

// ---- require: as the standard one, but the body of a module may wait ----
//
// Its upvalues: the package table, what begins a load, the metatable of a load's guard.

static int begin_require(lua_State *L, int status, lua_KContext context);

// On the top: the loader's data, what the loader returned.
static int end_require(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushvalue(L, 1);
    lua_gettable(L, 2);  // the loader may have set it
    if (lua_isnil(L, -1)) lua_pushboolean(L, true);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_settable(L, 2);
  lua_rotate(L, -2, 1);
  return 2;
}

// Pushes the loader of the module at 1, and its data.
static void push_loader(lua_State *L) {
  if (lua_getfield(L, lua_upvalueindex(1), "searchers") != LUA_TTABLE)
    luaL_error(L, "'package.searchers' must be a table");
  int searchers = lua_gettop(L);
  lua_pushliteral(L, "");
  for (int i = 1; lua_rawgeti(L, searchers, i) != LUA_TNIL; i++) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 2);
    if (lua_isfunction(L, -2)) return;
    lua_pop(L, 1);
    if (lua_isstring(L, -1)) {
      lua_pushliteral(L, "\n\t");
      lua_insert(L, -2);
      lua_concat(L, 3);
    } else {
      lua_pop(L, 1);
    }
  }
  luaL_error(L, "module '%s' not found:%s", lua_tostring(L, 1), lua_tostring(L, -2));
}

// On the top: true for a load that begins here, false for one inside itself, nil when another task
// has ended its own.
static int load_module(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  if (lua_isnil(L, -1)) return begin_require(L, LUA_OK, 0);
  bool begins = lua_toboolean(L, -1);
  lua_pop(L, 1);
  if (begins) {
    lua_newtable(L);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
  }
  push_loader(L);
  lua_rotate(L, -2, 1);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -3);
  lua_callk(L, 2, 1, 0, end_require);
  return end_require(L, LUA_OK, 0);
}

static int begin_require(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, 1);
  lua_gettable(L, 2);
  if (lua_toboolean(L, -1)) return 1;
  lua_pop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_pushvalue(L, 1);
  lua_callk(L, 1, 1, 0, load_module);
  return load_module(L, LUA_OK, 0);
}

static int require_module(lua_State *L) {
  luaL_checkstring(L, 1);
  return begin_require(L, LUA_OK, 0);
}

// The __close of a guard, with what ends a load as its upvalue.
static int end_load(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_rawgeti(L, 1, 1);
  lua_call(L, 1, 0);
  return 0;
}

void bridge_install_require(lua_State *L, int begin, int end) {
  lua_getglobal(L, "package");
  bridge_push_function(L, begin);
  lua_newtable(L);
  bridge_push_function(L, end);
  lua_pushcclosure(L, end_load, 1);
  lua_setfield(L, -2, "__close");
  lua_pushcclosure(L, require_module, 3);
  lua_setglobal(L, "require");
}

// ---- coroutines: a wait inside the user's own is carried outward, level by level ----
//
// The body of each runs in a protected call: a coroutine that fails is unwound as its own, where its
// `<close>` handlers can wait. lua_closethread would run them where nothing can be carried outward.
// What debug.traceback would have shown is kept.

enum { FROM_WRAP = 1, FROM_CLOSE = 2 };

static int note_trace(lua_State *L) {
  if (is_uncatchable(L, 1)) return 1;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &trace_mark);
  lua_pushthread(L);
  luaL_traceback(L, L, NULL, 1);
  lua_rawset(L, -3);
  lua_settop(L, 1);
  return 1;
}

static int end_body(lua_State *L, int status, lua_KContext context) {
  (void)context;
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - 1;
  return lua_error(L);
}

// f, arguments…
static int coroutine_body(lua_State *L) {
  lua_pushcfunction(L, note_trace);
  lua_insert(L, 1);
  return end_body(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, end_body), 0);
}

// As the standard one, but for a coroutine that failed.
static int debug_traceback(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  if (co && lua_status(co) > LUA_YIELD && (lua_isnoneornil(L, 2) || lua_isstring(L, 2))) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &trace_mark);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, -2) == LUA_TSTRING) {
      if (!lua_isstring(L, 2)) return 1;
      lua_pushfstring(L, "%s\n%s", lua_tostring(L, 2), lua_tostring(L, -1));
      return 1;
    }
    lua_pop(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static lua_State *coroutine_of(lua_State *L, lua_KContext context) {
  lua_State *co = lua_tothread(L, context & FROM_WRAP ? lua_upvalueindex(1) : 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

// The error is on the top of L.
static int fail_resume(lua_State *L, lua_KContext context) {
  if (passes(L, context >> SKIP_BITS)) return lua_error(L);
  if (!(context & FROM_WRAP)) {
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
  }
  if (lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int carry_on(lua_State *L, int status, lua_KContext context);

// coroutine.close: the coroutine has ended, or yields in a handler.
static int end_close(lua_State *L, lua_State *co, int status, lua_KContext context) {
  if (status == LUA_OK) {
    lua_settop(co, 0);
    lua_pushboolean(L, true);
    return 1;
  }
  if (!lua_checkstack(L, 2)) return luaL_error(L, "too many results to resume");
  lua_xmove(co, L, 1);
  lua_resetthread(co);
  lua_settop(co, 0);
  if (lua_touserdata(L, -1) == &close_token) {
    lua_pushboolean(L, true);
    return 1;
  }
  return fail_resume(L, context);
}

static int resume_coroutine(lua_State *L, lua_State *co, int arguments, lua_KContext context) {
  for (;;) {
    int results = 0;
    int status = lua_resume(co, L, arguments, &results);
    if (status == LUA_YIELD && results == 1 && lua_touserdata(co, -1) == &wait_token) {
      lua_pop(co, 1);
      if (lua_isyieldable(L)) {
        lua_pushlightuserdata(L, &wait_token);
        return lua_yieldk(L, 1, context, carry_on);
      }
      in_swift = true;
      host.refuse(L);
      in_swift = false;
      arguments = 0;
      continue;
    }
    if (context & FROM_CLOSE) {
      if (status != LUA_YIELD) return end_close(L, co, status, context);
      lua_pop(co, results);  // a handler yields: it is cut short
      closing = co;
      arguments = 0;
      continue;
    }
    if (status != LUA_OK && status != LUA_YIELD) {
      if (context & FROM_WRAP) lua_resetthread(co);  // the error stays on top
      lua_xmove(co, L, 1);
      return fail_resume(L, context);
    }
    if (!lua_checkstack(L, results + 1)) {
      lua_pop(co, results);
      return luaL_error(L, "too many results to resume");
    }
    if (!(context & FROM_WRAP)) lua_pushboolean(L, true);
    lua_xmove(co, L, results);
    return results + !(context & FROM_WRAP);
  }
}

static int carry_on(lua_State *L, int status, lua_KContext context) {
  (void)status;
  return resume_coroutine(L, coroutine_of(L, context), 0, context);
}

static int coroutine_resume(lua_State *L);
static int coroutine_call_wrapped(lua_State *L);
static int coroutine_close(lua_State *L);

// Whether a suspended coroutine waits, in a task: then it is not for others to resume.
static bool is_waiting(lua_State *co) {
  lua_Debug frame;
  if (lua_status(co) != LUA_YIELD || !lua_getstack(co, 0, &frame)) return false;
  lua_getinfo(co, "f", &frame);
  lua_CFunction function = lua_tocfunction(co, -1);
  lua_pop(co, 1);
  return function == call_swift || function == coroutine_resume ||
         function == coroutine_call_wrapped || function == coroutine_close;
}

static bool is_fresh(lua_State *co) {
  lua_Debug frame;
  return lua_status(co) == LUA_OK && !lua_getstack(co, 0, &frame);
}

static int start_resume(lua_State *L, int from) {
  lua_KContext context = context_of(from);
  lua_State *co = coroutine_of(L, context);
  int arguments = lua_gettop(L) - (from != FROM_WRAP);
  const char *refusal = NULL;
  if (!lua_checkstack(co, arguments + 4)) refusal = "too many arguments to resume";
  bool fresh = is_fresh(co);
  if (co == L || (lua_status(co) == LUA_OK && !fresh))
    refusal = "cannot resume non-suspended coroutine";
  else if (fresh && lua_gettop(co) == 0)
    refusal = "cannot resume dead coroutine";
  else if (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD)
    refusal = "cannot resume dead coroutine";
  else if (is_waiting(co))
    refusal = "cannot resume a coroutine that waits in another task";
  if (refusal) {
    lua_pushstring(L, refusal);
    return fail_resume(L, context);
  }
  if (fresh) {
    lua_pushcfunction(co, coroutine_body);
    lua_insert(co, 1);
  }
  lua_xmove(L, co, arguments);
  return resume_coroutine(L, co, arguments + fresh, context);
}

static int coroutine_resume(lua_State *L) { return start_resume(L, 0); }
static int coroutine_call_wrapped(lua_State *L) { return start_resume(L, FROM_WRAP); }

static int coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, coroutine_call_wrapped, 1);
  return 1;
}

static int go_on_yield(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  if (closing != L) return lua_gettop(L);
  closing = NULL;
  lua_pushlightuserdata(L, &close_token);
  return lua_error(L);
}

static int coroutine_yield(lua_State *L) {
  if (L == current_task) return luaL_error(L, "attempt to yield from outside a coroutine");
  return lua_yieldk(L, lua_gettop(L), 0, go_on_yield);
}

// As the standard one, but a coroutine at its yield is ended by an error there, so that its handlers
// may wait.
static int coroutine_close(lua_State *L) {
  lua_State *co = coroutine_of(L, 0);
  lua_settop(L, 1);
  int status = lua_status(co);
  if (co == L) return luaL_error(L, "cannot close a running coroutine");
  if (status == LUA_OK && !is_fresh(co)) return luaL_error(L, "cannot close a normal coroutine");
  if (is_waiting(co)) return luaL_error(L, "cannot close a coroutine that waits in another task");
  lua_Debug frame;
  lua_CFunction innermost = NULL;
  if (status == LUA_YIELD && lua_getstack(co, 0, &frame)) {
    lua_getinfo(co, "f", &frame);
    innermost = lua_tocfunction(co, -1);
    lua_pop(co, 1);
  }
  if (innermost == coroutine_yield) {
    closing = co;
    return resume_coroutine(L, co, 0, context_of(FROM_CLOSE));
  }
  status = lua_resetthread(co);
  if (status == LUA_OK) {
    lua_pushboolean(L, true);
    return 1;
  }
  lua_pushboolean(L, false);
  lua_xmove(co, L, 1);
  return 2;
}

static int coroutine_isyieldable(lua_State *L) {
  lua_State *co = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  lua_pushboolean(L, co != current_task && lua_isyieldable(co));
  return 1;
}

static int coroutine_running(lua_State *L) {
  lua_pushthread(L);
  lua_pushboolean(L, L == main_task);
  return 2;
}

bool bridge_catches(lua_State *L) {
  lua_Debug frame;
  for (int level = 0; lua_checkstack(L, 1) && lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "f", &frame);
    lua_CFunction function = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if (function == catch_pcall || function == catch_xpcall || function == coroutine_resume)
      return true;
  }
  return false;
}

// ---- tasks ----

static int end_task(lua_State *L, int status, lua_KContext context) {
  (void)context;
  lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
  lua_replace(L, 1);  // in place of the message handler
  return lua_gettop(L);
}

static int run_task(lua_State *L) {
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, end_task);
  return end_task(L, status, 0);
}

void bridge_push_task_body(lua_State *L) { lua_pushcfunction(L, run_task); }

// ---- the state ----

// What Swift needs to report that a script has used up all memory. A script gets nothing more as long
// as it is not there.
static void *reserve;
enum { RESERVE = 1 << 20 };

// A block that is to be the next one of exactly this size; see bridge_push_block.
static void *offered;
static size_t offered_size;
// The size of the next block that is asked for, while it is 1.
static size_t noted_size;

static void *allocate(void *data, void *block, size_t old_size, size_t size) {
  (void)data;
  if (!block && noted_size == 1) noted_size = size;
  if (!block && offered && size == offered_size) {
    void *given = offered;
    offered = NULL;
    return given;
  }
  if (size == 0) {
    free(block);
    return NULL;
  }
  bool grows = !block || size > old_size;
  if (grows && !in_swift && !reserve && !(reserve = malloc(RESERVE))) return NULL;
  void *moved = realloc(block, size);
  if (!moved) {
    // In a script this becomes Lua's "not enough memory"; its longjmp may not cross a Swift frame.
    if (in_swift) host.out_of_memory();
    free(reserve);
    reserve = NULL;
  }
  return moved;
}

// A long string has its bytes in the block of its own object, behind a head. So a block that holds the
// bytes at that place can become the object: the allocator gives it to Lua for the string, and Lua
// copies the bytes onto themselves. Should a Lua make its strings otherwise, it copies them elsewhere.
void bridge_push_block(lua_State *L, void *block, size_t length) {
  enum { SAMPLE = 1000 };
  static size_t head;
  if (!head) {
    char sample[SAMPLE] = {0};
    noted_size = 1;
    lua_pushlstring(L, sample, SAMPLE);
    head = noted_size - SAMPLE - 1;
    noted_size = 0;
    lua_pop(L, 1);
  }
  size_t size = head + length + 1;
  bool fits = length > SAMPLE && head <= 64;
  char *grown = fits ? realloc(block, size) : block;
  if (!grown) host.out_of_memory();
  if (fits) {
    memmove(grown + head, grown, length);
    offered = grown;
    offered_size = size;
  }
  lua_pushlstring(L, fits ? grown + head : grown, length);
  if (!fits || offered) free(grown);
  offered = NULL;
}

void bridge_interrupt(void) { atomic_store(&interrupt_wanted, true); }

static void look_for_interrupt(lua_State *L, lua_Debug *record) {
  (void)record;
  if (!atomic_exchange(&interrupt_wanted, false)) return;
  in_swift = true;
  int result = host.interrupted(L);
  in_swift = false;
  if (result == BRIDGE_RAISE) lua_error(L);
}

static int panic(lua_State *L) {
  (void)L;
  host.out_of_memory();
  return 0;
}

lua_State *bridge_new_state(const bridge_host *new_host) {
  static const luaL_Reg coroutine_functions[] = {
      {"resume", coroutine_resume},           {"wrap", coroutine_wrap},
      {"yield", coroutine_yield},             {"running", coroutine_running},
      {"isyieldable", coroutine_isyieldable}, {"close", coroutine_close},
      {NULL, NULL}};
  host = *new_host;
  main_task = current_task = closing = NULL;
  unwinding = 0;
  in_swift = true;
  atomic_store(&interrupt_wanted, false);
  lua_State *L = lua_newstate(allocate, NULL);
  if (!L) return NULL;
  lua_atpanic(L, panic);
  luaL_openlibs(L);
  lua_pushcfunction(L, catch_pcall);
  lua_setglobal(L, "pcall");
  lua_pushcfunction(L, catch_xpcall);
  lua_setglobal(L, "xpcall");
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, coroutine_functions, 0);
  lua_pop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &trace_mark);
  lua_getglobal(L, "debug");
  lua_getfield(L, -1, "traceback");
  lua_pushcclosure(L, debug_traceback, 1);
  lua_setfield(L, -2, "traceback");
  lua_pop(L, 1);
  lua_sethook(L, look_for_interrupt, LUA_MASKCOUNT, HOOK_INTERVAL);
  return L;
}
