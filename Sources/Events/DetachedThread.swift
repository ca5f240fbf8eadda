import Glibc

/// A thread of its own for what sleeps in a system call that nothing calls off.
public enum DetachedThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `body` there. An errno if there is no thread to be had, else 0.
  @discardableResult public static func run(_ body: @escaping @Sendable () -> Void) -> Int32 {
    let body = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    if code == 0 { pthread_detach(thread) } else { body.release() }
    return code
  }
}
