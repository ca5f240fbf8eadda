import Events
import Glibc
import Notation
import Processes

/// A client of qemu-guest-agent, one command at a time. The port is a stream without a connection:
/// a new conversation begins with `synchronise`, whose number tells old answers from new.
@Supervisor final class QGAClient {
  private typealias Answer = Result<JSON, AgentError>

  private enum Question {
    case synchronisation(Int64)
    case command(Int64)
  }
  private var descriptor: Descriptor?
  private let number: Int32
  private var watch: Watch?
  private var parser = QGAParser()
  private var outgoing: [UInt8] = []
  private var question: Question?
  private var answer: CheckedContinuation<Answer, Never>?
  private var timer: Timer?
  /// Never the same twice, also over the runs that one guest sees.
  private var lastID = Int64.random(in: 0..<1 << 40)

  init(_ box: DescriptorBox) {
    descriptor = box.take()
    number = descriptor?.number ?? -1
    guard number >= 0 else { return }
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    watch = Watch(number) { [weak self] in self?.handle($0) }
  }

  isolated deinit { watch?.cancel() }

  /// Begins a conversation: waits until an agent answers, now or when one opens the port.
  func synchronise(until deadline: Deadline = .never) async throws(AgentError) {
    lastID += 1
    // The agent drops what it has of an earlier command at the sentinel.
    let text = Self.message("guest-sync-delimited", ["id": .integer(lastID)], id: nil)
    _ = try await ask(.synchronisation(lastID), [QGAParser.sentinel] + text, until: deadline)
  }

  /// Runs a command. Throws errors of kind refused in the agent's words, stuck when there is no
  /// answer in time, and restarted.
  func execute(
    _ command: String, _ arguments: JSON? = nil, until deadline: Deadline = .after(30)
  ) async throws(AgentError) -> JSON {
    lastID += 1
    let text = Self.message(command, arguments, id: lastID)
    return try await ask(.command(lastID), text, until: deadline)
  }

  /// Sends a command that has no answer when all goes well.
  func send(_ command: String, _ arguments: JSON) {
    lastID += 1
    outgoing += Self.message(command, arguments, id: lastID)
    flush()
  }

  /// Whom it talked to is gone.
  func forgetGuest() {
    outgoing = []
    settle(
      .failure(AgentError(.restarted, "qemu-guest-agent or its guest started again meanwhile")))
  }

  private static func message(_ command: String, _ arguments: JSON?, id: Int64?) -> [UInt8] {
    var members = [JSON.Member("execute", .string(command))]
    if let arguments { members.append(JSON.Member("arguments", arguments)) }
    if let id { members.append(JSON.Member("id", .integer(id))) }
    return Array(JSON.object(members).encoded.utf8) + [0x0a]
  }

  private func ask(
    _ question: Question, _ bytes: [UInt8], until deadline: Deadline
  ) async throws(AgentError) -> JSON {
    guard descriptor != nil else {
      throw AgentError(.ended, "the channel to qemu-guest-agent ended")
    }
    settle(.failure(AgentError(.restarted, "another question was asked of qemu-guest-agent")))
    let answer = await withCheckedContinuation { continuation in
      self.question = question
      self.answer = continuation
      if deadline != .never {
        timer = Timer(at: deadline) { [weak self] in
          self?.settle(.failure(AgentError(.stuck, "qemu-guest-agent does not answer")))
        }
      }
      outgoing += bytes
      flush()
    }
    return try answer.get()
  }

  private func settle(_ result: Answer) {
    timer?.cancel()
    timer = nil
    question = nil
    let waiting = answer
    answer = nil
    waiting?.resume(returning: result)
  }

  private func take(_ message: JSON) {
    switch question {
    case .synchronisation(let id):
      if message["return"]?.integer == id { settle(.success(.integer(id))) }
    case .command(let id):
      // Agents older than QEMU 4.0 do not give the number back.
      if let other = message["id"]?.integer, other != id { return }
      if let value = message["return"] {
        settle(.success(value))
      } else if let error = message["error"] {
        settle(.failure(AgentError(.refused, error["desc"]?.text ?? "no reason given")))
      }
    case nil: break
    }
  }

  // MARK: The channel

  private func handle(_ readiness: Watch.Readiness) {
    if readiness.contains(.writable) { flush() }
    guard !readiness.isDisjoint(with: [.readable, .ended]) else { return }
    var block = [UInt8](repeating: 0, count: 64 << 10)
    let count = read(number, &block, block.count)
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    guard count > 0 else {
      watch?.cancel()
      watch = nil
      descriptor = nil
      return settle(.failure(AgentError(.ended, "the channel to qemu-guest-agent ended")))
    }
    for message in parser.take(block[..<count]) { take(message) }
  }

  private func flush() {
    while !outgoing.isEmpty {
      let count = Glibc.send(number, outgoing, outgoing.count, Int32(MSG_NOSIGNAL))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      outgoing.removeFirst(count)
    }
    watch?.interest = outgoing.isEmpty ? .readable : [.readable, .writable]
  }
}
