import Events
import Machines
import ProtoMessages
import Scripting

/// Finds what a method takes and gives: in the client's schema, or by asking the server.
final class MethodLookup {
  let name: MethodName
  private let client: GRPCClientObject
  private var answer: Event<Result<[[UInt8]], MachineError>>?

  init(_ client: GRPCClientObject, _ name: MethodName) {
    self.client = client
    self.name = name
  }

  var wakers: [any Waking] { answer.map { [$0] } ?? [] }

  /// Begins to ask, if need be.
  func begin(until deadline: Deadline) {
    guard client.asksServer, !client.schema.hasService(name.service) else { return }
    let answer = Event<Result<[[UInt8]], MachineError>>()
    self.answer = answer
    let reflection = ServerReflection(client)
    let service = name.service
    Supervisor.post {
      Task { @Supervisor in
        do throws(MachineError) {
          answer.set(.success(try await reflection.describe(service, until: deadline)))
        } catch {
          answer.set(.failure(error))
        }
      }
    }
  }

  /// Nil: not known yet.
  func method(_ status: GRPCStatus) throws(ScriptError) -> ServiceMethod? {
    if let answer {
      switch answer.value {
      case nil: return nil
      case .failure(let error):
        if error.kind == .connection, status.mayBeDeath() { return nil }
        throw ScriptError(error)
      case .success(let files): try client.schema.add(files: files)
      }
    }
    return try client.schema.method(name)
  }
}
