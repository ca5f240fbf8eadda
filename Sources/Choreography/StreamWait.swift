import Events
import Machines
import Scripting

/// Reads from a stream: some bytes, a line, or all until its end.
final class StreamWait: Wait {
  enum Format {
    /// As many bytes as there are, at most this many, at least one.
    case bytes(Int)
    case line
    case all
  }

  /// What `read "all"` gathers at most, in bytes: the other side may go on for ever.
  static let limit = 256 << 20

  private let source: StreamSource
  private let format: Format
  private let limit: TimeLimit
  var deadline: Deadline { limit.deadline }
  private var gathered: [UInt8] = []
  private var result: Result<[UInt8]?, ScriptError>?

  init(_ source: StreamSource, _ format: Format, timeout: Double?) {
    self.source = source
    self.format = format
    limit = source.run.limit(timeout)
  }

  /// `read()`, `read(n)`, `read "line"`, `read "all"`, each with `{ timeout }`.
  static func read(_ call: Call, _ source: StreamSource) throws(ScriptError) -> Int {
    let format: Format
    if call.isAbsent(2) || call.text(2) == "some" {
      format = .bytes(.max)
    } else if let number = call.number(2), number >= 1, number < 1e15,
      number == number.rounded()
    {
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
    [source.inbox.readable.subscribe(wake)]
  }

  func poll() -> Bool {
    if result == nil {
      do throws(MachineError) {
        try look()
      } catch {
        result = .failure(ScriptError(error))
      }
    }
    return result != nil || deadline.hasPassed
  }

  private func look() throws(MachineError) {
    let inbox = source.inbox
    switch format {
    case .bytes(let limit): settle(try inbox.read(limit))
    case .line:
      if inbox.isFramed {
        throw MachineError(
          .usage, "\(source.shown) carries frames, which have no lines: use read()")
      }
      settle(try inbox.readLine())
    case .all:
      while case .bytes(let bytes) = try inbox.read() {
        gathered += bytes
        if gathered.count > Self.limit {
          throw MachineError(
            .connection,
            "\(source.shown) has sent more than \(Self.limit >> 20) MiB: read it piece by piece")
        }
      }
      if inbox.hasEnded { result = .success(gathered) }
    }
  }

  private func settle(_ taken: Inbox.Taken) {
    switch taken {
    case .bytes(let bytes): result = .success(bytes)
    case .end: result = .success(nil)
    case .nothing: break
    }
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    switch result {
    case .success(let bytes): return call.results(bytes.map { .string($0) } ?? .nil)
    case .failure(let error): throw error
    case nil:
      throw ScriptError(
        .timeout, "\(limit.text) waiting for \(purpose)")
    }
  }
}

/// `for line in x:lines() do`: waits for each line; ends with the stream.
final class LineReader: ScriptObject {
  static let typeName = "lines"
  private let source: StreamSource
  private let timeout: Double?

  private init(_ source: StreamSource, timeout: Double?) {
    self.source = source
    self.timeout = timeout
  }

  /// `lines { timeout }`.
  static func make(_ call: Call, _ source: StreamSource) throws(ScriptError) -> Int {
    let options = try Fields(call, 2, of: "lines", known: ["timeout"])
    return call.results(
      .object(LineReader(source, timeout: try options.seconds("timeout"))))
  }

  static var metamethods: [String: NativeFunction] {
    [
      "__call": { call throws(ScriptError) in
        guard let reader = call.object(1) as? LineReader else { return 0 }
        return try call.wait(StreamWait(reader.source, .line, timeout: reader.timeout))
      }
    ]
  }
}
