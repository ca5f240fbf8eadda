import Events

/// The room that machines share: they take what memory they were declared with, and give it back at
/// their end. One for which there is no room waits, instead of making the host swap or kill.
@Supervisor public final class HostRoom {
  public static let shared = HostRoom()

  /// What may be taken.
  public struct Limits: Sendable {
    /// Machines of this run at a time; nil for any number.
    public var jobs: Int?
    /// Bytes for all machines of this user; nil for what the host, or the cgroup, has.
    public var memory: UInt64?

    public init(jobs: Int? = nil, memory: UInt64? = nil) {
      self.jobs = jobs
      self.memory = memory
    }
  }

  /// What a QEMU takes besides its guest's memory, in bytes, roughly: translated code and devices
  /// (150 MB of a microvm's 225 MB under TCG are the guest's, QEMU 7.2).
  public nonisolated static let overhead: UInt64 = 64 << 20

  /// What a machine counts with at most, in bytes, whose memory was not declared: a guest of the usual
  /// size seldom uses it all.
  public nonisolated static let undeclaredMemory: UInt64 = 512 << 20

  typealias Holder = (name: String, bytes: UInt64)
  private var limits = Limits()
  private(set) var holders: [Holder] = []
  private var requests: [RoomRequest] = []
  private var isClosed = false
  private let ledger: any RoomLedger

  init(ledger: any RoomLedger = RunLedger()) { self.ledger = ledger }

  /// Calls `start` now if there is room for a machine of so many bytes, else later: then a request
  /// is returned, and what `start` throws goes to `onFailure`. The room is taken until `leave`.
  public func enter(
    _ name: String, memory: UInt64, _ limits: Limits,
    start: @escaping @Supervisor () throws(MachineError) -> Void,
    onFailure: @escaping @Supervisor (MachineError) -> Void
  ) throws(MachineError) -> RoomRequest? {
    self.limits = limits
    let request = RoomRequest(
      name, bytes: memory + Self.overhead, start: start, onFailure: onFailure)
    if take(request) {
      do throws(MachineError) {
        try start()
        return nil
      } catch {
        leave(name)
        throw error
      }
    }
    requests.append(request)
    ledger.watch { [weak self] in self?.admit() }
    // It may have become free in between.
    admit()
    return request.isWaiting ? request : nil
  }

  /// The machine has ended.
  public func leave(_ name: String) {
    guard let index = holders.firstIndex(where: { $0.name == name }) else { return }
    holders.remove(at: index)
    ledger.locked { ledger.publish(held) }
    admit()
  }

  /// It is not to be started any more.
  public func cancel(_ request: RoomRequest) {
    requests.removeAll { $0 === request }
    request.settle()
    if requests.isEmpty { ledger.unwatch() }
  }

  /// Nothing is started any more: the run ends.
  public func close() {
    isClosed = true
    requests = []
    ledger.unwatch()
  }

  /// What a request waits for: "320M of memory: a (320M) has 320M of …".
  public func reason(_ request: RoomRequest) -> String {
    shortage(request.bytes, others: ledger.locked { ledger.others() }) ?? "its start"
  }

  /// Starts those for which there is room, first come first served; a smaller one may pass. A start
  /// that fails gives its room back, and so comes here again.
  private func admit() {
    while !isClosed, let index = requests.firstIndex(where: take) {
      let request = requests.remove(at: index)
      do throws(MachineError) {
        try request.start()
      } catch {
        leave(request.name)
        request.onFailure(error)
      }
      request.settle()
    }
    if requests.isEmpty { ledger.unwatch() }
  }

  private var held: UInt64 { holders.reduce(0) { $0 &+ $1.bytes } }

  private func take(_ request: RoomRequest) -> Bool {
    ledger.locked {
      guard shortage(request.bytes, others: ledger.others()) == nil else { return false }
      holders.append((request.name, request.bytes))
      ledger.publish(held)
      return true
    }
  }

  /// What is lacking; nil if there is room. A machine that would be alone always has it: whether the
  /// host can hold it at all was asked before.
  private func shortage(_ bytes: UInt64, others: UInt64) -> String? {
    if let jobs = limits.jobs, holders.count >= jobs {
      return
        "its turn: \(Self.list(holders.map(\.name))) \(holders.count == 1 ? "runs" : "run"), and"
        + " --jobs allows \(jobs) at a time"
    }
    guard !holders.isEmpty || others > 0 else { return nil }
    let limit = limits.memory.map { HostMemory(bytes: $0, owner: "--memory") } ?? HostMemory.room()
    guard let limit, held &+ others &+ bytes > limit.bytes else { return nil }
    var have: [String] = holders.map { "\($0.name) has \(HostMemory.shown($0.bytes))" }
    if others > 0 { have.append("other runs have \(HostMemory.shown(others))") }
    return
      "\(HostMemory.shown(bytes)) of memory: of \(limit.owner)'s \(HostMemory.shown(limit.bytes)),"
      + " \(Self.list(have))"
  }

  private static func list(_ words: [String]) -> String {
    let shown = words.count > 5 ? words.prefix(4) + ["\(words.count - 4) more"] : words[...]
    return shown.count < 2
      ? shown.first ?? "" : shown.dropLast().joined(separator: ", ") + " and \(shown.last!)"
  }
}
