import CLua

/// Whether the Lua state still stands, for those who may outlive it. Not a weak reference to the
/// interpreter: one of those makes every retain of it take the slow path.
final class Lifeline {
  private var state: OpaquePointer?

  init(_ state: OpaquePointer) { self.state = state }

  func cut() { state = nil }

  /// Drops a reference in the registry, if there still is one.
  func release(_ reference: Int32) {
    if let state { luaL_unref(state, lua_registry_index, reference) }
  }
}
