import Events
import Synchronization

/// A machine that waits for room.
public final class RoomRequest: Sendable {
  public let name: String
  /// Set when it waits no more: it was started, could not be, or was given up.
  public let settled = Event<Bool>()
  let bytes: UInt64
  let start: @Supervisor @Sendable () throws(MachineError) -> Void
  let onFailure: @Supervisor @Sendable (MachineError) -> Void

  init(
    _ name: String, bytes: UInt64,
    start: @escaping @Supervisor @Sendable () throws(MachineError) -> Void,
    onFailure: @escaping @Supervisor @Sendable (MachineError) -> Void
  ) {
    self.name = name
    self.bytes = bytes
    self.start = start
    self.onFailure = onFailure
  }

  public var isWaiting: Bool { settled.value == nil }

  func settle() { settled.set(true) }
}
