import Events
import Machines
import Scripting

/// What can be read from and written to: a cable's end, a connection, a process.
struct StreamSource {
  var run: Run
  var shown: String
  var inbox: any StreamReading
  var outbox: Outbox
  /// Queues bytes; false when too many wait already.
  var write: ([UInt8]) throws(MachineError) -> Bool
}

/// What scripts read from, write to, and wait for.
protocol StreamObject: ScriptObject, Waitable {
  var source: StreamSource { get }
}

extension StreamObject {
  static var streamMethods: [String: NativeFunction] {
    [
      "read": { call throws(ScriptError) in try StreamWait.read(call, source(call)) },
      "lines": { call throws(ScriptError) in try LineReader.make(call, source(call)) },
      "write": { call throws(ScriptError) in try WriteWait.write(call, source(call)) },
    ]
  }

  private static func source(_ call: Call) -> StreamSource { (call.object(1) as! Self).source }

  // MARK: As an event: something to read, or the end. Takes nothing.

  var purpose: String { "something to read from \(source.shown)" }
  var wakers: [any Waking] { [source.inbox.readable] }

  func outcome() -> Outcome? {
    do throws(MachineError) {
      guard let count = try source.inbox.look() else { return nil }
      return .success { call in call.results(.integer(Int64(count))) }
    } catch {
      return .failure(ScriptError(error))
    }
  }
}
