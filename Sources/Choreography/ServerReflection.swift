import CallFrames
import Events
import Machines
import ProtoMessages
import RemoteCalls
import Scripting

/// Asks a server for descriptions of its services.
struct ServerReflection: Sendable {
  private let request: CallRequest
  private let server: String
  /// More than any server has; a guest is not trusted to come to an end.
  private static let maximumFiles = 10_000

  init(_ client: GRPCClientObject) {
    server = "the server on port \(client.mapping.guest)"
    request = client.request("", "", client.options, .never)
  }

  /// The descriptors of a service's file and all that it imports.
  @Supervisor func describe(
    _ service: String, until deadline: Deadline
  ) async throws(MachineError) -> [[UInt8]] {
    let session = try await open(deadline)
    var (call, answer) = (session.call, session.answer)
    defer { call.cancel() }
    var name = service
    answer = try await ask(call, .fileContaining(symbol: name), deadline)
    if case .error = answer {
      let all = try await services(call, deadline)
      name = try Self.nearest(service, all, server)
      answer = try await ask(call, .fileContaining(symbol: name), deadline)
    }
    var files = try files(answer)
    while let missing = try missingImport(of: files) {
      files += try self.files(try await ask(call, .file(named: missing), deadline))
      guard files.count < Self.maximumFiles else {
        throw MachineError(.connection, "\(server) describes itself without an end")
      }
    }
    return files
  }

  @Supervisor func services(until deadline: Deadline) async throws(MachineError) -> [String] {
    let session = try await open(deadline)
    defer { session.call.cancel() }
    return try await services(session.call, deadline)
  }

  @Supervisor private func services(
    _ call: RemoteCall, _ deadline: Deadline
  ) async throws(MachineError) -> [String] {
    guard case .services(let names) = try await ask(call, .services, deadline) else {
      throw MachineError(.connection, "\(server) does not say which services it has")
    }
    return names.filter { !$0.hasPrefix("grpc.reflection.") }
  }

  /// The one service of which this is the name's end; else an error that names what there is.
  private static func nearest(
    _ service: String, _ all: [String], _ server: String
  ) throws(MachineError) -> String {
    let found = all.filter { $0 == service || $0.hasSuffix(".\(service)") }
    if found.count == 1 { return found[0] }
    throw MachineError(
      .usage, "\(server) has no service '\(service)'" + Spelling.hint(service, among: all))
  }

  private func missingImport(of files: [[UInt8]]) throws(MachineError) -> String? {
    do throws(WireError) { return try ReflectionMessages.missingImports(of: files).first } catch {
      throw MachineError(.connection, "\(server) describes itself wrongly: \(error.message)")
    }
  }

  private func files(_ answer: ReflectionMessages.Answer) throws(MachineError) -> [[UInt8]] {
    switch answer {
    case .files(let files) where !files.isEmpty: return files
    case .error(_, let message):
      throw MachineError(.connection, "\(server) cannot describe itself: \(message)")
    default: throw MachineError(.connection, "\(server) gives no descriptors")
    }
  }

  // MARK: The conversation

  /// The first version of the service that the server has, shown by its answering.
  @Supervisor private func open(_ deadline: Deadline) async throws(MachineError) -> (
    call: RemoteCall, answer: ReflectionMessages.Answer
  ) {
    for path in ReflectionMessages.methods {
      var request = request
      request.service = String(path.prefix { $0 != "/" })
      request.method = String(path.drop { $0 != "/" }.dropFirst())
      let call = RemoteCall(request)
      call.send(ReflectionMessages.Question.services.encoded)
      if let answer = try await answer(call, deadline) { return (call, answer) }
    }
    throw MachineError(
      .connection,
      "\(server) has no reflection: say what its messages are, as in ports:grpc(port, { proto ="
        + " \"x.proto\" }) or { descriptors = \"x.binpb\" }")
  }

  @Supervisor private func ask(
    _ call: RemoteCall, _ question: ReflectionMessages.Question, _ deadline: Deadline
  ) async throws(MachineError) -> ReflectionMessages.Answer {
    call.send(question.encoded)
    guard let answer = try await answer(call, deadline) else {
      throw MachineError(.connection, "\(server) has stopped to describe itself")
    }
    return answer
  }

  /// Nil if the server does not have the method.
  @Supervisor private func answer(
    _ call: RemoteCall, _ deadline: Deadline
  ) async throws(MachineError) -> ReflectionMessages.Answer? {
    while true {
      call.changed.clear()
      if let bytes = call.takeMessage() {
        do throws(WireError) { return try ReflectionMessages.answer(bytes) } catch {
          throw MachineError(.connection, "\(server) describes itself wrongly: \(error.message)")
        }
      }
      if let failure = call.failure { throw failure }
      if let end = call.end {
        if end.code == 12 { return nil }
        throw MachineError(.connection, "\(server): \(end.status): \(end.message)")
      }
      guard await call.changed.wait(until: deadline) != nil else {
        throw MachineError(.timeout, "timed out waiting for \(server) to describe itself")
      }
    }
  }
}
