import CProcess
import Events

/// Brings signals to the supervisor, by real handlers and a pipe: a signalfd would need the signals
/// blocked, and what the script starts by `io.popen` would inherit that.
@Supervisor public enum Signals {
  private static var watch: Watch?
  /// Never closed: handlers may write to it at any time.
  private static var ends: (reader: DescriptorBox, writer: DescriptorBox)?

  /// Calls `handler` for each signal that comes from now on, in the place of any handler before.
  /// Signals that the run was started to ignore stay ignored, as nohup's SIGHUP.
  public static func install(
    handler: @escaping @Supervisor (Signal) -> Void
  ) throws(ProcessError) {
    if ends == nil {
      let (reader, writer) = try Descriptor.pipe().split()
      for end in [reader, writer] {
        _ = try end.use { end throws(ProcessError) in try end.setNonblocking() }
      }
      ends = (reader, writer)
      let numbers = Signal.allCases.filter { !$0.isOptional }.map(\.number)
      signals_catch(numbers, Int32(numbers.count), writer.number)
    }
    watch?.cancel()
    guard let reader = ends?.reader else { return }
    watch = Watch(reader.number) { _ in
      let bytes = (try? reader.use { try $0.read(upTo: 64) }) ?? nil
      for byte in bytes ?? [] {
        if let signal = Signal(number: Int32(byte)) { handler(signal) }
      }
    }
  }

  /// Brings this signal too from now on, even if the run was started to ignore it.
  public static func add(_ signal: Signal) {
    // Without a pipe there is nobody to be told.
    if ends != nil { signals_add(signal.number) }
  }

  /// Stops this process, all its threads, as Ctrl-Z does if nobody catches it; returns when it has
  /// been continued. The time between is no time of the run's clock. Children in groups of their
  /// own are not stopped.
  public static func stopSelf() {
    let start = Instant.monotonic()
    signals_stop()
    Instant.excludeTime(since: start)
  }
}
