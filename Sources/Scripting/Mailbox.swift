import CEvents
import Events
import Glibc
import Synchronization

/// Where other threads leave the numbers of tasks that should look again.
final class Mailbox: Sendable {
  private struct State {
    var letters: [UInt64] = []
    /// Only one who sleeps has to be rung for: it costs system calls on both sides.
    var isSleeping = false
    var isRung = false
  }
  private let state = Mutex(State())
  private let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

  deinit { close(bell) }

  func post(_ task: UInt64) { change { $0.letters.append(task) } }

  /// Ends the present or next sleep, without a letter.
  func ring() { change { $0.isRung = true } }

  private func change(_ body: (inout State) -> Void) {
    let mustWake = state.withLock { state in
      body(&state)
      defer { state.isSleeping = false }
      return state.isSleeping
    }
    if mustWake { eventfd_write(bell, 1) }
  }

  func collect() -> [UInt64] {
    state.withLock { state in
      defer { state.letters.removeAll() }
      return state.letters
    }
  }

  /// Sleeps until there is a letter, the source has something, or the deadline has passed; serves the
  /// source.
  func sleep(until deadline: Deadline, serving source: (any ScriptSource)?) {
    let maySleep = state.withLock { state in
      state.isSleeping = state.letters.isEmpty && !state.isRung
      state.isRung = false
      return state.isSleeping
    }
    guard maySleep else { return }
    let time = deadline == .never ? -1 : Int64(min(deadline.remaining, 1e6) * 1e9)
    let descriptor = source?.descriptor ?? -1
    let found = events_sleep(bell, descriptor, source?.wantsRoom ?? false, time)
    state.withLock { $0.isSleeping = false }
    if found & EVENTS_FIRST != 0 {
      var rings: eventfd_t = 0
      eventfd_read(bell, &rings)
    }
    if found & EVENTS_SECOND != 0 { source?.serve() }
  }
}
