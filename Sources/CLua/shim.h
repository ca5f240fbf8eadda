#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

// Macros that Swift does not import.
static const int lua_registry_index = LUA_REGISTRYINDEX;
static inline int lua_upvalue_index(int i) { return lua_upvalueindex(i); }
static inline void lua_pop_values(lua_State *L, int n) { lua_pop(L, n); }
static inline void lua_new_table(lua_State *L) { lua_newtable(L); }
static inline void **lua_extra_space(lua_State *L) { return (void **)lua_getextraspace(L); }
