import Events

/// What a script can read from: the inbox of a connection, the output of a process. Used from any
/// thread.
public protocol StreamReading: AnyObject, Sendable {
  /// Set whenever there is something to read, or nothing more will come.
  var readable: Event<Bool> { get }
  var isFramed: Bool { get }
  /// All was read and nothing more will come.
  var hasEnded: Bool { get }
  /// At most `limit` bytes, or one frame. Throws what it was refused or ended with.
  func read(_ limit: Int) throws(MachineError) -> Inbox.Taken
  /// A line without its line feed; the last one may have had none.
  func readLine() throws(MachineError) -> Inbox.Taken
  /// How many bytes or frames can be read, 0 at the end; nil when there is nothing yet.
  func look() throws(MachineError) -> Int?
}

extension StreamReading {
  public func read() throws(MachineError) -> Inbox.Taken { try read(.max) }
}

extension Inbox: StreamReading {}
