import CallFrames
import Events
import Machines
import ProtoMessages
import Scripting

/// `ports:grpc(2379)`: calls a server on a guest's port.
final class GRPCClientObject: ScriptObject {
  static let typeName = "gRPC client"

  let run: Run
  let ports: PortMapObject
  let mapping: PortMap.Mapping
  let schema: Schema
  /// Types come from the server, when they are needed.
  let asksServer: Bool
  let options: CallOptions
  private let messageLimit: UInt64

  private init(
    _ map: PortMapObject, _ mapping: PortMap.Mapping, _ schema: Schema?, _ options: CallOptions,
    _ messageLimit: UInt64?
  ) {
    run = map.run
    ports = map
    self.mapping = mapping
    self.schema = schema ?? Schema()
    asksServer = schema == nil
    self.options = options
    self.messageLimit = messageLimit ?? 4 << 20
  }

  static func make(_ call: Call, _ map: PortMapObject) throws(ScriptError) -> Int {
    let mapping = try map.target(call, "grpc")
    let known = SchemaSource.fields + CallOptions.fields + ["schema", "max_message"]
    let fields = try Fields(call, 3, of: "grpc", known: known)
    let options = try CallOptions(fields)
    let limit = try fields.size("max_message")
    guard limit ?? 0 <= 1 << 30 else { throw fields.wrong("max_message", "at most '1G'") }
    guard let source = try SchemaSource(fields, map.run) else {
      return call.results(.object(GRPCClientObject(map, mapping, nil, options, limit)))
    }
    return try source.load(call) { call, schema in
      call.results(.object(GRPCClientObject(map, mapping, schema, options, limit)))
    }
  }

  var shown: String { "gRPC client of port \(mapping.guest)" }

  /// A request for a method, complete but for its message.
  func request(
    _ service: String, _ method: String, _ options: CallOptions, _ deadline: Deadline
  ) -> CallRequest {
    var request = CallRequest(
      address: mapping.address, port: mapping.host, service: service, method: method)
    request.metadata = options.metadata
    request.messageLimit = UInt32(messageLimit)
    if deadline != .never {
      request.timeout = UInt32(clamping: Int64((deadline.remaining * 1000).rounded(.up)))
    }
    return request
  }

  // MARK: Methods

  static var methods: [String: NativeFunction] {
    [
      "call": { call throws(ScriptError) in try ask(call, "call", GRPCReply.init) },
      "stream": { call throws(ScriptError) in try ask(call, "stream", GRPCOpening.init) },
      "services": { call throws(ScriptError) in
        let client = of(call)
        if client.run.isRehearsal {
          return try call.wait(RehearsedWait("the services of a gRPC server"))
        }
        return try client.ports.whenStarted(call, client.options.timeout) {
          call throws(ScriptError) in
          try client.services(call)
        }
      },
    ]
  }

  /// Method `what`, with a method's name, a message and options; waits for the event made of them.
  private static func ask(
    _ call: Call, _ what: String,
    _ event: @escaping (GRPCClientObject, MethodLookup, Value, CallOptions) -> any Waitable
  ) throws(ScriptError) -> Int {
    let client = of(call)
    let lookup = try lookup(call, client, what)
    let options = try options(call, client, what)
    let message = try call.value(3)
    if client.run.isRehearsal {
      return try call.wait(RehearsedWait("the answer to '\(call.text(2) ?? "")' of a gRPC server"))
    }
    return try client.ports.whenStarted(call, options.timeout) { call throws(ScriptError) in
      let wanted = event(client, lookup, message, options)
      return try call.wait(EventWait(client.run, wanted, timeout: .infinity))
    }
  }

  private static func of(_ call: Call) -> GRPCClientObject { call.object(1) as! GRPCClientObject }

  private static func lookup(
    _ call: Call, _ client: GRPCClientObject, _ what: String
  ) throws(ScriptError) -> MethodLookup {
    guard let text = call.text(2) else {
      throw .usage("\(what) wants a method, as \"package.Service/Method\", got \(call.typeName(2))")
    }
    return MethodLookup(client, try MethodName(text))
  }

  private static func options(
    _ call: Call, _ client: GRPCClientObject, _ what: String
  ) throws(ScriptError) -> CallOptions {
    let fields = try Fields(call, 4, of: what, known: CallOptions.fields)
    return try CallOptions(fields).over(client.options)
  }

  /// The names of the services, sorted.
  private func services(_ call: Call) throws(ScriptError) -> Int {
    func push(_ call: Call, _ names: [String]) -> Int {
      call.results(.table(Table(positions: names.sorted().map { .string($0) })))
    }
    guard asksServer else { return push(call, schema.serviceNames) }
    Ending.shared.noteWork()
    let reflection = ServerReflection(self)
    return try call.wait(
      Operation<[String]>(run, "the services of \(shown)", timeout: options.timeout) {
        deadline throws(MachineError) in
        try await reflection.services(until: deadline)
      } push: { call, names in
        push(call, names)
      })
  }
}
