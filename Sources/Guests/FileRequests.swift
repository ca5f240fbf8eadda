import Events
import Glibc
import Processes

/// A file on its way into the guest.
@Supervisor public final class PutRequest: AgentRequest {
  public enum Source: Sendable {
    case bytes([UInt8])
    /// An open file of the host's, from its beginning to its end.
    case file(DescriptorBox, named: String)
  }

  public nonisolated let answer = Event<Result<Void, AgentError>>()
  private let number: UInt32
  private weak var client: AgentClient?
  private let source: Source
  private lazy var input: InputStream = makeInput()

  init(client: AgentClient, number: UInt32, _ source: Source) {
    self.client = client
    self.number = number
    self.source = source
  }

  private func makeInput() -> InputStream {
    guard let client else { preconditionFailure("a request belongs to a client") }
    switch source {
    case .bytes(let bytes):
      let input = InputStream(client: client, request: number)
      input.write(bytes)
      input.close()
      return input
    case .file(let file, let name):
      return InputStream(client: client, request: number) { [weak self] limit in
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
          repeat {
            count = Glibc.read(file.number, buffer.baseAddress!, limit)
          } while count < 0
            && errno == EINTR
          if count < 0 { self?.stop(for: name, errno) }
          count = max(0, count)
        }
        return bytes.isEmpty ? nil : bytes
      }
    }
  }

  private func stop(for name: String, _ code: Int32) {
    client?.drop(number)
    fail(.host("read", name, code))
  }

  /// Nobody waits for it any more: what has arrived stays in the guest.
  public func cancel() {
    guard answer.value == nil else { return }
    client?.drop(number)
    fail(AgentError(.ended, "the request was taken back"))
  }

  func begin() { input.open() }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .credit:
      input.grant(Int(body.littleOrZero(UInt32.self, at: 0)))
      return false
    case .done: finish(.success(()))
    case .error: finish(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { finish(.failure(error)) }

  private func finish(_ result: Result<Void, AgentError>) {
    if answer.value == nil { answer.set(result) }
    if case .file(let file, _) = source { file.close() }
  }
}

/// Takes the bytes of a file as they come.
@Supervisor protocol ByteSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(AgentError)
}

/// A file on its way out of the guest.
@Supervisor public final class GetRequest: AgentRequest {
  /// Keeps it in memory.
  final class Kept: ByteSink {
    let content = ByteBlock()
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func write(_ bytes: UnsafeRawBufferPointer) throws(AgentError) {
      guard content.count + bytes.count <= limit, content.append(bytes) == bytes.count else {
        throw AgentError(
          .refused,
          "it has more than the \(limit >> 20) MiB that can be read at once; fetch it with get",
          code: EFBIG)
      }
    }
  }

  /// Its content, empty if it went into a file.
  public nonisolated let answer = Event<Result<GuestFile, AgentError>>()
  private let sink: any ByteSink
  private var mode: UInt32 = 0
  private var uncredited = 0
  private weak var client: AgentClient?
  private let number: UInt32

  init(client: AgentClient, number: UInt32, _ sink: any ByteSink) {
    self.client = client
    self.number = number
    self.sink = sink
  }

  /// Nobody waits for it any more.
  public func cancel() {
    guard answer.value == nil else { return }
    client?.drop(number)
    fail(AgentError(.ended, "the request was taken back"))
  }

  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool {
    switch Frame.Kind(rawValue: frame.kind) {
    case .file:
      mode = body.littleOrZero(UInt32.self, at: 0) & 0o7777
      return false
    case .data:
      do throws(AgentError) {
        try sink.write(body)
      } catch {
        client?.drop(number)
        answer.set(.failure(error))
        return true
      }
      client?.credit(number, body.count, &uncredited)
      return false
    case .done:
      answer.set(.success(GuestFile(content: (sink as? Kept)?.content ?? ByteBlock(), mode: mode)))
    case .error: answer.set(.failure(error(from: body)))
    default: return false
    }
    return true
  }

  func fail(_ error: AgentError) { answer.set(.failure(error)) }
}

extension AgentClient {
  /// Gives credit for what was dealt with, not for each frame: a credit costs the guest a wake-up.
  func credit(_ number: UInt32, _ count: Int, _ uncredited: inout Int) {
    uncredited += count
    guard uncredited >= Frame.outputWindow / 4 else { return }
    var body: [UInt8] = []
    body.appendLittle(UInt32(uncredited))
    uncredited = 0
    send(.credit, number, stream: .output, body: body)
  }
}

extension AgentError {
  static func host(_ verb: String, _ name: String, _ code: Int32) -> AgentError {
    AgentError(.host, "cannot \(verb) '\(name)': \(String(cString: strerror(code)))", code: code)
  }
}
