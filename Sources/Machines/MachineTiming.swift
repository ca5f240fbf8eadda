import Events
import Notation
import Record
import Synchronization

/// When each boot of a machine came to each of its phases; tells the run's timeline too. May be used
/// from any thread.
public final class MachineTiming: Sendable {
  /// What tells that a kernel or an init began.
  enum Source: String { case console, agent }

  public struct Boot: Sendable {
    /// In seconds since the run began; those that were not seen are not there.
    public var seconds: [BootPhase: Double] = [:]
    /// How it ended.
    public var reason: MachineExit.Reason?
  }

  /// A guest that resets itself for ever does not fill the memory: later ones are only counted.
  static let limit = 1000

  private struct State {
    var number = 0
    var boots: [Boot] = []
  }
  private let state = Mutex(State())
  private let machine: String
  private let timeline: Timeline?

  init(of machine: String, _ timeline: Timeline?) {
    self.machine = machine
    self.timeline = timeline
  }

  /// All boots so far, the first ones if they are very many.
  public var boots: [Boot] { state.withLock { $0.boots } }

  /// Of the present or last boot, and which that is; nil before the first start.
  public var present: (number: Int, boot: Boot)? {
    state.withLock { state in state.boots.last.map { (state.number, $0) } }
  }

  /// QEMU executes, or the guest was reset.
  func begin(boot number: Int, byReset: Bool = false) {
    state.withLock { state in
      state.number = number
      if state.boots.count == Self.limit { state.boots.removeLast() }
      state.boots.append(Boot())
    }
    reach(.launched, members: byReset ? [JSON.Member("reset", true)] : [])
  }

  /// The boot comes to a phase, or came to it at `time`. The first to say so counts.
  func reach(_ phase: BootPhase, at time: Instant = .now, from source: Source? = nil) {
    let isSaid = phase == .kernel || phase == .initial
    reach(
      phase, at: time,
      members: source.flatMap {
        isSaid ? [JSON.Member("from", .string($0.rawValue))] : nil
      } ?? [])
  }

  private func reach(_ phase: BootPhase, at time: Instant = .now, members: [JSON.Member]) {
    let origin = timeline?.origin ?? time
    let seconds = (time.seconds(since: origin) * 1e6).rounded() / 1e6
    let isNew = state.withLock { state in
      guard let boot = state.boots.last, boot.seconds[phase] == nil else { return false }
      // A clock in the guest that cannot be right.
      if let launched = boot.seconds[.launched], seconds < launched { return false }
      state.boots[state.boots.count - 1].seconds[phase] = seconds
      return true
    }
    if isNew { tell(phase.rawValue, at: time, members) }
  }

  /// QEMU has ended.
  func end(_ exit: MachineExit) {
    state.withLock { state in
      if !state.boots.isEmpty { state.boots[state.boots.count - 1].reason = exit.reason }
    }
    var members = [JSON.Member("reason", .string(exit.reason.rawValue))]
    if let code = exit.code { members.append(JSON.Member("code", .integer(Int64(code)))) }
    if let signal = exit.signal { members.append(JSON.Member("signal", .integer(Int64(signal)))) }
    members.append(JSON.Member("asked", .bool(exit.isAsked)))
    reach(.exited, members: members)
  }

  // MARK: What is no phase

  /// What happens to it besides; `text` is how.
  func tell(_ phase: String, text: String? = nil) {
    tell(phase, at: .now, text.map { [JSON.Member("how", .string($0))] } ?? [])
  }

  func tellFailure(_ error: String) {
    tell("failed", at: .now, [JSON.Member("error", .string(error))])
  }

  private func tell(_ phase: String, at time: Instant, _ members: [JSON.Member]) {
    let number = state.withLock { $0.number }
    timeline?.tell(
      .machine, at: time,
      [
        JSON.Member("machine", .string(machine)), JSON.Member("phase", .string(phase)),
        JSON.Member("boot", .integer(Int64(number))),
      ] + members)
  }
}
