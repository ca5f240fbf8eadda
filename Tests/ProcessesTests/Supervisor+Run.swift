import Events

extension Supervisor {
  /// Runs `body` on the supervisor.
  static func run<Value: Sendable>(
    _ body: @Supervisor @Sendable () throws -> Value
  ) async rethrows -> Value { try await body() }
}
