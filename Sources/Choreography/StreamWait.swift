import Events
import Machines
import Scripting

/// What can be read from and written to: a cable's end, a connection.
struct StreamSource {
  var run: Run
  var shown: String
  var readable: any Waking
  /// At most so many bytes; empty when there is nothing yet, nil at the end.
  var read: (Int) throws(ScriptError) -> [UInt8]?
  /// A line without its end; nil when there is none yet.
  var line: () throws(ScriptError) -> [UInt8]?
  var hasEnded: () -> Bool
  var write: ([UInt8]) throws(ScriptError) -> Void

  static func ask<Value: Sendable>(
    _ body: @escaping @Supervisor @Sendable () throws(MachineError) -> Value
  ) throws(ScriptError) -> Value {
    do throws(MachineError) { return try Supervisor.sync(body) } catch { throw ScriptError(error) }
  }
}

/// What scripts read from and write to.
protocol StreamObject: ScriptObject {
  var source: StreamSource { get }
}

extension StreamObject {
  static var streamMethods: [String: NativeFunction] {
    [
      "read": { call throws(ScriptError) in try StreamWait.read(call, source(call)) },
      "lines": { call in call.results(.object(LineReader(source(call)))) },
      "write": { call throws(ScriptError) in
        guard let bytes = call.bytes(2) else {
          throw .usage("write wants a string, got \(call.typeName(2))")
        }
        try source(call).write(bytes)
        return 0
      },
    ]
  }

  private static func source(_ call: Call) -> StreamSource { (call.object(1) as! Self).source }
}

/// Reads from a stream: some bytes, a line, or all until its end.
final class StreamWait: Wait {
  enum Format {
    /// As many bytes as there are, at most this many, at least one.
    case bytes(Int)
    case line
    case all
  }

  private let source: StreamSource
  private let format: Format
  private let timeout: Double
  let deadline: Deadline
  private var gathered: [UInt8] = []
  private var result: Result<[UInt8]?, ScriptError>?

  init(_ source: StreamSource, _ format: Format, timeout: Double?) {
    self.source = source
    self.format = format
    self.timeout = timeout ?? source.run.defaultTimeout
    deadline = source.run.deadline(self.timeout)
  }

  /// `read()`, `read(n)`, `read "line"`, `read "all"`, each with `{ timeout }`.
  static func read(_ call: Call, _ source: StreamSource) throws(ScriptError) -> Int {
    let format: Format
    if call.isAbsent(2) || call.text(2) == "some" {
      format = .bytes(.max)
    } else if let number = call.number(2), number >= 1, number < 1e15 {
      format = .bytes(Int(number))
    } else if call.text(2) == "line" {
      format = .line
    } else if call.text(2) == "all" {
      format = .all
    } else {
      throw .usage(
        "read wants a number of bytes, \"line\" or \"all\", got \(try call.value(2).shown)")
    }
    let options = try Fields(call, 3, of: "read", known: ["timeout"])
    return try call.wait(StreamWait(source, format, timeout: try options.seconds("timeout")))
  }

  var purpose: String { "something to read from \(source.shown)" }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [source.readable.subscribe(wake)]
  }

  func poll() -> Bool {
    do throws(ScriptError) {
      if result == nil { result = try look().map { .success($0) } }
    } catch {
      result = .failure(error)
    }
    return result != nil || deadline.hasPassed
  }

  /// Nil: not yet. `.some(nil)`: the end.
  private func look() throws(ScriptError) -> [UInt8]?? {
    switch format {
    case .bytes(let limit):
      guard let bytes = try source.read(limit) else { return .some(nil) }
      if bytes.isEmpty { return nil }
      return .some(bytes)
    case .line:
      if let line = try source.line() { return .some(line) }
      if source.hasEnded() { return .some(nil) }
      return nil
    case .all:
      while let bytes = try source.read(.max) {
        if bytes.isEmpty { return nil }
        gathered += bytes
      }
      return .some(gathered)
    }
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    switch result {
    case .success(let bytes): return call.results(bytes.map { .string($0) } ?? .nil)
    case .failure(let error): throw error
    case nil:
      throw ScriptError(
        .timeout, "timed out after \(formatted(timeout)) s waiting for \(purpose)")
    }
  }
}

/// `for line in x:lines() do`: waits for each line; ends with the stream.
final class LineReader: ScriptObject {
  static let typeName = "lines"
  private let source: StreamSource

  init(_ source: StreamSource) { self.source = source }

  static var metamethods: [String: NativeFunction] {
    [
      "__call": { call throws(ScriptError) in
        guard let reader = call.object(1) as? LineReader else { return 0 }
        return try call.wait(StreamWait(reader.source, .line, timeout: nil))
      }
    ]
  }
}
