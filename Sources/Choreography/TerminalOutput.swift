import Events

/// What consoles show on standard error: written as it takes it, so that a terminal that is stopped,
/// or a pipe that nobody reads, holds up no machine.
@Supervisor final class TerminalOutput {
  static let shared = TerminalOutput()

  /// More than this waits for nobody: it is lost.
  private static let limit = 1 << 20
  private static let pause = 0.02

  /// Writes what is taken without waiting, and says how much; negative when nothing ever will be.
  var offer: @Sendable (ArraySlice<UInt8>) -> Int = { $0.count }
  private var queue: [UInt8] = []
  private var isWaiting = false

  func write(_ bytes: [UInt8]) {
    if queue.count + bytes.count > Self.limit { return }
    queue += bytes
    if !isWaiting { flush() }
  }

  /// Waits until all is written, or so many seconds.
  func drain(_ seconds: Double) async {
    let deadline = Deadline.after(seconds)
    while !queue.isEmpty, !deadline.hasPassed {
      let moment = Event<Bool>()
      _ = await moment.wait(until: min(deadline, .after(Self.pause)))
    }
  }

  private func flush() {
    isWaiting = false
    var start = 0
    while start < queue.count {
      let count = offer(queue[start...])
      if count < 0 {
        queue = []
        return
      }
      if count == 0 { break }
      start += count
    }
    queue.removeFirst(start)
    guard !queue.isEmpty else { return }
    isWaiting = true
    Timer(at: .after(Self.pause)) { self.flush() }
  }
}
