import Events
import Glibc
import Processes

/// A client of one QEMU's monitor (docs/interop/qmp-spec.txt of QEMU).
@Supervisor public final class QMP {
  /// What is kept of one answer or event, in bytes; a longer one is passed over, and its command
  /// fails. QMP's longest answers (query-qmp-schema) are some 200 KiB.
  static let lineLimit = 16 << 20

  /// Set to QEMU's greeting when QEMU has answered qmp_capabilities.
  public nonisolated let greeting = Event<JSON>()
  /// Set when the connection has ended and all that came over it has been delivered.
  public nonisolated let ended = Event<Bool>()

  private var words = JSON.null
  /// Called before `greeting` is set.
  var onGreeting: @Supervisor () -> Void = {}
  /// Called with each command that is over.
  var onAnswer: (@Supervisor (QMPAnswer) -> Void)?

  private let stream: ByteStream
  private let machine: String
  private let onEvent: @Supervisor (QMPEvent) -> Void
  private var lines = LineBuffer(limit: QMP.lineLimit)
  private var requests: [Int64: Reply] = [:]
  private var lastID: Int64 = 0
  /// Of the line that is being taken, in bytes.
  private var lineLength = 0

  private typealias Answer = Result<JSON, MachineError>
  private typealias Reply = (command: String, answer: (Answer) -> Void)

  public init(
    _ socket: consuming Descriptor, machine: String,
    onEvent: @escaping @Supervisor (QMPEvent) -> Void = { _ in }
  ) {
    self.machine = machine
    self.onEvent = onEvent
    stream = ByteStream(socket)
    stream.onBytes = { [weak self] in self?.take($0) }
    stream.onEnd = { [weak self] in self?.end() }
    // QEMU reads it when it has greeted. Events come from then on.
    send("qmp_capabilities", nil, until: .never) { [weak self] answer in
      guard case .success = answer, let self else { return }
      self.onGreeting()
      self.greeting.set(self.words)
    }
  }

  /// Runs a command and gives what it returned. Errors of kind qmp carry QMP's class; kind timeout
  /// comes at the deadline, kind exited when QEMU ends first.
  public func execute(
    _ command: String, _ arguments: JSON? = nil, until deadline: Deadline = .never
  ) async throws(MachineError) -> JSON {
    let answer = await withCheckedContinuation { continuation in
      send(command, arguments, until: deadline) { continuation.resume(returning: $0) }
    }
    return try answer.get()
  }

  /// Sends a command whose answer nobody wants.
  public func send(_ command: String, _ arguments: JSON? = nil) {
    send(command, arguments, until: .never) { _ in }
  }

  private func send(
    _ command: String, _ arguments: JSON?, until deadline: Deadline,
    _ answer: @escaping (Answer) -> Void
  ) {
    if ended.value != nil { return answer(.failure(gone(command))) }
    lastID += 1
    let id = lastID
    let timer =
      deadline == .never
      ? nil
      : Timer(at: deadline) { [weak self] in
        guard let self else { return }
        self.settle(id, .failure(self.late(command)))
      }
    let began = Instant.now
    requests[id] = (
      command,
      { [weak self] result in
        timer?.cancel()
        if let self {
          self.onAnswer?(
            QMPAnswer(
              command: command, arguments: arguments, seconds: Instant.now.seconds(since: began),
              result: result, length: self.lineLength))
        }
        answer(result)
      }
    )
    var members = [JSON.Member("execute", .string(command)), JSON.Member("id", .integer(id))]
    if let arguments { members.append(JSON.Member("arguments", arguments)) }
    stream.send(Array(JSON.object(members).encoded.utf8) + [0x0a])
  }

  /// QEMU has ended: takes what it had still said.
  func finish() {
    stream.drain()
    stream.close()
  }

  private func settle(_ id: Int64, _ answer: Answer) {
    requests.removeValue(forKey: id)?.answer(answer)
  }

  private func take(_ bytes: [UInt8]) {
    for line in lines.take(bytes) {
      if line.isCut { passOver(tail: line.bytes) } else { take(line: line.bytes) }
    }
  }

  /// An answer that was too long. QEMU writes its id last.
  private func passOver(tail: [UInt8]) {
    let text = String(decoding: tail, as: UTF8.self)
    let mark = "\"id\": "
    guard text.hasSuffix("}") || text.hasSuffix("}\r"),
      let start = text.ranges(of: mark).last?.upperBound,
      let id = Int64(text[start...].prefix { $0.isNumber }), let request = requests[id]
    else { return }
    let limit = Self.lineLimit >> 20
    settle(
      id,
      .failure(
        MachineError(
          .qmp, "QMP command '\(request.command)' failed: its answer is longer than \(limit) MiB",
          machine: machine)))
  }

  /// What is no message is skipped: the spec lets QEMU add kinds of message.
  private func take(line: [UInt8]) {
    guard let message = try? JSON.parse(line) else { return }
    lineLength = line.count
    defer { lineLength = 0 }
    if message["QMP"] != nil {
      words = message
    } else if let name = message["event"]?.text {
      let seconds = message["timestamp"]?["seconds"]?.integer ?? 0
      let microseconds = message["timestamp"]?["microseconds"]?.integer ?? 0
      let time = Double(seconds) + Double(microseconds) / 1e6
      onEvent(QMPEvent(name: name, data: message["data"] ?? .object([]), time: time))
    } else if let id = message["id"]?.integer, let request = requests[id] {
      if let value = message["return"] {
        settle(id, .success(value))
      } else {
        settle(id, .failure(refusal(request.command, message["error"])))
      }
    }
  }

  private func end() {
    guard ended.value == nil else { return }
    ended.set(true)
    for id in requests.keys.sorted() {
      settle(id, .failure(gone(requests[id]?.command ?? "")))
    }
  }

  private func refusal(_ command: String, _ error: JSON?) -> MachineError {
    let text = error?["desc"]?.text ?? "no reason given"
    var refusal = MachineError(.qmp, "QMP command '\(command)' failed: \(text)", machine: machine)
    refusal.qmpClass = error?["class"]?.text
    return refusal
  }

  private func gone(_ command: String) -> MachineError {
    MachineError(
      .exited, "machine '\(machine)' ended before QMP command '\(command)' was answered",
      machine: machine)
  }

  private func late(_ command: String) -> MachineError {
    MachineError(
      .timeout, "QMP command '\(command)' to machine '\(machine)' was not answered in time",
      machine: machine)
  }
}
